"""Faults of the process, the disk and the database: a function each, which adds to the figures of a life."""

import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults.audit import PUBLIC, STORE, Verdict
from tests.faults.life import Figures, Life
from tests.faults.nursery import Fate, Nursery
from tests.faults.points import DATABASE, FILES, STATEMENTS, WRITING
from tests.store.test_upgrade import NAMES, an_old_store, ids
from tests.world import PATIENCE, files_below

# ---------------------------------------------------------------- F-01: kills

POINTS = {"a statement": STATEMENTS, "a call of SQLite": DATABASE, "a call of ours": FILES}
STRIDE = 10  # on average, from one point to the next


def kills(life: Life, *, count: int, seed: int, sabotage: Sequence[str] = ()) -> None:
    """Kill walks: at random moments, and at points that go through all there are of a kind."""
    dice = random.Random(seed)
    at = dict.fromkeys(POINTS, 0)
    while sum(life.figures.tried.values()) < count:
        for kind, kinds in POINTS.items():
            at[kind] += dice.randrange(1, 2 * STRIDE)
            fate = life.walk(points={"at": at[kind], "deed": "kill", "kinds": kinds}, sabotage=sabotage)
            life.figures.tried[f"killed at {kind}"] += fate.is_killed
            if not fate.is_killed:
                at[kind] = 0
        for _ in POINTS:
            fate = life.walk(shot_after=dice.uniform(0, 1.1 * life.seconds), sabotage=sabotage)
            life.figures.tried["killed at a random moment"] += fate.is_killed
        life.calm_walk()
        life.figures.verdicts.append(Verdict(renamed=life.auditor.look()))
    life.settle()


# ---------------------------------------------------------------- F-03: calls that fail


def failing_calls(life: Life, *, every: int, deeds: Sequence[str] = ("EIO", "ENOSPC", "short")) -> None:
    """Let the n-th call to the disk fail, for every n, or every so manyth, of a walk."""
    for deed in deeds:
        at = 1 + life.dice.randrange(every)
        while True:
            fate = life.walk(points={"at": at, "deed": deed, "kinds": WRITING})
            if len(fate.told["passed"]) < at:
                break
            life.figures.tried[f"{deed} in {fate.told['passed'][at - 1]}"] += 1
            life.calm_walk()
            at += every
    life.settle()


# ---------------------------------------------------------------- F-04: a disk that is full


def full_disk(life: Life, *, rooms: Sequence[int]) -> None:
    """Leave so many bytes on the disk of a life, walk, and give the room back; the next walk must do."""
    filler = life.folder / "filler"
    for room in rooms:
        free = shutil.disk_usage(life.folder).free
        filler.write_bytes(b"\xff" * max(0, free - room))
        fate = life.walk()
        life.figures.tried["refused, the disk full" if fate.refused else "done on the last bytes"] += 1
        filler.unlink()
        life.calm_walk()
    life.settle()


@contextmanager
def a_small_disk(folder: Path, *, megabytes: int = 4) -> Iterator[bool]:
    """Put a disk in memory at a folder; yield whether that could be done: it takes root."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
    if os.geteuid() or subprocess.run(["mount", *options, str(folder)], check=False).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


# ---------------------------------------------------------------- F-06: a store that another holds


def locked(life: Life, *, seconds: float = PATIENCE, sabotage: Sequence[str] = ()) -> Fate:
    """Hold the store for some time, at most for that of a walk, and walk again when it is free."""
    holder = sqlite3.connect(life.folder / STORE, isolation_level=None, check_same_thread=False)
    with closing(holder):
        holder.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor() as beside:
            walking = beside.submit(life.walk, sabotage=sabotage)
            wait([walking], timeout=seconds)
            holder.execute("ROLLBACK")
            fate = walking.result()
    life.figures.tried["refused, the store locked" if fate.refused else "waited for the store"] += 1
    life.settle()
    return fate


# ---------------------------------------------------------------- F-12, F-15: twice, and again and again


def pairs(life: Life, *, count: int, sabotage: Sequence[str] = ()) -> None:
    """Start two at once; one must be let in, and the other must be told."""
    for _ in range(count):
        task = life.task(sabotage=sabotage)
        life.figures.walks += 2
        fates = life.nursery.run(task, task)
        refused = [fate.refused for fate in fates if fate.refused]
        life.figures.tried["pairs"] += 1
        if refused != ["BusyError"]:
            life.figures.unexpected.append(f"two at once: refused were {refused or 'none'}")
    life.settle()


def restarts(life: Life, *, count: int) -> None:
    """Start again and again within ten minutes: nobody may be asked, nothing may be written."""
    life.calm_walk()
    public = life.folder / PUBLIC
    asked, files = life.truth.asked, _marks(public)
    for _ in range(count):
        life.now += timedelta(minutes=10) / count
        life.figures.tried["restarts"] += 1
        life.calm_walk(is_due=False)
    if life.truth.asked != asked:
        life.figures.unexpected.append(f"{life.truth.asked - asked} requests came early")
    if _marks(public) != files:
        life.figures.unexpected.append("published files changed")


def _marks(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (status.st_ino, status.st_mtime_ns, status.st_size) for path, status in found}


# ---------------------------------------------------------------- F-05, F-18: corruption, backups

HARMS: dict[str, Callable[[Path, random.Random], None]] = {
    "1 byte flipped": lambda path, dice: _flip(path, dice, 1),
    "10 bytes flipped": lambda path, dice: _flip(path, dice, 10),
    "100 bytes flipped": lambda path, dice: _flip(path, dice, 100),
    "1,000 bytes flipped": lambda path, dice: _flip(path, dice, 1000),
    "a page zeroed": lambda path, dice: _zero(path, 8192 * dice.randrange(path.stat().st_size // 8192), 8192),
    "header zeroed": lambda path, dice: _zero(path, 0, 100),
    "cut short": lambda path, dice: os.truncate(path, dice.randrange(path.stat().st_size)),
    "empty": lambda path, dice: os.truncate(path, 0),
}


@dataclass(slots=True, kw_only=True)
class Damage:
    """What came of a kind of harm."""

    done: int = 0
    found: int = 0
    changed_nothing: int = 0  # not found, and all that is published is as it would be
    restored: int = 0
    bad: list[str] = field(default_factory=list)  # published empty, or a fault of ours


def corruption(life: Life, *, each: int) -> dict[str, Damage]:
    """Harm copies of a store in every way, so often; walk, and restore where that is refused."""
    life.calm_walk()
    backup = life.folder / "backup.db"
    life.nursery.do({"deed": "back up", "folder": str(life.folder), "backup": str(backup)})
    told = {name: Damage() for name in HARMS}
    before = files_below(life.folder / PUBLIC)
    for name, harm in HARMS.items():
        for _ in range(each):
            _harm(life, harm, told[name], backup, before)
    return told


def _harm(
    life: Life,
    harm: Callable[[Path, random.Random], None],
    told: Damage,
    backup: Path,
    before: Mapping[str, bytes],
) -> None:
    copy = life.folder.with_name(f"{life.folder.name}-harmed")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(life.folder, copy)
    harm(copy / STORE, life.dice)
    told.done += 1
    task: dict[str, Any] = {"folder": str(copy), "now": life.now.isoformat(), "backup": str(backup)}
    task["addresses"] = life.truth.addresses
    try:
        fate = life.nursery.do({"deed": "publish afresh", **task})
        after = files_below(copy / PUBLIC)
        if fate.refused:
            told.found += 1
            told.restored += not life.nursery.do({"deed": "restore", **task}).refused
            after = files_below(copy / PUBLIC)
            if after != before:
                told.bad.append("restored, but not to the same bytes")
        elif after == before:
            told.changed_nothing += 1
        elif len(after) < len(before) / 2:
            told.bad.append("published much less")
    except RuntimeError as error:
        told.bad.append(str(error).splitlines()[-1])


def _flip(path: Path, dice: random.Random, count: int) -> None:
    with path.open("r+b") as file:
        for place in dice.sample(range(path.stat().st_size), count):
            file.seek(place)
            was = file.read(1)[0]
            file.seek(place)
            file.write(bytes([was ^ dice.randrange(1, 256)]))


def _zero(path: Path, start: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(bytes(size))


def journal_gone(life: Life, *, count: int) -> None:
    """Kill late in a walk, and take the journal away, which costs what was only there."""
    for _ in range(count):
        life.walk(shot_after=0.9 * life.seconds)
        life.figures.tried["journals taken"] += 1
        journal = life.folder / f"{STORE}-wal"
        journal.unlink(missing_ok=True)
        life.calm_walk()


def interrupted_restores(life: Life, *, every: int) -> None:
    """Kill a restore at its n-th call, for every n or so; the next restore must do."""
    backup = life.folder / "backup.db"
    life.nursery.do({"deed": "back up", "folder": str(life.folder), "backup": str(backup)})
    before, at = files_below(life.folder / PUBLIC), 1
    while True:
        killed = {"points": {"at": at, "deed": "kill", "kinds": WRITING}}
        if not life.nursery.do(life.task(deed="restore", backup=str(backup), **killed)).is_killed:
            break
        life.figures.tried["killed in a restore"] += 1
        again = life.nursery.do(life.task(deed="restore", backup=str(backup)))
        if again.refused:
            life.figures.unexpected.append(f"a restore after a kill at {at}: {again.told['detail']}")
        if files_below(life.folder / PUBLIC) != before:
            life.figures.unexpected.append(f"other bytes after a restore that was killed at {at}")
        for aside in (life.folder / "data").glob("*-before-*"):
            aside.unlink()
        at += every


# ---------------------------------------------------------------- F-13: migrations


def migrations(nursery: Nursery, folder: Path, *, every: int) -> Figures:
    """Kill migrations from each version at their n-th point; ids and bytes must come out the same."""
    figures = Figures()
    for version in NAMES:
        bytes_of: set[str] = set()
        at = 0
        while True:
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "data").mkdir(parents=True)
            an_old_store(folder / STORE, version, entries=60)
            before = ids(folder / STORE)
            task = {"deed": "migrate", "folder": str(folder)}
            fate = nursery.do(task | {"points": {"at": at, "deed": "kill"}})
            figures.tried[f"killed from {version}"] += fate.is_killed
            if (refused := nursery.do(task).refused) or ids(folder / STORE) != before:
                figures.unexpected.append(f"from {version}, killed at {at}: {refused or 'ids differ'}")
            nursery.do({"deed": "publish afresh", "folder": str(folder)})
            bytes_of.add(str(sorted(files_below(folder / PUBLIC).items())))
            if at and not fate.is_killed:
                break
            at += 1 if not at else every
        if len(bytes_of) > 1:
            figures.unexpected.append(f"from {version} {len(bytes_of)} different sites were published")
    return figures
