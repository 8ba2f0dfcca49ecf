"""Relate stories to stories: neighbors of one saga, and what is about the subject of a local article."""

from collections.abc import Collection, Iterable, Iterator

from aggregator.model import Brief, Relation
from aggregator.stories.events import NEIGHBOR, ROUND_UP, Match
from aggregator.stories.learned import Learned
from aggregator.stories.live import Live
from aggregator.stories.subjects import Subject, Subjects
from aggregator.stories.words import read

SHARED_WITH_NEIGHBOR = 3  # words
MOST_NEIGHBORS = 3


def neighbors(live: Live, matches: Iterable[Match]) -> Iterator[Relation]:
    """Relate the story of an entry to others that it is like, and them to it."""
    own = live.home
    for match in list(matches)[: MOST_NEIGHBORS + 1]:
        other, score, nearest = match.story.current, match.base, match.near[0][1]
        if other is own or score < NEIGHBOR or match.veto not in ("", ROUND_UP):
            continue
        if len(live.vector.keys() & nearest.vector.keys()) < SHARED_WITH_NEIGHBOR:
            continue
        yield Relation(story_id=own.id, other_id=other.id, entry_id=nearest.entry_id, score=score)
        yield Relation(story_id=other.id, other_id=own.id, entry_id=live.entry_id, score=score)


def about(live: Live, subjects: Subjects) -> Iterator[Relation]:
    """Relate the articles whose subject an entry shares to the entry's story."""
    own = live.home
    for article, score in subjects.near(live):
        if article.home is not own:
            yield Relation(
                story_id=article.home.id,
                other_id=own.id,
                entry_id=live.entry_id,
                score=score,
                is_subject=True,
            )


def gather(
    subjects: Collection[Subject], others: Iterable[tuple[Brief, str]], learned: Learned
) -> Iterator[Relation]:
    """Relate articles to entries that were placed before them, each given with its story."""
    for other, story_id in others:
        reading = read(other)
        words = {*reading.title, *reading.link, *reading.text[: reading.shown]}
        near = [s for s in subjects if s.article.home.id != story_id and s.may_be_near(words)]
        if not near:
            continue
        live = Live(other, 0)
        live.language = learned.lexicon.guess((*reading.title, *reading.text), reading.language)
        learned.weigh(live, reading, frozenset())
        live.names = reading.names
        for subject in near:
            score = subject.likeness(live)
            if score >= subject.near:
                yield Relation(
                    story_id=subject.article.home.id,
                    other_id=story_id,
                    entry_id=other.entry_id,
                    score=score,
                    is_subject=True,
                )
