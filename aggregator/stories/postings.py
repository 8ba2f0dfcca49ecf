"""An inverted index of live entries: by word, by row of a sketch. Most keys have one entry, and no list."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from aggregator.stories.live import Live

LONG = 256  # entries: twice as many as are ever asked for, or more

Key = TypeVar("Key", bound=Hashable)


class Postings(Generic[Key]):
    """Keys and the live entries that have them, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: dict[Key, Live | list[Live]] = {}
        self._free: dict[Key, int] = {}  # places of a long list, at its beginning

    def add(self, live: Live, keys: Iterable[Key]) -> None:
        entries = self._entries
        for key in keys:
            found = entries.setdefault(key, live)
            if found is live:  # the first with it
                continue
            if isinstance(found, list):
                found.append(live)
            else:
                entries[key] = [found, live]

    def remove(self, live: Live, keys: Iterable[Key]) -> None:
        """Take an entry out; one that was never in is no error."""
        entries = self._entries
        for key in keys:
            found = entries.get(key)
            if found is live:
                del entries[key]
            elif isinstance(found, list):
                if len(found) >= LONG:
                    self._let_go(key, found, live)
                elif live in found:
                    found.remove(live)
                    if len(found) == 1:
                        entries[key] = found[0]

    def _let_go(self, key: Key, found: list[Live], live: Live) -> None:
        """Take an entry out of a long list, near whose beginning it is, without moving what is behind it.

        The places that become free at the beginning are cut off when they are half of the list. Moving all of
        it cost one part in fifteen of placing an entry among 200,000; among 50,000 it was not to be seen.
        """
        free = self._free.get(key, 0)
        try:
            at = found.index(live, free)
        except ValueError:
            return
        found[free + 1 : at + 1] = found[free:at]
        found[free] = found[-1]  # any that stays
        self._free[key] = free + 1
        if 2 * (free + 1) > len(found):
            del found[: self._free.pop(key)]

    def latest(self, key: Key, most: int) -> Sequence[Live]:
        """Return the newest entries with a key, at most as many as half of a long list has."""
        found = self._entries.get(key)
        if found is None:
            return ()
        return found[-most:] if isinstance(found, list) else (found,)
