"""Inverted indexes of live entries, which stand in them as numbers: the order in which they were placed.

Numbers lie side by side, four bytes each. Most words have one entry, and no list. Most rows of sketches have
one too, but there are a million of them, for which keys are too large: a row and its entry are one number, in
one of a few sorted arrays.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

LONG = 256  # entries: twice as many as are ever asked for, or more
SPREAD = 4096  # arrays, over which rows are spread by their low bits
_TO_ARRAY = SPREAD - 1
_ORDER = 32  # bits
_TO_ORDER = (1 << _ORDER) - 1


class Postings:
    """Words and the live entries that have them; to be added in rising order."""

    def __init__(self) -> None:
        self._entries: dict[str, int | array[int]] = {}
        self._free: dict[str, int] = {}  # places of a long list, at its beginning

    def add(self, order: int, keys: Iterable[str]) -> None:
        entries = self._entries
        for key in keys:
            found = entries.setdefault(key, order)
            if found is order:  # the first with it
                continue
            if isinstance(found, int):
                entries[key] = array("I", (found, order))
            else:
                found.append(order)

    def remove(self, order: int, keys: Iterable[str]) -> None:
        """Take an entry out; one that was never in is no error."""
        entries = self._entries
        for key in keys:
            found = entries.get(key)
            if found is None:
                continue
            if isinstance(found, int):
                if found == order:
                    del entries[key]
            elif len(found) >= LONG:
                self._let_go(key, found, order)
            elif order in found:  # near its beginning, as the oldest leave first
                found.remove(order)
                if len(found) == 1:
                    entries[key] = found[0]

    def _let_go(self, key: str, found: "array[int]", order: int) -> None:
        """Take an entry out of a long list, near whose beginning it is, without moving what is behind it.

        The places that become free at the beginning are cut off when they are half of the list.
        """
        free = self._free.get(key, 0)
        try:
            at = found.index(order, free)
        except ValueError:
            return
        found[free + 1 : at + 1] = found[free:at]
        self._free[key] = free + 1
        if 2 * (free + 1) > len(found):
            del found[: self._free.pop(key)]

    def latest(self, key: str, most: int) -> Sequence[int]:
        """Return the newest entries with a word, at most as many as half of a long list has."""
        found = self._entries.get(key)
        if found is None:
            return ()
        return (found,) if isinstance(found, int) else found[-most:]


class Sketches:
    """Rows of sketches, numbers of 32 bits, and the live entries that have them."""

    def __init__(self) -> None:
        self._arrays = [array("Q") for _ in range(SPREAD)]

    def add(self, order: int, rows: Iterable[int]) -> None:
        arrays = self._arrays
        for row in rows:
            insort(arrays[row & _TO_ARRAY], row << _ORDER | order)

    def remove(self, order: int, rows: Iterable[int]) -> None:
        """Take an entry out; one that was never in is no error."""
        arrays = self._arrays
        for row in rows:
            found, key = arrays[row & _TO_ARRAY], row << _ORDER | order
            at = bisect_left(found, key)
            if at < len(found) and found[at] == key:
                del found[at]

    def latest(self, row: int, most: int) -> Sequence[int]:
        """Return the newest entries with a row."""
        found, key = self._arrays[row & _TO_ARRAY], row << _ORDER
        start = bisect_left(found, key)
        if start == len(found) or found[start] > key | _TO_ORDER:  # as of most rows
            return ()
        end = bisect_left(found, key + (1 << _ORDER), start)
        return [pair & _TO_ORDER for pair in found[max(start, end - most) : end]]
