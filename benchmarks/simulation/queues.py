"""The kinds of waiting: for a moment, for one's host, and for one of many workers."""

from collections import defaultdict
from heapq import heapreplace

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]  # seconds
Numbers = NDArray[np.int64]


class Calendar:
    """What comes up when, to the second."""

    def __init__(self) -> None:
        self._days: defaultdict[int, list[tuple[Times, Numbers]]] = defaultdict(list)
        self._next = 0

    def put(self, times: Times, what: Numbers) -> None:
        """Note what comes up when; what is in the past comes up next."""
        if not len(times):
            return
        seconds = np.maximum(times.astype(np.int64), self._next)
        order = np.argsort(seconds, kind="stable")
        found, first = np.unique(seconds[order], return_index=True)
        for second, part in zip(found.tolist(), np.split(order, first[1:]), strict=True):
            self._days[second].append((times[part], what[part]))

    def take(self, until: float) -> tuple[Times, Numbers]:
        """Take out all that comes up in whole seconds before a time: in order, when and what."""
        found = [piece for second in range(self._next, int(until)) for piece in self._days.pop(second, ())]
        self._next = max(self._next, int(until))
        if not found:
            return np.empty(0), np.empty(0, np.int64)
        times, what = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
        order = np.argsort(times, kind="stable")
        return times[order], what[order]


def in_turn(hosts: Numbers, lasting: Times, free: Times, *, now: float) -> Times:
    """Return when each may begin that waits for its host, which takes one at a time, as they stand.

    Args:
        lasting: seconds for which each holds its host.
        free: when each host is free, by its number; brought up to date.
    """
    order = np.argsort(hosts, kind="stable")
    ranked, holds = hosts[order], lasting[order]
    first = np.flatnonzero(np.diff(ranked, prepend=-1))
    last = np.append(first[1:], len(ranked)) - 1
    before = np.cumsum(holds) - holds  # of all that stand before it, whatever their host
    base = np.maximum(free[ranked[first]], now) - before[first]
    begins = np.repeat(base, last - first + 1) + before
    free[ranked[last]] = begins[last] + holds[last]
    starts = np.empty_like(begins)
    starts[order] = begins
    return starts


class Workers:
    """Workers who take from one queue, first come, first served. Each has a core, and holds some batches."""

    def __init__(self, count: int, *, batches: int) -> None:
        self._places = [0.0] * (count * batches)  # a heap: when each is free
        self._cores = [0.0] * count  # a heap as well
        self.busy = 0.0  # seconds of all cores

    def run(self, arrivals: Times, first: Times, last: Times, cpu: Times) -> tuple[Times, Times]:
        """Return when each batch begins and ends.

        Args:
            arrivals: in order, and none before one that was given earlier.
            first, last: seconds until there is something to read, and until there is no more to wait for.
            cpu: seconds for reading it.
        """
        places, cores, found = self._places, self._cores, []
        for arrival, some, most, work in zip(
            arrivals.tolist(), first.tolist(), last.tolist(), cpu.tolist(), strict=True
        ):
            start = max(places[0], arrival)
            read = max(cores[0], start + some) + work
            heapreplace(cores, read)
            end = max(read, start + most)
            heapreplace(places, end)
            found.append((start, end))
        self.busy += float(cpu.sum())
        starts, ends = np.array(found).reshape(-1, 2).T
        return starts, ends
