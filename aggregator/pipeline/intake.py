"""Store what came back: what is new and changed, under which id, and what stays out."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from aggregator.ids import authority, mint
from aggregator.model import Arrival, Claim, Entry, Harvest, SourceReport, SourceState, Subscription, Update
from aggregator.pipeline.pages import want_pages
from aggregator.pipeline.rules import judge
from aggregator.policy import Pace, decide, held_until, jitter_of, possible_ids, received
from aggregator.policy.claims import is_ceded
from aggregator.policy.rules import Bench
from aggregator.policy.websub import relied_until
from aggregator.settings import Settings, Source
from aggregator.store import Store
from aggregator.urls import origin_of


def take_in_all(
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


def take_in(store: Store, settings: Settings, harvest: Harvest, *, now: datetime) -> SourceReport:
    """Store what one source told, in one transaction."""
    source = settings.by_id[harvest.source_id]
    if harvest.is_held:
        return _put_back(store, harvest, now=now)
    with store.transaction():
        state = store.sources.get(source.id, is_lean=harvest.is_unchanged or harvest.is_failed)
        held = store.subscriptions.of(source.id)
        pace = pace_of(source, settings, pushed_until=relied_until(held, now=now))
        update = _decided(store, harvest, state, now=now, pace=pace)
        _doubt_hubs(store, harvest, update, held)
        gone = bring_in(store, update, state, site=settings.site.url, now=now)
        told = [arrival.entry.id for arrival in update.added] + [c.entry.id for c in update.changed]
        if told and (bench := Bench(settings.rules, source)).digest:
            judge(store, bench, told, update.feed or state.feed)
        want_pages(store, source, state, update, now=now)
        if update.feed and not state.name and update.feed.title != state.feed.title:
            store.stories.soil_of([source.id])
        store.sources.apply(update)
        is_other_list = update.listed is not None and store.lists.keep(source.id, update.listed)
        if update.hold_origin_until:
            _hold_origin(store, origin_of(state.place), until=update.hold_origin_until)
    return SourceReport(
        source_id=source.id,
        title=(replace(state, feed=update.feed) if update.feed else state).title,
        outcome=_outcome(harvest),
        new=len(update.added),
        changed=len(update.changed) + gone,
        is_other_list=is_other_list,
        troubles=() if harvest.is_unchanged else harvest.troubles,  # else they are of an earlier round
        next_due=update.next_due,
    )


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


def _decided(store: Store, harvest: Harvest, state: SourceState, *, now: datetime, pace: Pace) -> Update:
    """Decide what a harvest changes, from what is stored of the entries that it may speak of."""
    keys = [key for entry in harvest.entries for key in entry.keys]
    keys += [f"id:{deletion.ref}" for deletion in harvest.deleted]
    ids = [name for entry in harvest.entries for name in possible_ids(entry)]
    stamps = store.entries.stamps(state.id, keys, ids=ids) if keys else ()
    if harvest.kind == "push":
        return received(harvest, state, stamps, now=now)
    return decide(harvest, state, stamps, now=now, pace=pace, jitter=jitter_of(state.id, now))


def _doubt_hubs(store: Store, harvest: Harvest, update: Update, held: Sequence[Subscription]) -> None:
    """Rely on no hub that did not push what the source tells, or pushed what cannot be read."""
    if held and (harvest.is_failed if harvest.kind == "push" else update.added):
        store.subscriptions.doubt(harvest.source_id)
        store.sources.fall_back([harvest.source_id])


def _hold_origin(store: Store, origin: str, *, until: datetime) -> None:
    """Let nothing else be asked of an origin that has had enough."""
    others = [name for name, place in store.sources.places() if origin_of(place) == origin]
    store.sources.postpone(others, until=until)
    store.texts.hold_host(origin, until=until)


def bring_in(store: Store, update: Update, state: SourceState, *, site: str, now: datetime) -> int:
    """Take in what arrived and changed, and let go of what its source deleted; return how many these are.

    Part of the caller's transaction.

    Args:
        site: the address under which what is published is found; ids are minted under its host.
    """
    revived = {change.entry.id for change in update.changed if change.is_revived}
    told = [arrival.entry for arrival in update.added] + [change.entry for change in update.changed]
    blocked = store.takedowns.blocked(told, revived=revived)
    arrivals = [arrival for arrival in update.added if arrival.entry.id not in blocked]
    if arrivals:
        under = store.fact("authority", at_first=authority(site, since=now.date()))
        store.entries.add(_named(store, arrivals, state, under), first_seen=now)
    for change in update.changed:
        if change.entry.id not in blocked:
            if change.is_revived:
                store.takedowns.revive(change.entry.id)
            store.entries.change(change)
    return sum(store.takedowns.withdraw(withdrawal, at=now) for withdrawal in update.withdrawn)


def _named(store: Store, arrivals: Sequence[Arrival], state: SourceState, under: str) -> list[Arrival]:
    """Give each entry the id that it is published under: its own, where that is free, else one of ours."""
    holders = store.entries.holders(arrival.entry.guid for arrival in arrivals)
    found = []
    for arrival in arrivals:
        entry = arrival.entry
        claim = holders.get(entry.guid)
        if claim and _leaves(store, entry.guid, claim, state):
            store.entries.cede(claim.entry_id, guid=_minted(store, claim.entry_id, under, holders))
        elif claim or not entry.guid:
            # Nobody can hide or replace another's entry.
            claimed = entry.guid if claim and claim.source_id != state.id else ""
            entry = replace(entry, guid=_minted(store, entry.id, under, holders), claimed=claimed)
        holders[entry.guid] = Claim(entry_id=entry.id, source_id=state.id, is_settled=False)
        found.append(_with(arrival, entry))
    return found


def _with(arrival: Arrival, entry: Entry) -> Arrival:
    return arrival if entry is arrival.entry else replace(arrival, entry=entry)


def _leaves(store: Store, guid: str, claim: Claim, state: SourceState) -> bool:
    """Say whether an id must be left to an entry of this source by the entry that has it."""
    if claim.source_id == state.id:
        return False
    holder = store.sources.get(claim.source_id).place
    return is_ceded(guid, claim, holder=holder, claimant=state.place)


def _minted(store: Store, entry_id: str, under: str, taken: Collection[str]) -> str:
    """Return a free id of ours for an entry: what we mint is no secret, and a feed may have claimed it."""
    guids = (mint(under, "entry", entry_id + "+" * tries) for tries in count())
    return next(guid for guid in guids if guid not in taken and not store.entries.holders([guid]))
