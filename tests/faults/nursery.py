"""Forks victims: one process has read all the code once, and every trial is a child of it.

A trial costs milliseconds so, not the second that a Python takes to start. The nursery has no threads and no
event loop; it is told what to do line by line, and tells what became of it.
"""

import gc
import json
import os
import random
import select
import signal
import ssl
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aggregator import store
from aggregator.pipeline.regroup import background
from aggregator.publish import html
from tests.world import without_waiting

PATIENCE = 300.0  # seconds that a victim may take, on a machine that has other work


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a victim."""

    is_killed: bool
    seconds: float
    told: dict[str, Any] = field(default_factory=dict)  # nothing, if it was killed

    @property
    def refused(self) -> str:
        return str(self.told.get("refused", ""))


class Nursery:
    """The process that forks victims, as who uses it sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE)

    def run(self, *tasks: dict[str, Any]) -> list[Fate]:
        """Let victims do these, at once; none goes on before each has said whether it is in.

        Raises: RuntimeError with its traceback when one brought a fault of ours to light.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(tasks) + "\n")
        self._process.stdin.flush()
        fates = [Fate(**told) for told in json.loads(self._process.stdout.readline())]
        for fate in fates:
            if fault := fate.told.get("fault"):
                raise RuntimeError(fault)
        return fates

    def do(self, task: dict[str, Any]) -> Fate:
        return self.run(task)[0]


# ---------------------------------------------------------------- in the nursery


def _main() -> None:
    # Reading the authorities costs a victim more than all it does.
    ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]
    ssl.create_default_context()
    # To wait for the disk costs as much again; a kill takes nothing from the system.
    os.fsync = lambda fd: None
    store._WRITING = without_waiting(store._WRITING)  # type: ignore[assignment]
    background()
    templates = html._environment_of(())
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)
    gc.freeze()  # what is shared with victims stays shared
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)  # noqa: T201 -- the answer


@dataclass(slots=True)
class _Victim:
    pid: int
    told: int  # what it says
    go: int  # closed when it may go on
    began: float
    ends_at: float
    is_shot: bool


def _run(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    victims = [_fork(task) for task in tasks]
    heard: list[bytes] = [b""] * len(victims)
    if len(victims) > 1:
        for number, victim in enumerate(victims):
            while b"\n" not in heard[number] and (piece := os.read(victim.told, 65536)):
                heard[number] += piece
    for victim in victims:
        os.close(victim.go)
    return [_end(victim, begun) for victim, begun in zip(victims, heard, strict=True)]


def _fork(task: dict[str, Any]) -> _Victim:
    told, says = os.pipe()
    goes, go = os.pipe()
    began = time.monotonic()
    if not (pid := os.fork()):
        os.close(told)
        os.close(go)
        _live(task, says, goes)
    os.close(says)
    os.close(goes)
    shot = task.get("shot_after")
    return _Victim(pid, told, go, began, began + (PATIENCE if shot is None else shot), shot is not None)


def _end(victim: _Victim, heard: bytes) -> dict[str, Any]:
    """Wait for a victim's last words, or for its time to die."""
    while True:
        wait = max(0.0, victim.ends_at - time.monotonic())
        if not select.select([victim.told], [], [], wait)[0]:
            os.kill(victim.pid, signal.SIGKILL)
            break
        if not (piece := os.read(victim.told, 65536)):
            break
        heard += piece
    os.close(victim.told)
    _, status = os.waitpid(victim.pid, 0)
    seconds = time.monotonic() - victim.began
    is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if is_killed and seconds > PATIENCE:
        return {"is_killed": True, "seconds": seconds, "told": {"fault": "a victim hangs"}}
    told = {} if is_killed else json.loads(heard.splitlines()[-1])
    return {"is_killed": is_killed, "seconds": seconds, "told": told}


def _live(task: dict[str, Any], says: int, goes: int) -> None:
    """Be a victim."""
    from tests.faults.deeds import do  # read by then: `_main` has asked for it
    from tests.faults.points import Points, watch
    from tests.faults.sabotage import SABOTAGES

    def say(word: str) -> None:
        os.write(says, f"{word}\n".encode())
        os.read(goes, 1)

    try:
        random.seed(task.get("seed", 0))
        points = Points(**task.get("points", {}))
        for name in task.get("sabotage", ()):
            SABOTAGES[name]()
        watch(points)
        told = do(task, say) | {"passed": points.passed}
    except BaseException:  # noqa: BLE001 -- told to who asked
        told = {"fault": traceback.format_exc()}
    os.write(says, json.dumps(told).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    import tests.faults.deeds
    import tests.faults.points
    import tests.faults.sabotage  # noqa: F401 -- read once, for all victims

    sys.path.insert(0, str(Path.cwd()))
    _main()
