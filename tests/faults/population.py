"""Ten thousand sources in virtual time: who is well is asked on time, who fails is asked ever more seldom.

The pipeline and the store are the real ones. The engine only counts: it has as many places as the real
one, jobs wait for a place in line, and one that hangs holds its place until the time for an answer is over.
"""

import heapq
import random
import resource
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from aggregator import pipeline
from aggregator.errors import Cause
from aggregator.model import FetchJob, Harvest, Trouble, Validators
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.world import NOW, a_harvest, a_settings, a_source, an_entry

FAILING, HANGING = 0.30, 0.05  # of all sources
NEWS = 0.05  # of answers have something new
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Ask:
    """One request."""

    source_id: str
    at: datetime
    late: float  # seconds after it was due


@dataclass(slots=True, kw_only=True)
class Population:
    """What came of it."""

    sources: int
    hours: int
    healthy_asked: int
    late_p50: float  # seconds
    late_p99: float
    late_most: float
    failing_asked: int  # that fail or hang, in the first hour
    pause_first: (
        float  # hours between two requests of one that fails, in the middle: at first, and at the end
    )
    pause_last: float
    memory_mb: float  # of the process, at most

    @property
    def fallen(self) -> float:
        """By which share the failing are asked less often."""
        return 1 - self.pause_first / self.pause_last


class CountingEngine:
    """Answers in virtual time."""

    trouble = ""

    def __init__(self, places: int, timeout: timedelta, *, seed: int) -> None:
        self._places, self._timeout = places, timeout.total_seconds()
        self._dice = random.Random(seed)
        self._waiting: deque[FetchJob] = deque()
        self._running: list[tuple[datetime, int, FetchJob]] = []
        self._number = 0
        self.now = NOW
        self.started: list[tuple[str, datetime]] = []

    @property
    def under_way(self) -> frozenset[str]:
        jobs = [*self._waiting, *(job for _, _, job in self._running)]
        return frozenset(job.source_id for job in jobs)

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        self._waiting.extend(jobs)
        self._fill(self.now)

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        """Return what has ended by now; each place that became free was taken at that moment."""
        done = []
        while self._running and self._running[0][0] <= self.now:
            ended, _, job = heapq.heappop(self._running)
            done.append(self._harvest(job))
            self._fill(ended)
        return tuple(done)

    def close(self) -> None:
        self._waiting.clear()

    def _fill(self, at: datetime) -> None:
        while self._waiting and len(self._running) < self._places:
            job = self._waiting.popleft()
            self._number += 1
            self.started.append((job.source_id, at))
            ends = at + timedelta(seconds=self._seconds(job))
            heapq.heappush(self._running, (ends, self._number, job))

    def _seconds(self, job: FetchJob) -> float:
        return self._timeout if job.source_id.startswith("hanging") else self._dice.uniform(0.1, 3.0)

    def _harvest(self, job: FetchJob) -> Harvest:
        if job.source_id.startswith("failing"):
            return _failed(job, Cause.STATUS, 500)
        if job.source_id.startswith("hanging"):
            return _failed(job, Cause.TIMEOUT, 0)
        given: dict[str, Any] = {"source_id": job.source_id, "validators": Validators(etag='"1"')}
        if self._dice.random() > NEWS:
            return a_harvest(**given, is_unchanged=True, status=304)
        entry = an_entry(f"{job.source_id}-{self._number}", source_id=job.source_id, published=self.now)
        return a_harvest(entry, body_digest=str(self._number), **given)


def _failed(job: FetchJob, cause: Cause, status: int) -> Harvest:
    trouble = Trouble(cause=cause, detail="it is ill", status=status)
    return Harvest(source_id=job.source_id, is_failed=True, status=status, troubles=(trouble,))


def a_population(folder: Path, count: int) -> Settings:
    """Make settings with so many sources, each at a host of its own."""
    names = []
    for number in range(count):
        share = number / count
        kind = "failing" if share < FAILING else "hanging" if share < FAILING + HANGING else "healthy"
        names.append(f"{kind}{number}")
    random.Random(10).shuffle(names)
    return a_settings(folder, *(a_source(f"https://{name}.example/feed", id=name) for name in names))


@dataclass(slots=True, kw_only=True)
class _Diary:
    asks: list[Ask] = field(default_factory=list)
    dues: dict[str, datetime] = field(default_factory=dict)


def populate(folder: Path, *, count: int, hours: int, beat: timedelta) -> Population:
    """Let so many sources live for some hours; `beat` is how often the heart beats."""
    settings, now, diary = a_population(folder, count), NOW, _Diary()
    engine = CountingEngine(settings.fetch.concurrency, settings.fetch.timeout, seed=10)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=now)
        diary.dues = store.sources.appointments()
        while now < NOW + timedelta(hours=hours):
            now += beat
            engine.now = now
            pipeline.send_out(store, settings, engine, now=now)
            _note(diary, engine)
            for harvest in engine.finished(wait=0):
                report = pipeline.take_in(store, settings, harvest, now=now)
                diary.dues[report.source_id] = report.next_due or now
            _note(diary, engine)
    return _summary(diary, count=count, hours=hours)


def _note(diary: _Diary, engine: CountingEngine) -> None:
    for source_id, at in engine.started:
        diary.asks.append(Ask(source_id, at, (at - diary.dues[source_id]).total_seconds()))
    engine.started.clear()


def _summary(diary: _Diary, *, count: int, hours: int) -> Population:
    late = sorted(max(0.0, ask.late) for ask in diary.asks if ask.source_id.startswith("healthy"))
    moments: dict[str, list[datetime]] = {}
    for ask in diary.asks:
        if not ask.source_id.startswith("healthy"):
            moments.setdefault(ask.source_id, []).append(ask.at)
    return Population(
        sources=count,
        hours=hours,
        healthy_asked=len(late),
        late_p50=late[len(late) // 2],
        late_p99=late[len(late) * 99 // 100],
        late_most=late[-1],
        failing_asked=sum(at[0] - NOW < HOUR for at in moments.values()),
        pause_first=median((at[1] - at[0]) / HOUR for at in moments.values()),
        pause_last=median((diary.dues[name] - at[-1]) / HOUR for name, at in moments.items()),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
