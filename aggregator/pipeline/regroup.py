"""Place what is new into stories."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.resources import files

from aggregator.embed import open_space
from aggregator.model import Space
from aggregator.settings import Settings, Stories
from aggregator.store import Store
from aggregator.stories import Background, Desk, read_background, widened

BATCH = 200  # decisions in one transaction
INDEXED_AT_ONCE = 600  # entries: in company one costs three quarters of what it does alone
SAVED_EVERY = 5000  # decisions: so many at most are learned from again after a crash, in 4 seconds
LEARNED = "learned"  # the name of the desk's memory in the store


@cache
def background() -> Background:
    """Return how common words are in news."""
    lines = files("aggregator.stories").joinpath("background.txt").read_text(encoding="utf-8")
    return read_background(lines.splitlines())


def new_desk(settings: Stories) -> Desk:
    """Return a desk that has seen nothing yet."""
    return Desk(settings, background=background(), space=space_for(settings))


def space_for(settings: Stories) -> Space | None:
    """Open the space of the embedding model, where there is one."""
    return open_space(settings.model) if settings.model else None


def as_it_stands(store: Store, settings: Stories) -> Stories:
    """Have the overrides that name stories speak of the entries that these stories have now."""
    return replace(settings, overrides=widened(settings.overrides, store.stories.members))


def open_desk(store: Store, settings: Settings) -> Desk:
    """Rebuild the desk's memory from what it wrote down; nothing is decided again."""
    store.held.turns = 0
    stories = as_it_stands(store, settings.stories)
    desk = new_desk(stories)
    held, data = store.stories.memory(LEARNED) or (0, b"")
    if data:
        desk.load(data)
    for brief, placed in store.entries.placed(window=stories.window):
        desk.restore(brief, placed, is_learned=placed.order <= held)
    if desk.has_open_rules:
        for brief, placed in store.entries.in_order():
            desk.recall(brief, placed)
    desk.resume(store.stories.last_decision())
    return desk


def regroup(store: Store, desk: Desk, *, now: datetime) -> int:
    """Place every entry that belongs to no story yet; return how many there were.

    After an exception the desk knows more than the store, and must be made anew.
    """
    catch_up(store)
    placed = 0
    while briefs := store.entries.unplaced(limit=BATCH):
        placements = [desk.place(brief) for brief in briefs]
        with store.transaction():
            store.stories.place(*placements, now=now)
            store.stories.forget(desk.forgotten())
        articles = [brief for brief in briefs if brief.is_article]
        if articles:
            with store.transaction():
                store.stories.relate(desk.gather(articles, store.entries.all_placed()))
        placed += len(briefs)
        if desk.unsaved >= SAVED_EVERY:
            save_desk(store, desk)
    return placed


def catch_up(store: Store) -> None:
    """Let all that came in be found by its words, as outputs that search look for it."""
    is_behind = True
    while is_behind:
        with store.transaction():
            is_behind = store.words.catch_up(limit=INDEXED_AT_ONCE) == INDEXED_AT_ONCE


def save_desk(store: Store, desk: Desk) -> None:
    """Keep what the desk has learned; what it decided is kept already."""
    if desk.unsaved:
        with store.transaction():
            store.stories.remember(LEARNED, desk.dump())
