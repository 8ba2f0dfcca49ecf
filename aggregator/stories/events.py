"""Find the story that an entry tells of: like several of its members, and near in time.

Comparing with the mean of the closest few members, not with any single one, keeps chains from growing.
"""

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from aggregator.model import Brief, Evidence
from aggregator.stories.terms import Lexicon, Terms

JOINS = 0.26  # likeness at which an entry joins a story
CLOSEST = 4  # members whose mean counts
DECAY_PER_DAY = 0.07
RAREST = 16  # words looked up
TOO_COMMON = 400  # entries with a word: looking it up tells little
SHOWN = 8  # shared words in an explanation


class Events:
    """Vectors of live entries and the stories they belong to."""

    def __init__(self, lexicon: Lexicon, *, window: timedelta) -> None:
        self._lexicon, self._window = lexicon, window
        self._live: dict[str, tuple[Brief, dict[str, float], str]] = {}
        self._postings: defaultdict[str, set[str]] = defaultdict(set)
        self._members: defaultdict[str, set[str]] = defaultdict(set)
        self._by_date: list[tuple[datetime, str]] = []  # a heap
        self._newest = datetime.min.replace(tzinfo=UTC)

    def add(self, brief: Brief, terms: Terms, story_id: str) -> None:
        vector = self._lexicon.vector(terms)
        self._live[brief.entry_id] = (brief, vector, story_id)
        self._members[story_id].add(brief.entry_id)
        heappush(self._by_date, (brief.date, brief.entry_id))
        self._newest = max(self._newest, brief.date)
        for word in vector:
            self._postings[word].add(brief.entry_id)

    def forget(self) -> set[str]:
        """Let go of what is older than the window, seen from the newest, and return it."""
        gone: set[str] = set()
        while self._by_date and self._by_date[0][0] < self._newest - self._window:
            _, entry_id = heappop(self._by_date)
            _, vector, story_id = self._live.pop(entry_id)
            for word in vector:
                self._postings[word].discard(entry_id)
                if not self._postings[word]:
                    del self._postings[word]
            self._members[story_id].discard(entry_id)
            if not self._members[story_id]:
                del self._members[story_id]
            gone.add(entry_id)
        return gone

    def find(self, brief: Brief, terms: Terms) -> tuple[str, str, Evidence] | None:
        """Return the story that an entry belongs to, the member closest to it, and why."""
        vector = self._lexicon.vector(terms)
        candidates = self._candidates(vector)
        best: tuple[float, str, str] | None = None
        for story_id in sorted({self._live[entry_id][2] for entry_id in candidates}):
            score, near = self._score(brief, vector, story_id)
            if best is None or score > best[0]:
                best = (score, story_id, near)
        if best is None or best[0] < JOINS:
            return None
        score, story_id, near = best
        shared = shared_words(vector, self._live[near][1])
        return story_id, near, Evidence(rung="event", score=score, threshold=JOINS, shared=shared)

    def _candidates(self, vector: dict[str, float]) -> set[str]:
        rarest = sorted(vector, key=lambda word: (self._lexicon.frequency(word), word))[:RAREST]
        found: Counter[str] = Counter()
        for word in rarest:
            entries = self._postings.get(word, ())
            if len(entries) <= TOO_COMMON:
                found.update(entries)
        return {entry_id for entry_id, _ in found.most_common(200)}

    def _score(self, brief: Brief, vector: dict[str, float], story_id: str) -> tuple[float, str]:
        scores = []
        for entry_id in self._members[story_id]:
            other, its, _ = self._live[entry_id]
            days = abs((other.date - brief.date) / timedelta(days=1))
            if days * 86_400 <= self._window.total_seconds():
                scores.append((cosine(vector, its) * math.exp(-DECAY_PER_DAY * days), entry_id))
        scores.sort(reverse=True)
        closest = scores[:CLOSEST]
        return (sum(score for score, _ in closest) / len(closest), closest[0][1]) if closest else (0.0, "")


def cosine(a: dict[str, float], b: dict[str, float]) -> float:
    if len(b) < len(a):
        a, b = b, a
    return sum(weight * b[word] for word, weight in a.items() if word in b)


def shared_words(a: dict[str, float], b: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the shared words that weigh most, with what each adds to the likeness."""
    both = [(word, weight * b[word]) for word, weight in a.items() if word in b]
    return tuple(sorted(both, key=lambda item: (-item[1], item[0]))[:SHOWN])
