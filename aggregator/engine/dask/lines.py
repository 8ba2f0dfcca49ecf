"""Decide which jobs go out together: a host is never in two batches at once.

So the manners of one machine hold across all: one request at a time to a host, and its pause between two. A
host that was out in a batch is held until whoever waits for that says that it may go out again.
"""

from collections import deque
from collections.abc import Iterable

from aggregator.model import FetchJob
from aggregator.urls import origin_of

LEAST, MOST = 10, 25  # jobs in a batch: fewer waste time on the way, more hold each other up

Batch = tuple[FetchJob, ...]


class Lines:
    """Jobs that wait, a line for each host. Every job that is added is taken once, hosts in turn."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[FetchJob]] = {}  # none is empty
        self._free: deque[str] = deque()  # hosts with a line that may go out
        self._held: set[str] = set()
        self._suspects: deque[FetchJob] = deque()
        self.waiting = 0

    def add(self, jobs: Iterable[FetchJob]) -> None:
        for job in jobs:
            host = origin_of(job.address)
            if host not in self._lines:
                self._lines[host] = deque()
                if host not in self._held:
                    self._free.append(host)
            self._lines[host].append(job)
            self.waiting += 1

    def take(self, *, slots: int) -> Batch:
        """Take the next batch and hold its hosts; empty when there is none.

        A host with enough for a batch goes alone: others would wait for its pauses.

        Args:
            slots: how many batches could go out now; few jobs are spread over them.
        """
        size = min(MOST, max(LEAST, -(-self.waiting // max(1, slots))))
        batch: list[FetchJob] = []
        passed: list[str] = []
        while self._free and len(batch) < size:
            host = self._free.popleft()
            is_large = len(self._lines[host]) >= LEAST
            if is_large and batch:
                passed.append(host)
                continue
            batch += self._leave(host, MOST if is_large else size - len(batch))
            if is_large:
                break
        self._free.extendleft(reversed(passed))
        return tuple(batch)

    def release(self, hosts: Iterable[str]) -> None:
        """Let hosts go out again."""
        for host in hosts:
            if host in self._held:
                self._held.discard(host)
                if host in self._lines:
                    self._free.append(host)

    def drop(self, host: str) -> Batch:
        """Take all that waits for a host out of its line."""
        line = tuple(self._lines.pop(host, ()))
        if line and host not in self._held:
            self._free.remove(host)
        self.waiting -= len(line)
        return line

    # ------------------------------------------------------------ one by one

    def suspect(self, jobs: Iterable[FetchJob]) -> None:
        """Let jobs go out one by one, because one of them may be poison."""
        self._suspects.extend(jobs)

    def take_suspect(self) -> Batch:
        """Take the first suspect whose host is free, and hold that."""
        for _ in range(len(self._suspects)):
            job = self._suspects.popleft()
            host = origin_of(job.address)
            if host not in self._held:
                self._held.add(host)
                if host in self._lines:
                    self._free.remove(host)
                return (job,)
            self._suspects.append(job)
        return ()

    def _leave(self, host: str, most: int) -> list[FetchJob]:
        line = self._lines[host]
        leaving = [line.popleft() for _ in range(min(most, len(line)))]
        if not line:
            del self._lines[host]
        self.waiting -= len(leaving)
        self._held.add(host)
        return leaving


def hosts_of(batch: Batch) -> frozenset[str]:
    return frozenset(origin_of(job.address) for job in batch)
