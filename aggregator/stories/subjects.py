"""Find entries about the subject of a local article, however old it is.

A long article and a short headline are compared by the article's key words: those it says often and few
others say. Every new entry is held against each article, and a new article against all that is stored.
"""

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass

from aggregator.stories.events import are_strangers
from aggregator.stories.lexicon import Vector
from aggregator.stories.live import Live

NEAR = 0.12  # likeness of an entry with the key words of an article
NEAR_SHORT = 0.25
KEY_WORDS = 24
FEWEST_SHARED = 3  # key words: two may be any two


@dataclass(frozen=True, slots=True)
class Subject:
    """An article and its key words, weighed so that their vector has length 1."""

    article: Live
    keys: Vector

    def may_be_near(self, words: Set[str]) -> bool:
        """Say whether an entry has enough of the key words to be looked at."""
        return len(self.keys.keys() & words) >= FEWEST_SHARED

    def likeness(self, live: Live) -> float:
        """Return 0 to 1; 0 where fewer than three key words are shared, or people and places are others."""
        vector = live.vector
        shared = self.keys.keys() & vector.keys()
        if len(shared) < FEWEST_SHARED or are_strangers(live, self.article):
            return 0.0
        return sum([self.keys[word] * vector[word] for word in shared])

    @property
    def near(self) -> float:
        """The likeness to be near: more for a short article, whose key words are any of its words."""
        return NEAR if len(self.article.vector) > KEY_WORDS else NEAR_SHORT


class Subjects:
    """The local articles."""

    def __init__(self) -> None:
        self._subjects: dict[str, Subject] = {}
        self._having: defaultdict[str, list[Subject]] = defaultdict(list)  # by key word

    def add(self, article: Live) -> Subject:
        heaviest = dict(list(article.vector.items())[:KEY_WORDS])
        length = sum(weight * weight for weight in heaviest.values()) ** 0.5 or 1.0
        subject = Subject(article, {word: weight / length for word, weight in heaviest.items()})
        self._subjects[article.entry_id] = subject
        for word in subject.keys:
            self._having[word].append(subject)
        return subject

    def has(self, live: Live) -> bool:
        return live.entry_id in self._subjects

    def of(self, article_id: str) -> Subject | None:
        """Return the subject of an article; none if it is a copy, and its original gathers."""
        return self._subjects.get(article_id)

    def near(self, live: Live) -> Iterator[tuple[Live, float]]:
        """Yield the articles whose subject an entry shares, with the likeness, the oldest first.

        Cost: by the articles that share a word with the entry, not by all there are.
        """
        shared: defaultdict[int, list[Subject]] = defaultdict(list)
        for word in live.vector.keys() & self._having.keys() if self._having else ():
            for subject in self._having[word]:
                shared[subject.article.order].append(subject)
        for _, found in sorted(shared.items()):
            subject = found[0]
            if len(found) < FEWEST_SHARED or subject.article is live:
                continue
            score = subject.likeness(live)
            if score >= subject.near:
                yield subject.article, score
