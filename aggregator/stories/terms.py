"""Entries as weighted words. How rare a word is comes from the stream itself, not from a list.

A title's words count twice. Long texts give their first words only: news says first what it is about.
"""

import math
from collections import Counter
from dataclasses import dataclass

from aggregator.model import Brief
from aggregator.text import words

WORDS_OF_A_TEXT = 60
WORDS_OF_AN_ARTICLE = 600
WEIGHT_OF_THE_TITLE = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of one entry: in order, for copies, and counted, for likeness."""

    sequence: tuple[str, ...]
    title: frozenset[str]
    counts: dict[str, int]


def terms_of(brief: Brief) -> Terms:
    """Read the words of an entry, the title first."""
    title = words(brief.title)
    body = words(brief.text)[: WORDS_OF_AN_ARTICLE if brief.is_article else WORDS_OF_A_TEXT]
    counts = Counter(body)
    for word in title:
        counts[word] += WEIGHT_OF_THE_TITLE
    kept = {word: count for word, count in counts.items() if len(word) > 1 or not word.isascii()}
    return Terms(sequence=(*title, *body), title=frozenset(title), counts=kept)


class Lexicon:
    """In how many entries each word was seen."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._entries = 0

    def add(self, terms: Terms) -> None:
        self._seen.update(terms.counts.keys())
        self._entries += 1

    def rarity(self, word: str) -> float:
        """Return the inverse document frequency of a word, smoothed: about 0 for one that is everywhere."""
        return math.log((self._entries + 50) / (self._seen[word] + 1))

    def frequency(self, word: str) -> int:
        return self._seen[word]

    def vector(self, terms: Terms, *, most: int = 48) -> dict[str, float]:
        """Weigh the words of an entry, heaviest first; the result has length 1, and at most `most` words."""
        weights = {word: (1 + math.log(n)) * self.rarity(word) for word, n in terms.counts.items()}
        heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:most]
        length = math.sqrt(sum(weight * weight for _, weight in heaviest)) or 1.0
        return {word: weight / length for word, weight in heaviest if weight > 0}
