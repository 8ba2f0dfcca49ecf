"""A world of sources: how often each has something new and is asked, at which host, and how that answers."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from aggregator.policy.rhythm import LONGEST, SHORTEST
from aggregator.policy.schedule import FAILURE_JITTER, LONGEST_PAUSE, SUCCESS_JITTER
from aggregator.settings import Fetch
from benchmarks.simulation.queues import Numbers, Times

# New entries a day, at these shares of 366 real feeds that name at least three dates, collected from public
# repositories: the mean gap between the newest 20. Beyond the last, dates are of a build, not of entries.
_SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_A_DAY = (0.003, 0.0122, 0.0266, 0.0697, 0.127, 0.209, 0.413, 1.43, 6.10, 16.5, 51.0, 160.0)

HOSTS = 0.7  # a source: 211 hosts in a real list of 300; how many sources each has follows Zipf, exponent 1
CROWDED = 0.8  # of its time a host is asked: beyond, the line for it is long whatever we do
LATENCY, SPREAD = 0.15, 0.8  # seconds, median of a log-normal distribution, and its sigma
DEAD, SILENT = 0.05, 0.5  # of the sources, and of these such as let one wait
FLAKY = 0.01  # of the answers are none
MOST_NEW = 30  # entries in a document
PACKED, BARE = 20_300, 600  # bytes: mean of 421 real documents, compressed; an answer without one

_DAY = timedelta(days=1).total_seconds()
_TIMEOUT = Fetch().timeout.total_seconds()
HOST_DELAY = Fetch().host_delay.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Sources by their numbers."""

    a_day: Times  # new entries
    pauses: Times  # seconds between two visits, jitter apart
    every: float  # seconds, the shortest of them: after a failure
    hosts: Numbers
    is_dead: NDArray[np.bool_]
    is_crowded: NDArray[np.bool_]  # at a host that is to be asked all the time

    def __len__(self) -> int:
        return len(self.pauses)


def drawn(count: int, chance: np.random.Generator, *, every: timedelta | None = None) -> World:
    """Draw a world of so many sources.

    Args:
        every: how often the operator has each of them asked, whatever its rhythm.
    """
    spread = np.log(_A_DAY)
    a_day = np.exp(np.interp(chance.random(count) * _SHARES[-1], _SHARES, spread))
    shortest = (every or SHORTEST).total_seconds()
    pauses = np.full(count, shortest) if every else pause_of(a_day)
    is_dead = chance.random(count) < DEAD
    pauses[is_dead] = LONGEST_PAUSE.total_seconds()  # it was, long ago, put off for longer and longer
    shares = np.cumsum(1 / np.arange(1, max(2, int(HOSTS * count)) + 1))
    hosts = np.searchsorted(shares, chance.random(count) * shares[-1])
    held = np.bincount(hosts, weights=HOST_DELAY / pauses)
    return World(
        a_day=a_day,
        pauses=pauses,
        every=shortest,
        hosts=hosts,
        is_dead=is_dead,
        is_crowded=held[hosts] > CROWDED,
    )


def pause_of(a_day: Times) -> Times:
    """Return the seconds between two visits to feeds that go on as they did: as `policy.rhythm` does."""
    return np.clip(_DAY / a_day / 2, SHORTEST.total_seconds(), LONGEST.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What some visits come to."""

    seconds: Times  # until each is there
    is_failed: NDArray[np.bool_]


def answers(world: World, sources: Numbers, chance: np.random.Generator) -> Answers:
    seconds = np.minimum(LATENCY * np.exp(SPREAD * chance.standard_normal(len(sources))), _TIMEOUT)
    is_dead = world.is_dead[sources]
    is_waited_for = is_dead & (sources % 1000 < 1000 * SILENT)
    return Answers(
        seconds=np.where(is_waited_for, _TIMEOUT, seconds),
        is_failed=is_dead | (chance.random(len(sources)) < FLAKY),
    )


def brought(world: World, sources: Numbers, since: Times, chance: np.random.Generator) -> Numbers:
    """Return how many new entries each has after so many seconds."""
    return np.minimum(chance.poisson(world.a_day[sources] * since / _DAY), MOST_NEW)


def next_pauses(
    world: World, sources: Numbers, is_failed: NDArray[np.bool_], chance: np.random.Generator
) -> Times:
    """Return in how many seconds each is asked again; one that fails now and then is well the next time."""
    jitter = chance.random(len(sources)) * np.where(is_failed, FAILURE_JITTER, SUCCESS_JITTER)
    is_retried = is_failed & ~world.is_dead[sources]
    return np.where(is_retried, world.every, world.pauses[sources]) * (1 + jitter)
