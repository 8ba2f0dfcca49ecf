"""Learn the furniture of the stream: runs of words that stand in many stories and tell of none.

"Sign up for our newsletter", "was first published by", the routine sentence of a police report. A run of four
words seen in three stories is furniture. What is remembered has a fixed size: rare runs make room for new.
"""

from array import array
from collections.abc import Sequence

SLOTS = 1 << 18
_TO_SLOT = SLOTS - 1
STORIES = 3
RUN = 4  # words
LEARNED = 160  # runs of an entry, at most


class Furniture:
    """Counts of runs: in how many stories each was seen."""

    def __init__(self) -> None:
        self._tags = array("I", bytes(4 * SLOTS))
        self._stories = array("I", bytes(4 * SLOTS))  # in which each was seen last
        self._counts = bytearray(SLOTS)
        self._known: set[int] = set()  # the runs that are furniture

    def among(self, found: Sequence[int]) -> frozenset[int]:
        """Return the positions of the words that are furniture, of a text given as its runs."""
        if self._known.isdisjoint(found):
            return frozenset()
        known = [i for i, run in enumerate(found) if run in self._known]
        return frozenset([position for i in known for position in range(i, i + RUN)])

    def learn(self, found: Sequence[int], story: int) -> None:
        """Count the runs of an entry for its story, given as a number above 0."""
        tags, stories, counts = self._tags, self._stories, self._counts
        for run in found[:LEARNED]:
            slot = run & _TO_SLOT
            if tags[slot] == run:
                if stories[slot] != story:
                    stories[slot] = story
                    counts[slot] = min(255, counts[slot] + 1)
                    if counts[slot] == STORIES:
                        self._known.add(run)
            elif counts[slot] <= 1:
                tags[slot], stories[slot], counts[slot] = run, story, 1
            else:
                counts[slot] -= 1
                if counts[slot] == STORIES - 1:
                    self._known.discard(tags[slot])

    def dump(self) -> bytes:
        return self._tags.tobytes() + self._stories.tobytes() + bytes(self._counts)

    def load(self, data: bytes) -> None:
        self._tags = array("I", data[: 4 * SLOTS])
        self._stories = array("I", data[4 * SLOTS : 8 * SLOTS])
        self._counts = bytearray(data[8 * SLOTS :])
        self._known = {run for run, count in zip(self._tags, self._counts, strict=True) if count >= STORIES}
