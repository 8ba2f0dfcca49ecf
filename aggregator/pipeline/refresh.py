"""Ask the sources that are due, and store what they tell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.engine import Engine
from aggregator.ids import authority
from aggregator.model import Harvest, SourceReport, SourceState, Update
from aggregator.pipeline.following import followed
from aggregator.pipeline.intake import bring_in
from aggregator.pipeline.pages import want_pages
from aggregator.pipeline.rules import enforce, judge
from aggregator.policy import (
    Pace,
    decide,
    first_due,
    held_until,
    jitter_of,
    plan,
    possible_ids,
    received,
    rest_until,
)
from aggregator.policy.rules import Bench
from aggregator.policy.websub import relied_until
from aggregator.publish.html import looks_of
from aggregator.settings import Settings, Source
from aggregator.store import Store
from aggregator.urls import origin_of

LEASE = timedelta(minutes=5)  # after which a job that never came back is given out again
MOST_CLAIMED = 500  # jobs in one go


def prepare(store: Store, settings: Settings, *, now: datetime, is_spread: bool = True) -> Settings:
    """Bring the store in line with the configuration, and return that with the feeds that its lists name.

    Args:
        is_spread: whether many new feeds are asked one after the other over an interval, or all at once.
    """
    settings = followed(store, settings)
    with store.transaction():
        store.fact("authority", at_first=authority(settings.site.url, since=now.date()))
        paused = frozenset(source.id for source in settings.sources if source.paused)
        states = [first_state(source, settings, now) for source in settings.sources]
        if is_spread:
            states = _spread(states, store, settings, now)
        is_changed = store.sources.configure(states, paused=paused)
        # What was pushed while nobody listened is asked for, as soon as it would be if no hub pushed.
        store.subscriptions.doubt()
        store.sources.fall_back()
        store.texts.release()  # nobody brought a page meanwhile
        # What every page shows; a change of it makes all of them stale.
        titles = [(s.id, s.title, s.title_cut) for s in settings.sources if s.title or s.title_cut]
        looks = f"{settings.site!r} {looks_of(settings.site)}" + (repr(titles) if titles else "")
        if store.remember("site", looks) or is_changed:
            store.stories.soil_all()
            store.source_pages.soil_all()
    enforce(store, settings)
    return settings


def _spread(states: list[SourceState], store: Store, settings: Settings, now: datetime) -> list[SourceState]:
    """Give the feeds that the store does not know a first turn each."""
    known = {(state.id, state.address) for state in store.sources.all()}
    new = [state.id for state in states if state.kind == "http" and (state.id, state.address) not in known]
    turns = {
        source_id: first_due(position, len(new), now=now, every=settings.defaults.every)
        for position, source_id in enumerate(new)
    }
    return [replace(state, next_due=turns.get(state.id, state.next_due)) for state in states]


def first_state(source: Source, settings: Settings, now: datetime) -> SourceState:
    """Return what is known of a source that was never asked."""
    is_full_text = settings.defaults.full_text if source.full_text is None else source.full_text
    return SourceState(
        id=source.id,
        kind="path" if source.path else "opml" if source.opml else "http",
        address=source.place,
        name=source.name,
        tags=source.tags,
        priority=source.priority,
        is_full_text=is_full_text,
        next_due=now,
    )


def send_out(
    store: Store, settings: Settings, engine: Engine, *, now: datetime, only: frozenset[str] | None = None
) -> int:
    """Give the engine the jobs of sources that are due, or of just those named; return how many."""
    with store.transaction():
        states = store.sources.claim(now=now, lease=LEASE, limit=MOST_CLAIMED, only=only)
        if only is None:
            states = tuple(state for state in states if not _rests(store, state, now))
    under_way = engine.under_way  # a host's queue may be longer than a lease
    jobs = [
        plan(
            state,
            root=settings.folder,
            allow_private=settings.by_id[state.id].allow_private,
            authorization=settings.by_id[state.id].authorization,
            obey_robots=settings.by_id[state.id].obey_robots,
        )
        for state in states
        if state.id not in under_way
    ]
    engine.submit(jobs)
    return len(jobs)


def _rests(store: Store, state: SourceState, now: datetime) -> bool:
    """Put off a source that is overdue and came round in hours it wants for itself; say whether it was."""
    until = rest_until(state, now=now)
    if until:
        store.sources.postpone([state.id], until=until)
    return until is not None


def take_in(store: Store, settings: Settings, harvest: Harvest, *, now: datetime) -> SourceReport:
    """Store what one source told, in one transaction."""
    source = settings.by_id[harvest.source_id]
    if harvest.is_held:
        return _put_back(store, harvest, now=now)
    is_pushed = harvest.kind == "push"
    with store.transaction():
        state = store.sources.get(source.id, is_lean=harvest.is_unchanged or harvest.is_failed)
        held = store.subscriptions.of(source.id)
        pace = pace_of(source, settings, pushed_until=relied_until(held, now=now))
        update = _decided(store, harvest, state, now=now, pace=pace)
        if held and (update.added if not is_pushed else harvest.is_failed):
            store.subscriptions.doubt(source.id)  # it did not push this, or not so that it could be read
            store.sources.fall_back([source.id])
        gone = bring_in(store, update, state, site=settings.site.url, now=now)
        told = [arrival.entry.id for arrival in update.added] + [c.entry.id for c in update.changed]
        if told and (bench := Bench(settings.rules, source)).digest:
            judge(store, bench, told, update.feed or state.feed)
        want_pages(store, source, state, update, now=now)
        if update.feed and not state.name and update.feed.title != state.feed.title:
            store.stories.soil_all()  # it is named wherever an entry of its is
        store.sources.apply(update)
        is_other_list = update.listed is not None and store.lists.keep(source.id, update.listed)
        if update.hold_origin_until:
            there = origin_of(state.place)
            others = [name for name, place in store.sources.places() if origin_of(place) == there]
            store.sources.postpone(others, until=update.hold_origin_until)
            store.texts.hold_host(there, until=update.hold_origin_until)
    return SourceReport(
        source_id=source.id,
        title=replace(state, feed=update.feed or state.feed).title,
        outcome=_outcome(harvest),
        new=len(update.added),
        changed=len(update.changed) + gone,
        is_other_list=is_other_list,
        troubles=() if harvest.is_unchanged else harvest.troubles,  # else they are of an earlier round
        next_due=update.next_due,
    )


def _decided(store: Store, harvest: Harvest, state: SourceState, *, now: datetime, pace: Pace) -> Update:
    """Decide what a harvest changes, from what is stored of the entries that it may speak of."""
    keys = [key for entry in harvest.entries for key in entry.keys]
    keys += [f"id:{deletion.ref}" for deletion in harvest.deleted]
    ids = [name for entry in harvest.entries for name in possible_ids(entry)]
    stamps = store.entries.stamps(state.id, keys, ids=ids) if keys else ()
    if harvest.kind == "push":
        return received(harvest, state, stamps, now=now)
    return decide(harvest, state, stamps, now=now, pace=pace, jitter=jitter_of(state.id, now))


def _outcome(harvest: Harvest) -> str:
    if harvest.is_failed:
        return "failed"
    return "unchanged" if harvest.is_unchanged else "pushed" if harvest.kind == "push" else "fresh"


def _put_back(store: Store, harvest: Harvest, *, now: datetime) -> SourceReport:
    """Let a source that was not asked wait as its origin asked of another; nothing else is remembered."""
    until = held_until(harvest, now=now, jitter=jitter_of(harvest.source_id, now))
    with store.transaction():
        state = store.sources.get(harvest.source_id)
        store.sources.postpone([state.id], until=until)
    return SourceReport(source_id=state.id, title=state.title, outcome="held", next_due=until)


def pace_of(source: Source, settings: Settings, *, pushed_until: datetime | None = None) -> Pace:
    """Return how often a source may be asked."""
    usual = settings.defaults.every_path if source.path else settings.defaults.every
    return Pace(every=source.every or usual, is_chosen=source.every is not None, pushed_until=pushed_until)


def refresh(
    store: Store,
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    only: frozenset[str] | None = None,
) -> Iterator[SourceReport]:
    """Ask all sources that are due by now once, and yield a report for each as it comes back."""
    started = clock()
    while send_out(store, settings, engine, now=started, only=only) or engine.under_way:
        only = frozenset() if only is not None else None
        yield from _take_in_all(store, settings, engine.finished(wait=1.0), clock)


def _take_in_all(
    store: Store, settings: Settings, harvests: Sequence[Harvest], clock: Callable[[], datetime]
) -> Iterator[SourceReport]:
    """Store what came back together in one transaction, which costs more than an unchanged source does.

    Where one of them brings a fault of ours to light, each gets its own, and those before that stay.
    """
    try:
        with store.transaction():
            reports = iter([take_in(store, settings, harvest, now=clock()) for harvest in harvests])
    except Exception:  # noqa: BLE001 -- it comes again, from the one harvest that causes it
        reports = (take_in(store, settings, harvest, now=clock()) for harvest in harvests)
    yield from reports
