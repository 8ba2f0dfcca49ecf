"""Decide what is a copy, what tells of the same event, what is about the same subject, and why.

`Desk` is the desk at which every new entry is placed, one at a time. It remembers the entries of a window
of days, and local articles for ever; it is rebuilt from what was decided, and never decides anything twice.
The rungs are tried strongest first: address, text (`copies`), event (`events`), subject (`subjects`).
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from aggregator.model import Brief, Evidence, Placement, Relation
from aggregator.stories.copies import Copies
from aggregator.stories.events import Events
from aggregator.stories.subjects import Subjects
from aggregator.stories.terms import Lexicon, Terms, terms_of

FOUNDS = Evidence(rung="none", score=0.0, threshold=0.0)


class Desk:
    """Where entries are placed into stories; a pure function of the entries in the order they came."""

    def __init__(self, *, window: timedelta) -> None:
        self._lexicon = Lexicon()
        self._copies = Copies(window=window)
        self._events = Events(self._lexicon, window=window)
        self._subjects = Subjects(self._lexicon)
        self._story_of: dict[str, str] = {}

    def place(self, brief: Brief) -> Placement:
        """Decide where a new entry belongs, and remember it."""
        terms = terms_of(brief)
        copy = self._copies.find(brief, terms)
        if copy:
            near, because = copy
            placement = Placement(
                entry_id=brief.entry_id,
                story_id=self._story_of[near.entry_id],
                copy_of=self._copies.lead_of(near.entry_id),
                because=because,
                near=near.entry_id,
            )
        else:
            placement = self._place_by_event(brief, terms)
        self._remember(brief, terms, placement.story_id, placement.copy_of)
        return placement

    def restore(self, brief: Brief, *, story_id: str, copy_of: str) -> None:
        """Remember an entry that was placed before, without deciding again."""
        self._remember(brief, terms_of(brief), story_id, copy_of)

    def gather(self, article: Brief, others: Iterable[tuple[Brief, str]]) -> Iterator[Relation]:
        """Relate a new article to entries that were placed before it, each given with its story."""
        own = self._story_of[article.entry_id]
        for other, story_id, score in self._subjects.gather(article, others):
            if story_id != own:
                yield Relation(story_id=own, other_id=story_id, entry_id=other.entry_id, score=score)

    def _place_by_event(self, brief: Brief, terms: Terms) -> Placement:
        found = self._events.find(brief, terms)
        story_id, near, because = found or (brief.entry_id, "", FOUNDS)
        relations = tuple(
            Relation(story_id=article_story, other_id=story_id, entry_id=brief.entry_id, score=score)
            for article_story, score in self._subjects.find(terms)
            if article_story != story_id
        )
        return Placement(
            entry_id=brief.entry_id, story_id=story_id, because=because, near=near, relations=relations
        )

    def _remember(self, brief: Brief, terms: Terms, story_id: str, copy_of: str) -> None:
        self._story_of[brief.entry_id] = story_id
        self._copies.add(brief, terms, copy_of)
        if not copy_of:  # copies inherit their story and must not pull it their way
            self._lexicon.add(terms)
            self._events.add(brief, terms, story_id)
            self._subjects.add(brief, terms, story_id)
        for entry_id in self._events.forget() | self._copies.forget():
            if entry_id not in self._subjects:
                self._story_of.pop(entry_id, None)
