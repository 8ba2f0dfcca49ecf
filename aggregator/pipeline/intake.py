"""Carry out what was decided of a source: what comes in, under which id, and what stays out."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from aggregator.ids import authority, mint
from aggregator.model import Arrival, Claim, Entry, SourceState, Update
from aggregator.policy.claims import is_ceded
from aggregator.store import Store


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
