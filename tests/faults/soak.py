"""Weeks in an hour: a daemon whose clock runs fast, and what of it grows.

It works through what a long life has: feeds that move on and fail, stories that leave the window, texts that
are let go, backups that rotate, workers that are replaced, subscribers that poll.
"""

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

from tests.faults.truth import Truth
from tests.world import NOW, PATIENCE, Origin

FEEDS = 40
NEWS = 0.1  # of answers have something new
SAMPLE_EVERY = 5.0  # seconds
MOST_SAMPLES = 400  # that a slope is taken of
CONFIG = """
site: {title: Planet}
server: {port: 0}
fetch: {host_delay: 0s, timeout: 2s}
stories: {window: 2d}
storage: {keep: 2d}
publish: {limit: 50}
sources:
"""

# The daemon, with a clock that runs `factor` times as fast from a moment on.
HURRIED = """
import asyncio, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from aggregator import log
from aggregator.daemon import metronome
from aggregator.daemon.start import run_forever
from aggregator.config import load_settings
metronome.HEARTBEAT = 0.25
began, factor, start = time.monotonic(), float(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
steady = lambda: (time.monotonic() - began) * factor
clock = lambda: start + timedelta(seconds=steady())
settings = load_settings(Path(sys.argv[1]))
log.configure(form="text", level="ERROR")
announce = lambda started: print(started.site.url, flush=True)
asyncio.run(run_forever(settings, announce=announce, clock=clock, steady=steady))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a daemon holds at a moment."""

    days: float  # since the start, as it counts them
    rss_mb: float
    workers_mb: float
    fds: int
    threads: int
    wal_mb: float
    store_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How something changed, a day of the daemon's, and where it ended."""

    name: str
    a_day: float
    first: float
    last: float
    most: float


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points.

    Source: Sen 1968, "Estimates of the regression coefficient based on Kendall's tau".
    """
    pairs = itertools.combinations(points, 2)
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] != a[0])


def slopes(samples: Sequence[Sample], *, warm_up: float) -> tuple[Slope, ...]:
    """Return the slope of each figure after a share of the time."""
    rest = samples[int(len(samples) * warm_up) :]
    thin = rest[:: max(1, len(rest) // MOST_SAMPLES)]
    found = []
    for name in ("rss_mb", "workers_mb", "fds", "threads", "wal_mb", "store_mb"):
        values = [float(getattr(sample, name)) for sample in rest]
        a_day = theil_sen([(sample.days, float(getattr(sample, name))) for sample in thin])
        found.append(Slope(name=name, a_day=a_day, first=values[0], last=values[-1], most=max(values)))
    return tuple(found)


def soak(folder: Path, *, minutes: float, factor: float, say: Callable[[str], None]) -> tuple[Sample, ...]:
    """Let a daemon live for some minutes, `factor` times as fast, and look at it every few seconds."""
    began, samples = time.monotonic(), list[Sample]()

    def clock() -> datetime:
        return NOW + timedelta(seconds=(time.monotonic() - began) * factor)

    with (
        _world(folder, clock=clock) as config,
        _hurried(config, factor=factor) as (daemon, address),
        _subscribers(address),
    ):
        while time.monotonic() - began < minutes * 60:
            time.sleep(SAMPLE_EVERY)
            if daemon.poll() is not None:
                raise RuntimeError(f"the daemon ended with {daemon.returncode}")
            days = (time.monotonic() - began) * factor / 86400
            samples.append(_sample(daemon.pid, folder / "data", days=days))
            if len(samples) % 60 == 0:
                say(str(samples[-1]))
    return tuple(samples)


@contextmanager
def _world(folder: Path, *, clock: Callable[[], datetime]) -> Iterator[Path]:
    origin, dice = Origin(), random.Random(14)
    try:
        truth = Truth(origin, feeds=FEEDS, seed=14, clock=clock, moves_on=lambda: dice.random() < NEWS)
        addresses = {**truth.addresses, "sick": origin.say("/sick", status=500)}
        text = CONFIG
        for name, url in addresses.items():
            text += f"  - {{id: {name}, url: {url!r}, every: 1h, allow_private: true}}\n"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "feeds.yaml"
        config.write_text(text, encoding="utf-8")
        yield config
    finally:
        origin.close()


@contextmanager
def _hurried(config: Path, *, factor: float) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start a daemon; yield it, and the address that it is reached at."""
    daemon = subprocess.Popen(
        [sys.executable, "-c", HURRIED, str(config), str(factor), NOW.isoformat()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stdout
        yield daemon, daemon.stdout.readline().strip()
    finally:
        daemon.terminate()
        daemon.communicate(timeout=PATIENCE)


@contextmanager
def _subscribers(address: str) -> Iterator[None]:
    """Ask for the feed ten times a second, half of the time with its tag."""
    ended = threading.Event()

    def ask() -> None:
        tag = ""
        while not ended.wait(0.1):
            headers = {"If-None-Match": tag} if tag else {}
            try:
                with urlopen(Request(f"{address}atom.xml", headers=headers), timeout=PATIENCE) as reply:
                    tag = reply.headers["ETag"]
            except OSError:  # 304, or nothing is published yet
                tag = ""

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _sample(pid: int, data: Path, *, days: float) -> Sample:
    status = _status(pid)
    return Sample(
        days=days,
        rss_mb=status["VmRSS"] / 1024,
        workers_mb=sum(map(_tree_rss, _children(pid))) / 1024,
        fds=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=status["Threads"],
        wal_mb=_size(data / "aggregator.db-wal"),
        store_mb=_size(data / "aggregator.db"),
    )


def _tree_rss(pid: int) -> int:
    """Return the memory of a process and of those it started, in KiB."""
    try:
        return _status(pid).get("VmRSS", 0) + sum(map(_tree_rss, _children(pid)))
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _status(pid: int) -> dict[str, int]:
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1 and line[1].isdigit()}


def _size(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.exists() else 0.0
