"""The daemon's beats in virtual time: claim what is due, let workers ask, take in, publish; see `Corridor`.

Workers are told in batches. All of one comes home with its last, where the engine brings what is ready every
five seconds. Home is one thread: what it does makes it late for the next beat.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from aggregator.daemon.walk import MOST_AT_ONCE, MOST_SOURCE_PAGES, PUBLISH_EVERY
from aggregator.pipeline.refresh import MOST_CLAIMED
from aggregator.settings import Publish
from benchmarks.simulation.costs import Costs
from benchmarks.simulation.queues import Calendar, Numbers, Times, Workers, in_turn
from benchmarks.simulation.world import (
    BARE,
    HOST_DELAY,
    LATENCY,
    PACKED,
    World,
    answers,
    brought,
    next_pauses,
)

BATCH = 25  # jobs
BATCHES = 8  # at once at a worker: its threads, as docs/scale.md sets them
AWAY = 2 / 3  # of what the engine costs, at the worker
BEAT = 1.0
_EVERY = PUBLISH_EVERY.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of some hours."""

    asked: float  # a second
    entries: float  # new, a second
    late: Times  # seconds by which each visit began late; of those that wait still, so far
    crowded: Times  # the same for sources at hosts that have no time for all of theirs
    queue: int  # that were due in the end and not asked yet, crowded ones apart
    home: float  # share of the time for which the one writer is busy; 1: it cannot do more
    workers: float  # share of their cores that is busy
    bytes: float  # a second, that came in


@dataclass(slots=True)
class _Tally:
    """What is counted."""

    late: list[Times] = field(default_factory=list)
    crowded: list[Times] = field(default_factory=list)
    asked: int = 0
    entries: int = 0
    changed: int = 0
    busy: float = 0.0


class Simulation:
    """A daemon and its workers, from a moment at which every source has its appointment."""

    def __init__(self, world: World, costs: Costs, *, workers: int, seed: int) -> None:
        self._world, self._costs = world, costs
        self._chance = np.random.default_rng((seed, len(world)))  # not what the world was drawn by
        self._due = self._chance.random(len(world)) * world.pauses
        self._begun = self._due - world.pauses  # when each was last asked
        self._seconds = np.zeros(len(world))  # that its answer takes, while it is asked
        self._failed = np.zeros(len(world), bool)
        self._new = np.zeros(len(world), np.int64)
        self._free = np.zeros(int(world.hosts.max()) + 1)  # when each host is
        self._workers = Workers(workers, batches=BATCHES)
        self._cores = workers
        self._due_at, self._ready_at, self._home_at = (Calendar() for _ in range(3))
        self._due_at.put(self._due, np.arange(len(world)))
        self._overdue: deque[Numbers] = deque()
        self._is_stale, self._published = False, 0.0
        self._stories = self._pages = 0
        self._tally = _Tally()

    def run(self, hours: float) -> Outcome:
        """Let so many hours pass, and as many before them that do not count."""
        now = self._walk(0.0, until=3600 * hours)
        self._tally, cpu = _Tally(), self._workers.busy
        end = self._walk(now, until=now + 3600 * hours)
        return self._outcome(end, end - now, self._workers.busy - cpu)

    def _walk(self, now: float, *, until: float) -> float:
        """Beat until a time; return when the last beat ended."""
        while now < until:
            spent = self._beat(now)
            self._tally.busy += spent
            now += max(BEAT, float(np.ceil(spent)))
        return now

    def _beat(self, now: float) -> float:
        """Walk the corridor once; return the seconds it took."""
        spent = self._claim(now)
        self._let_ask(now + BEAT)
        spent += self._take_in(now)
        if self._is_stale and now - self._published >= _EVERY:
            spent += self._publish(now)
        return spent / 1000

    def _claim(self, now: float) -> float:
        _, due = self._due_at.take(now)
        if len(due):
            self._overdue.append(due)
        claimed = self._first(MOST_CLAIMED)
        if len(claimed):
            self._send(claimed, now)
        return self._costs.claim * len(claimed)

    def _first(self, most: int) -> Numbers:
        """Take so many of those that have been due for longest."""
        found, room = [np.empty(0, np.int64)], most
        while self._overdue and room:
            piece = self._overdue.popleft()
            if len(piece) > room:
                self._overdue.appendleft(piece[room:])
            found.append(piece[:room])
            room -= len(found[-1])
        return np.concatenate(found)

    def _send(self, sources: Numbers, now: float) -> None:
        told = answers(self._world, sources, self._chance)
        self._seconds[sources], self._failed[sources] = told.seconds, told.is_failed
        held = np.maximum(told.seconds, HOST_DELAY)
        turns = in_turn(self._world.hosts[sources], held, self._free, now=now)
        self._ready_at.put(turns, sources)

    def _let_ask(self, until: float) -> None:
        """Hand all whose turn comes to the workers, in batches."""
        times, sources = self._ready_at.take(until)
        if not len(sources):
            return
        since = times - self._begun[sources]
        new = brought(self._world, sources, since, self._chance) * ~self._failed[sources]
        costs = self._costs
        cpu = np.where(new > 0, costs.read, costs.ask) + costs.handshake + costs.engine * AWAY
        first = np.arange(0, len(sources), BATCH)
        sizes = np.diff(first, append=len(sources))
        starts, ends = self._workers.run(
            times[first + sizes - 1],
            np.full(len(first), LATENCY),
            np.maximum.reduceat(self._seconds[sources], first),
            np.add.reduceat(cpu, first) / 1000,
        )
        begun = np.repeat(starts, sizes)
        self.note(sources, begun, new)
        self._new[sources], self._begun[sources] = new, begun
        self._home_at.put(np.repeat(ends, sizes), sources)

    def _take_in(self, now: float) -> float:
        _, sources = self._home_at.take(now)
        costs, new = self._costs, self._new[sources]
        spent = costs.take_in + costs.engine * (1 - AWAY) + costs.entry * new
        spent[MOST_AT_ONCE - 1 :: MOST_AT_ONCE] += costs.commit
        spent[-1:] += costs.commit
        stored = now + np.cumsum(spent) / 1000
        pauses = next_pauses(self._world, sources, self._failed[sources], self._chance)
        self._due[sources] = stored + pauses
        self._due_at.put(self._due[sources], sources)
        self._is_stale |= bool(new.any() or self._failed[sources].any())
        self._stories += int(new.sum())
        self._pages += int((new > 0).sum())
        return float(spent.sum())

    def _publish(self, now: float) -> float:
        costs, pages = self._costs, min(self._pages, MOST_SOURCE_PAGES)
        spent = costs.publish + costs.in_publish * len(self._world)
        shown = min(self._stories, Publish().limit)  # others have no pages
        spent += costs.group * self._stories + costs.story * shown + costs.page * pages
        self._published, self._stories = now, 0
        self._pages -= pages
        self._is_stale = self._pages > 0
        return spent

    # ------------------------------------------------------------ what is counted

    def note(self, sources: Numbers, begun: Times, new: Numbers) -> None:
        """Count visits that have begun, or will, and how many entries each finds."""
        late, is_crowded, tally = begun - self._due[sources], self._world.is_crowded[sources], self._tally
        tally.late.append(late[~is_crowded])
        tally.crowded.append(late[is_crowded])
        tally.asked += len(sources)
        tally.entries += int(new.sum())
        tally.changed += int((new > 0).sum())

    def _outcome(self, now: float, seconds: float, cpu: float) -> Outcome:
        tally, is_crowded = self._tally, self._world.is_crowded
        waits = (self._due <= now) & ((self._begun < self._due) | (self._begun > now))
        so_far = now - self._due
        late = np.concatenate([*tally.late, so_far[waits & ~is_crowded]])
        return Outcome(
            asked=tally.asked / seconds,
            entries=tally.entries / seconds,
            late=late,
            crowded=np.concatenate([*tally.crowded, so_far[waits & is_crowded]]),
            queue=int((waits & ~is_crowded).sum()),
            home=tally.busy / seconds,
            workers=cpu / seconds / self._cores,
            bytes=(tally.changed * PACKED + tally.asked * BARE) / seconds,
        )
