"""What is out, and what has come back and waits to be taken in."""

import queue
from collections.abc import Iterable

from aggregator.model import Harvest


class Returns:
    """The way home of every engine: filled in its threads, emptied in that of whoever waits."""

    def __init__(self) -> None:
        self._done: queue.SimpleQueue[tuple[str, Harvest | BaseException]] = queue.SimpleQueue()
        self._kept: tuple[str, Harvest | BaseException] | None = None  # taken out, not yet handed on
        self._under_way: set[str] = set()

    @property
    def under_way(self) -> frozenset[str]:
        return frozenset(self._under_way)

    @property
    def waiting(self) -> int:
        """Return how many have come back and wait."""
        return self._done.qsize()

    def expect(self, source_ids: Iterable[str]) -> None:
        self._under_way.update(source_ids)

    def put(self, source_id: str, result: Harvest | BaseException) -> None:
        self._done.put((source_id, result))

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        """Return what is ready; raise a fault of ours when its turn comes, what is ready before it first."""
        found: list[Harvest] = []
        while self._done.qsize() or not found:
            try:
                source_id, result = self._kept or self._done.get(timeout=0 if found else wait)
            except queue.Empty:
                break
            self._kept = None
            if isinstance(result, Harvest):
                found.append(result)
            elif found:
                self._kept = (source_id, result)
                break
            else:
                self._under_way.discard(source_id)
                result.add_note(f"source={source_id}")
                raise result
            self._under_way.discard(source_id)
        return tuple(found)
