"""Bring the texts of pages, where a feed gives teasers only (`sources[].fetch_pages`).

Which, when and how often is `policy.pages`' business. No feed waits for a page; what is published waits for
those under way as it does for feeds, seconds at most, and the entry of a page a little longer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.engine import Engine
from aggregator.model import FetchJob, Harvest, PageText, PageWish, SourceState, Update
from aggregator.policy import jitter_of
from aggregator.policy.pages import (
    MOST_A_DAY,
    MOST_ATTEMPTS,
    PATIENCE,
    RETRY,
    is_teaser,
    page_again,
    page_host_hold,
    unfit,
    wanted,
)
from aggregator.policy.schedule import host_pause
from aggregator.settings import Settings, Source
from aggregator.store import Store
from aggregator.text import excerpt, one_line
from aggregator.urls import origin_of

LONGEST_BRINGING = PATIENCE  # of a run that ends
LONGEST_WISH = timedelta(days=2)


def want_pages(store: Store, source: Source, state: SourceState, update: Update, *, now: datetime) -> None:
    """Have the pages of new entries asked for, and let go of those whose feed says more by now.

    Part of the caller's transaction.

    Args:
        state: of the source before this update.
    """
    for change in update.changed:
        if not is_teaser(change.entry):
            store.texts.forget(change.entry.id)
    if source.fetch_pages:
        for entry in wanted(update.added, is_first=state.last_success is None):
            # It may be one that must not come in, or that rules hold back.
            if store.entries.get(entry.id) and not store.held.of(entry.id):
                store.texts.want(entry, at=now, hold_until=now + PATIENCE)


def is_page(name: str) -> bool:
    """Say whether a job is for a page."""
    return name.startswith("page ")


def ask_pages(store: Store, settings: Settings, engine: Engine, *, now: datetime) -> int:
    """Ask for the pages that are due, one a host at a time; return how many."""
    busy = [name.split(" ")[1] for name in engine.under_way if is_page(name)]
    due = store.texts.due(now=now, most_a_day=MOST_A_DAY, most_attempts=MOST_ATTEMPTS, busy=busy)
    jobs = []
    for wish in due:
        with store.transaction():
            source = settings.by_id.get(wish.source_id)
            if source is None or source.paused or not source.fetch_pages:
                store.texts.forget(wish.entry_id)
                continue
            store.texts.asking(wish, now=now, until=now + RETRY)
        jobs.append(_job(wish, source))
    engine.submit(jobs)
    return len(jobs)


def _job(wish: PageWish, source: Source) -> FetchJob:
    """Write down what a worker must know; what the operator allows the feed, its own origin alone may use."""
    return FetchJob(
        source_id=f"page {wish.origin} {wish.entry_id}",
        kind="page",
        address=wish.url,
        allow_private=source.allow_private and wish.origin == origin_of(source.place),
        obey_robots=True,  # whatever the source says: that is of its feed
    )


def take_page(store: Store, harvest: Harvest, *, now: datetime) -> str:
    """Keep what a page says, or why it does not; return what is to be said of it."""
    entry_id = harvest.source_id.split(" ")[2]
    wishes = store.texts.wishes(entry_id)
    if not wishes:
        return "a page of no more concern came"
    with store.transaction():
        if harvest.page is None:
            told = _put_off(store, harvest, wishes, now=now)
        else:
            told, *_ = [_settled(store, harvest.page, wish, now=now) for wish in wishes]
    return f"asked page={wishes[0].url} source={wishes[0].source_id} {told}"


def _settled(store: Store, page: PageText, wish: PageWish, *, now: datetime) -> str:
    """Keep a text for an entry, if it is this entry's."""
    entry = store.entries.get(wish.entry_id)
    if entry is None:  # which cannot be: a wish goes with its entry
        return "the entry is gone"
    if trouble := unfit(page.text, title=entry.title, teaser=entry.text):
        store.texts.refuse(wish.entry_id, trouble, at=now)
        return f"trouble={trouble!r}"
    store.texts.bring(wish.entry_id, page.html, at=now)
    store.entries.enrich(entry, summary=excerpt(one_line(page.text)))
    store.source_pages.soil([wish.source_id])
    return f"characters={len(page.text)}"


def _put_off(store: Store, harvest: Harvest, wishes: tuple[PageWish, ...], *, now: datetime) -> str:
    """Ask again later where that may help, and leave a host alone that has had enough."""
    first, trouble = wishes[0], str(harvest.troubles[0].cause) + f": {harvest.troubles[0]}"
    jitter = jitter_of(first.entry_id, now)
    origin = origin_of(harvest.answered) if harvest.answered else first.origin
    if pause := page_host_hold(harvest, now=now):
        store.texts.hold_host(origin, until=now + pause)
    if pause := host_pause(harvest, now=now):
        feeds = [name for name, place in store.sources.places() if origin_of(place) == origin]
        store.sources.postpone(feeds, until=now + pause)
    for wish in wishes:
        if again := page_again(harvest, wish.attempts, now=now, jitter=jitter):
            store.texts.postpone(wish.entry_id, trouble, until=again)
        else:
            store.texts.refuse(wish.entry_id, trouble, at=now)
    return f"trouble={trouble!r}"


def bring_pages(store: Store, settings: Settings, engine: Engine, *, clock: Callable[[], datetime]) -> None:
    """Bring what pages there are to bring, for a run that ends then; entries wait no longer than that."""
    end = clock() + LONGEST_BRINGING
    while clock() < end and (ask_pages(store, settings, engine, now=clock()) or engine.under_way):
        for harvest in engine.finished(wait=1.0):
            take_page(store, harvest, now=clock())
    with store.transaction():
        store.texts.release()


def tidy_pages(store: Store, settings: Settings, *, now: datetime, is_all_whole: bool) -> None:
    """Give up pages that wait since days, and let go of texts that are past their time."""
    with store.transaction():
        store.texts.give_up(before=now - LONGEST_WISH)
        if settings.storage.keep:
            store.texts.shed(before=now - settings.storage.keep, is_all_whole=is_all_whole)
