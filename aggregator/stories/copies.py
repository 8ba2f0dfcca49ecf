"""Find copies: entries that carry the same text, or stand at the same address, under another id.

A copy shares its words; a follow-up shares its event, and is `events`' business. Texts under eight words must
match exactly: below that, likeness means nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Any

from aggregator.model import Brief, Evidence
from aggregator.stories.terms import Terms
from aggregator.text import fold
from aggregator.urls import canonical

SHINGLE = 3  # words
CONTAINMENT = 0.6  # of the shorter text's shingles, at least
NUMBERS_AGREE = 0.7  # of the shorter text's numbers, at least: else it is the next day's table
FARTHEST = timedelta(hours=96)
ROWS = 16  # of a sketch
SHORT = 8  # words
TOO_COMMON = 40  # entries with one sketch row: furniture


class Copies:
    """Addresses and sketches of live entries."""

    def __init__(self, *, window: timedelta) -> None:
        self._window = window
        self._live: dict[str, tuple[Brief, Terms]] = {}
        self._leads: dict[str, str] = {}
        self._addresses: defaultdict[str, list[str]] = defaultdict(list)
        self._sketches: defaultdict[int, list[str]] = defaultdict(list)
        self._by_date: list[tuple[datetime, str]] = []  # a heap
        self._newest = datetime.min.replace(tzinfo=UTC)

    def find(self, brief: Brief, terms: Terms) -> tuple[Brief, Evidence] | None:
        """Return the entry that a new one copies, and why."""
        return self._by_address(brief) or self._by_text(brief, terms)

    def lead_of(self, entry_id: str) -> str:
        """Return the entry that leads the group of an entry: itself when it is no copy."""
        return self._leads.get(entry_id) or entry_id

    def add(self, brief: Brief, terms: Terms, copy_of: str) -> None:
        self._live[brief.entry_id] = (brief, terms)
        self._leads[brief.entry_id] = copy_of
        heappush(self._by_date, (brief.date, brief.entry_id))
        self._newest = max(self._newest, brief.date)
        if address := canonical(brief.url):
            self._addresses[address].append(brief.entry_id)
        for row in sketch(terms.sequence):
            self._sketches[row].append(brief.entry_id)

    def forget(self) -> set[str]:
        """Let go of what is older than the window, seen from the newest, and return it."""
        gone: set[str] = set()
        while self._by_date and self._by_date[0][0] < self._newest - self._window:
            _, entry_id = heappop(self._by_date)
            brief, terms = self._live.pop(entry_id)
            self._leads.pop(entry_id)
            _drop(self._addresses, (canonical(brief.url),), entry_id)
            _drop(self._sketches, sketch(terms.sequence), entry_id)
            gone.add(entry_id)
        return gone

    def _by_address(self, brief: Brief) -> tuple[Brief, Evidence] | None:
        """A source that gives several of its entries one address proves nothing by it."""
        others = [self._live[entry_id][0] for entry_id in self._addresses.get(canonical(brief.url), ())]
        titles: defaultdict[str, set[str]] = defaultdict(set)
        for other in (*others, brief):
            titles[other.source_id].add(fold(other.title))
        for other in others:
            is_other = other.source_id != brief.source_id
            if is_other and len(titles[other.source_id]) == len(titles[brief.source_id]) == 1:
                return other, Evidence(rung="url", score=1.0, threshold=1.0)
        return None

    def _by_text(self, brief: Brief, terms: Terms) -> tuple[Brief, Evidence] | None:
        rows = Counter(
            entry_id
            for row in sketch(terms.sequence)
            if len(self._sketches.get(row, ())) <= TOO_COMMON
            for entry_id in self._sketches.get(row, ())
        )
        best: tuple[float, str] | None = None
        for entry_id, _ in sorted(rows.items(), key=lambda item: (-item[1], item[0]))[:20]:
            other, its = self._live[entry_id]
            if abs(other.date - brief.date) > FARTHEST:
                continue
            score = likeness(terms.sequence, its.sequence)
            if score >= CONTAINMENT and numbers_agree(terms.sequence, its.sequence):
                best = max(best or (0.0, ""), (score, entry_id))
        if best is None:
            return None
        return self._live[best[1]][0], Evidence(rung="text", score=best[0], threshold=CONTAINMENT)


def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return the share of the shorter text's shingles that the longer one has; of short texts 1 or 0."""
    if min(len(a), len(b)) < SHORT:
        return float(a == b)
    left, right = shingles(a), shingles(b)
    return len(left & right) / min(len(left), len(right))


def numbers_agree(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Say whether what is counted is the same, or as good as."""
    left, right = ({word for word in text if word[0].isdigit()} for text in (a, b))
    fewer = min(len(left), len(right))
    return not fewer or len(left & right) / fewer >= NUMBERS_AGREE


def shingles(text: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)}


def sketch(text: tuple[str, ...]) -> tuple[int, ...]:
    """Return the smallest hashes of a text's shingles: two texts that share words share some of them."""
    parts: Iterable[tuple[str, ...]] = shingles(text) if len(text) >= SHORT else (text,)
    return tuple(sorted(_hash(part) for part in parts)[:ROWS])


def _hash(words: tuple[str, ...]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest())


def _drop(index: defaultdict[Any, list[str]], keys: Iterable[object], entry_id: str) -> None:
    for key in keys:
        entries = index.get(key, [])
        if entry_id in entries:
            entries.remove(entry_id)
            if not entries:
                del index[key]
