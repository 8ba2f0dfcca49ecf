"""Place what is new into stories."""

from datetime import datetime

from aggregator.settings import Settings
from aggregator.store import Store
from aggregator.stories import Desk

BATCH = 200  # decisions in one transaction


def open_desk(store: Store, settings: Settings, *, now: datetime) -> Desk:
    """Rebuild the memory of live stories from what was decided before."""
    desk = Desk(window=settings.stories.window)
    for brief, story_id, copy_of in store.entries.placed(since=now - settings.stories.window):
        desk.restore(brief, story_id=story_id, copy_of=copy_of)
    return desk


def regroup(store: Store, desk: Desk) -> int:
    """Place every entry that belongs to no story yet; return how many there were.

    After an exception the desk knows more than the store, and must be made anew.
    """
    placed = 0
    while briefs := store.entries.unplaced(limit=BATCH):
        with store.transaction():
            for brief in briefs:
                store.stories.place(desk.place(brief))
        for article in (brief for brief in briefs if brief.is_article):
            with store.transaction():
                store.stories.relate(desk.gather(article, store.entries.all_placed()))
        placed += len(briefs)
    return placed
