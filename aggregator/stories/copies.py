"""Find copies: entries that carry the same text, or stand at the same address, under another id.

A copy shares its words; a follow-up shares its event, and is `events`' business. What both carry because
their site prints it under everything, or because it is the same table every day, does not count.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

from aggregator.model import Evidence
from aggregator.stories.live import DAY, Live
from aggregator.stories.postings import Sketches
from aggregator.stories.shingles import SHINGLE, hashes, shingles
from aggregator.stories.words import Reading

SHARED = 0.44  # of the shorter text's shingles, at least
WITHIN = 0.04  # more within one source, which has its phrases
THE_SAME = 0.9  # shared: else what one source titles alike a day later is the next of a series
NUMBERS_AGREE = 0.7  # of the fewer numbers, at least: else it is the next day's table
TITLE_SHARED = 0.3  # of a title's words in what they share: else what they share is furniture
TITLES_ALIKE = 0.5  # of the shorter title's words: so alike, one address shows a copy
TITLES_THE_SAME = 0.8  # and within one source
ROUTINE = 2  # earlier days on which a source used a title
FARTHEST = 4 * DAY
SHORT = 8  # shingles: shorter texts must have one title, and be near in time
SHORT_TITLE = 4  # words: no shorter one shows anything
SHORT_FARTHEST = DAY * 20 / 24
MOST_COMPARED = 20
MOST_POSTINGS = 60  # the newest entries with a row: more is furniture

Found = tuple[Live, Evidence]


class Copies:
    """Live entries by address and by sketch."""

    def __init__(self, shared: float = SHARED) -> None:
        self._shared = shared
        self._addresses: defaultdict[str, list[Live]] = defaultdict(list)
        self._live: dict[int, Live] = {}  # by order
        self._rows = Sketches()

    def add(self, live: Live) -> None:
        self._live[live.order] = live
        self._rows.add(live.order, live.rows)
        if live.address:
            self._addresses[live.address].append(live)

    def remove(self, live: Live) -> None:
        """Take an entry out; one that was never in is no error."""
        at_address = self._addresses.get(live.address, [])
        self._rows.remove(live.order, live.rows)
        self._live.pop(live.order, None)
        if live in at_address:
            at_address.remove(live)
            if not at_address:
                del self._addresses[live.address]

    def same_address(self, live: Live) -> Live | None:
        """Return an entry of another source at the same address.

        A source that gives several of its entries one address proves nothing by it.
        """
        others = self._addresses.get(live.address, ())
        titles: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        for other in others:
            if other.source_id == live.source_id and other.title != live.title:
                return None  # at once: there may be thousands
            titles[other.source_id].add(other.title)
        elsewhere = (other for other in others if other.source_id != live.source_id)
        return next((other for other in elsewhere if len(titles[other.source_id]) == 1), None)

    def find(self, live: Live, reading: Reading) -> Found | None:
        """Return the entry that a new one copies, and why."""
        rows: dict[int, int] = {}  # how many each shares
        for row in live.rows:
            for order in self._rows.latest(row, MOST_POSTINGS):
                rows[order] = rows.get(order, 0) + 1
        if not rows:
            return None
        likest = sorted(rows, key=lambda order: (-rows[order], order))[:MOST_POSTINGS]
        sample = [self._live[order] for order in likest]
        around = Surroundings(sample, len(self._live), self._shared)
        best: Found | None = None
        for other in sample[:MOST_COMPARED]:
            evidence = compare(live, other, reading, around)
            if evidence and is_met(evidence) and (best is None or evidence.score > best[1].score):
                best = other, evidence
        return best


class Surroundings:
    """What entries that share something with a new one say about how rare its shingles are."""

    def __init__(self, sample: Sequence[Live], count: int, threshold: float = SHARED) -> None:
        self._sample, self._count, self.threshold = sample, count, threshold
        self._sets: dict[int, frozenset[int]] = {}

    def of(self, live: Live) -> frozenset[int]:
        """Return the shingles of an entry."""
        found = self._sets.get(live.order)
        if found is None:
            found = self._sets[live.order] = frozenset(live.shingles)
        return found

    def share(self, live: Live, other: Live) -> float:
        """Return the share of the shorter text that the longer has: by count or by rarity, the lesser."""
        small, large = sorted((self.of(live), self.of(other)), key=len)
        shared = small & large
        seen = Counter(chain.from_iterable(small.intersection(one.shingles) for one in self._sample))
        rarity = {shingle: math.log((self._count + 2) / (seen[shingle] + 1)) for shingle in small}
        weighed = sum([rarity[shingle] for shingle in shared]) / max(1e-9, sum(rarity.values()))
        return min(weighed, len(shared) / len(small))


def compare(live: Live, other: Live, reading: Reading, around: Surroundings) -> Evidence | None:
    """Say whether an entry copies another; None where they are not even alike."""
    if abs(live.moment - other.moment) > FARTHEST:
        return None
    if min(len(live.shingles), len(other.shingles)) < SHORT:
        return _compare_short(live, other)
    shared = around.of(live).intersection(other.shingles)
    if len(shared) < around.threshold * min(len(live.shingles), len(other.shingles)):
        return None
    score = around.share(live, other)
    threshold = around.threshold + (WITHIN if live.source_id == other.source_id else 0)
    veto = _veto(live, other, shared, reading, score) if score >= threshold else ""
    return Evidence(rung="text", score=score, threshold=threshold, veto=veto)


def is_met(evidence: Evidence) -> bool:
    return evidence.score >= evidence.threshold and not evidence.veto


def _compare_short(live: Live, other: Live) -> Evidence | None:
    if live.title != other.title or len(live.title) < SHORT_TITLE:
        return None
    apart = abs(live.moment - other.moment)
    veto = "so short a text, more than 20 hours apart, is another one" if apart > SHORT_FARTHEST else ""
    return Evidence(rung="title", score=1.0, threshold=1.0, veto=veto)


def _veto(live: Live, other: Live, shared: frozenset[int], reading: Reading, score: float) -> str:
    apart = abs(live.moment - other.moment)
    is_next = live.issues >= ROUTINE and live.source_id == other.source_id
    if is_next and apart > SHORT_FARTHEST and score < THE_SAME:
        return "it is the next of a series"
    mine, theirs = frozenset(live.figures), frozenset(other.figures)
    fewer = min(len(mine), len(theirs))
    if fewer and len(mine & theirs) < NUMBERS_AGREE * fewer:
        return "the numbers in them differ"
    if live.ordinals and other.ordinals and not live.ordinals & other.ordinals:
        return "their titles count differently"
    needed = TITLES_THE_SAME if live.source_id == other.source_id else TITLES_ALIKE
    if titles_alike(live, other) < needed and _of_titles(live, other, shared, reading) < TITLE_SHARED:
        return "what they share is not what their titles say"
    return ""


def titles_alike(live: Live, other: Live) -> float:
    """Return the share of the shorter title's words that the longer has."""
    one, two = set(live.title), set(other.title)
    return len(one & two) / max(1, min(len(one), len(two)))


def _of_titles(live: Live, other: Live, shared: frozenset[int], reading: Reading) -> float:
    """Return the share of either title's words that is in what the two texts share, whichever is more."""
    words = (*reading.title, *reading.text)
    said = {
        word
        for i, shingle in enumerate(shingles(hashes(words)))
        if shingle in shared
        for word in words[i : i + SHINGLE]
    }
    return max(len(said & set(title)) / max(1, len(set(title))) for title in (live.title, other.title))
