"""Which entries are live: those of the last days, seen from the newest."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from math import inf

from aggregator.stories.live import Live


class Window:
    """Live entries by id, by date, and copies by what they copy."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._newest = seconds, -inf
        self._live: dict[str, Live] = {}
        self._by_date: list[tuple[float, int, Live]] = []  # a heap
        self._copies: dict[Live, list[Live]] = {}

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._live

    def get(self, entry_id: str) -> Live | None:
        return self._live.get(entry_id)

    def is_too_old(self, live: Live) -> bool:
        return live.moment < self._newest - self._seconds

    def add(self, live: Live) -> None:
        self._live[live.entry_id] = live
        heappush(self._by_date, (live.moment, live.order, live))
        if live.lead is not None:
            self._copies.setdefault(live.lead, []).append(live)

    def advance(self, moment: float) -> Iterator[Live]:
        """Move the window on, if a moment is newer than all; yield each entry that is no longer live."""
        self._newest = max(self._newest, moment)
        while self._by_date and self._by_date[0][0] < self._newest - self._seconds:
            _, _, live = heappop(self._by_date)
            del self._live[live.entry_id]
            if live.lead is not None:
                copies = self._copies[live.lead]
                copies.remove(live)
                if not copies:
                    del self._copies[live.lead]
            yield live

    def with_copies(self, entries: Iterable[Live]) -> tuple[str, ...]:
        """Return the ids of live entries and of their copies, in the order of placing."""
        found = [live for entry in entries for live in (entry, *self._copies.get(entry, ()))]
        return tuple(live.entry_id for live in sorted(found, key=_order))


def _order(live: Live) -> int:
    return live.order
