"""What the tombstones of a feed do (RFC 6721): to its own entries alone, and to versions before them.

Stamps are of the source's own entries, so no feed can remove what another told.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.model import Arrival, Change, Harvest, Stamp, Withdrawal

Arrivals = tuple[Arrival, ...]
Changes = tuple[Change, ...]


def obey(
    harvest: Harvest, stamps: Collection[Stamp], added: Arrivals, changed: Changes, *, now: datetime
) -> tuple[Arrivals, Changes, tuple[Withdrawal, ...]]:
    """Return what arrives and changes for all that was deleted, and what is withdrawn.

    A version later than its tombstone brings an entry back. A tombstone from the future says nothing.
    """
    stones: dict[str, datetime] = {}
    for deletion in harvest.deleted:
        if deletion.when <= now:
            key = f"id:{deletion.ref}"
            stones[key] = max(deletion.when, stones.get(key, deletion.when))
    added = tuple(arrival for arrival in added if not _is_deleted(arrival, stones))
    were = {stamp.entry_id: stamp.deleted for stamp in stamps if stamp.deleted}
    changed = tuple(_revived(change, were.get(change.entry.id), now) for change in changed)
    withdrawn = _withdrawn(harvest, stamps, changed, stones) if stones else ()
    return added, changed, withdrawn


def _is_deleted(arrival: Arrival, stones: Mapping[str, datetime]) -> bool:
    return any(arrival.updated <= stones[key] for key in arrival.entry.keys if key in stones)


def _revived(change: Change, deleted: datetime | None, now: datetime) -> Change:
    if deleted and change.entry.updated and change.entry.updated > deleted:
        return replace(change, updated=now, is_revived=True)  # later than our own tombstone (RFC 6721, 3)
    return change


def _withdrawn(
    harvest: Harvest, stamps: Collection[Stamp], changed: Changes, stones: Mapping[str, datetime]
) -> tuple[Withdrawal, ...]:
    """Return what is deleted now; an entry that goes on under another id of its is not."""
    changes = {change.entry.id: change for change in changed}
    alive = {key for key in harvest.present if key.startswith("id:") and key not in stones}
    found = []
    for stamp in stamps:
        change = changes.get(stamp.entry_id)
        keys, latest, is_gone = set(stamp.keys), stamp.updated, stamp.deleted is not None
        if change:
            keys.update(change.entry.keys)
            latest = max(latest, change.entry.updated or latest)
            is_gone = is_gone and not change.is_revived
        when = max((stones[key] for key in keys & stones.keys()), default=None)
        if when and when >= latest and not is_gone and not keys & alive:
            found.append(Withdrawal(entry_id=stamp.entry_id, when=when))
    return tuple(found)
