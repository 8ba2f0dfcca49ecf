"""Find entries about the subject of a local article, however old it is.

A long article and a short headline are compared by the article's key words: those it says often and few
others say. Every new entry is held against each article, and a new article against all that is stored.
"""

from collections.abc import Iterable, Iterator

from aggregator.model import Brief
from aggregator.stories.events import cosine
from aggregator.stories.terms import Lexicon, Terms, terms_of

NEAR = 0.12  # likeness of an entry with the key words of an article
KEY_WORDS = 24
FEWEST_SHARED = 2  # key words


class Subjects:
    """The local articles, by their words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._articles: dict[str, tuple[Terms, str]] = {}

    def add(self, brief: Brief, terms: Terms, story_id: str) -> None:
        if brief.is_article:
            self._articles[brief.entry_id] = (terms, story_id)

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._articles

    def find(self, terms: Terms) -> Iterator[tuple[str, float]]:
        """Yield the stories of the articles that share their subject with an entry, with the likeness."""
        for article, story_id in self._articles.values():
            score = self.likeness(article, terms)
            if score >= NEAR:
                yield story_id, score

    def gather(
        self, article: Brief, others: Iterable[tuple[Brief, str]]
    ) -> Iterator[tuple[Brief, str, float]]:
        """Yield those of the entries, given with their stories, that share their subject with an article."""
        key = terms_of(article)
        for other, story_id in others:
            score = self.likeness(key, terms_of(other))
            if score >= NEAR and other.entry_id != article.entry_id:
                yield other, story_id, score

    def likeness(self, article: Terms, entry: Terms) -> float:
        """Return 0 to 1; 0 where fewer than two key words are shared."""
        keys, vector = self._lexicon.vector(article, most=KEY_WORDS), self._lexicon.vector(entry)
        return cosine(keys, vector) if len(keys.keys() & vector.keys()) >= FEWEST_SHARED else 0.0
