"""Ask the sources that are due."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.engine import Engine
from aggregator.errors import ClusterError
from aggregator.ids import authority
from aggregator.model import SourceReport, SourceState
from aggregator.pipeline.following import followed
from aggregator.pipeline.intake import take_in_all
from aggregator.pipeline.rules import enforce
from aggregator.policy import first_due, plan, rest_until
from aggregator.publish.html import looks_of
from aggregator.settings import Settings, Source
from aggregator.store import Store

LEASE = timedelta(minutes=5)  # after which a job that never came back is given out again
MOST_SILENCE = timedelta(minutes=1)  # of an engine in trouble, where somebody waits for it
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
        changed = store.sources.configure(states, paused=paused)
        # What was pushed while nobody listened is asked for, as soon as it would be if no hub pushed.
        store.subscriptions.doubt()
        store.sources.fall_back()
        store.texts.release()  # nobody brought a page meanwhile
        # What every page shows; a change of it makes all of them stale.
        titles = [(s.id, s.title, s.title_cut) for s in settings.sources if s.title or s.title_cut]
        looks = f"{settings.site!r} {looks_of(settings.site)}" + (repr(titles) if titles else "")
        if store.remember("site", looks):
            store.stories.soil_all()
            store.source_pages.soil_all()
        elif changed:
            store.stories.soil_of(changed)
            store.source_pages.soil_beside(changed)
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
    under_way = engine.under_way  # those that a lease did not outlast
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


def renew(store: Store, engine: Engine, *, now: datetime) -> None:
    """Renew the leases of what is under way: it may wait for its host, or for workers, longer than one lasts.

    Claimed again it would take the place of others, a beat's share of which is bounded.
    """
    with store.transaction():
        store.sources.renew(engine.under_way, until=now + LEASE)


def _rests(store: Store, state: SourceState, now: datetime) -> bool:
    """Put off a source that is overdue and came round in hours it wants for itself; say whether it was."""
    until = rest_until(state, now=now)
    if until:
        store.sources.postpone([state.id], until=until)
    return until is not None


def refresh(
    store: Store,
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    only: frozenset[str] | None = None,
) -> Iterator[SourceReport]:
    """Ask all sources that are due by now once, and yield a report for each as it comes back.

    Raises: ClusterError when the engine is in trouble, and has been silent for too long.
    """
    heard = started = clock()
    sent = send_out(store, settings, engine, now=started, only=only)
    while sent or engine.under_way:
        harvests = engine.finished(wait=1.0)
        yield from take_in_all(store, settings, harvests, clock)
        heard = clock() if harvests else heard
        if engine.trouble and clock() - heard > MOST_SILENCE:
            raise ClusterError(f"{engine.trouble}; what was not asked is asked by the next run")
        if sent:
            sent = send_out(store, settings, engine, now=started) if only is None else 0
