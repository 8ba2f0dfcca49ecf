"""An inverted index of live entries: by word, by row of a sketch. Most keys have one entry, and no list."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from aggregator.stories.live import Live

Key = TypeVar("Key", bound=Hashable)


class Postings(Generic[Key]):
    """Keys and the live entries that have them, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: dict[Key, Live | list[Live]] = {}

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
            elif isinstance(found, list) and live in found:
                found.remove(live)
                if len(found) == 1:
                    entries[key] = found[0]

    def latest(self, key: Key, most: int) -> Sequence[Live]:
        """Return the newest entries with a key."""
        found = self._entries.get(key)
        if found is None:
            return ()
        return found[-most:] if isinstance(found, list) else (found,)
