"""Decide, given what is known and the time: what to ask, what is new or changed, when to ask again.

All of it is data in, data out. The store carries out what is said here; nothing here looks at a clock.
`identity` knows an entry again, `schedule` knows when to come back.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from aggregator.model import FetchJob, Harvest, SourceState, Stamp, Update
from aggregator.policy.identity import compare, possible_ids
from aggregator.policy.schedule import pause_after_failure, pause_after_success

__all__ = ["decide", "plan", "possible_ids"]


def plan(state: SourceState, *, root: str, allow_private: bool) -> FetchJob:
    """Write down all that a worker must know to bring in a source."""
    return FetchJob(
        source_id=state.id,
        kind=state.kind,
        address=state.address,
        root=root,
        validators=state.validators,
        body_digest=state.body_digest,
        known=state.known,
        allow_private=allow_private,
    )


def decide(
    harvest: Harvest, state: SourceState, stamps: Collection[Stamp], *, now: datetime, every: timedelta
) -> Update:
    """Decide what a harvest changes in the store.

    Args:
        stamps: of all stored entries of the source that have a key or a possible id of one of the harvest.
        every: how often the source may be asked, at most.
    """
    if harvest.is_failed:
        pause = pause_after_failure(harvest, state, now=now, every=every)
        return Update(
            source_id=state.id, tried=now, next_due=now + pause, is_failed=True, troubles=harvest.troubles
        )
    pause = pause_after_success(harvest, state, now=now, every=every)
    if harvest.is_unchanged:
        return Update(
            source_id=state.id,
            tried=now,
            next_due=now + pause,
            validators=harvest.validators,
            moved_to=harvest.moved_to,
        )
    added, changed = compare(harvest, stamps, now=now)
    is_whole = not any(trouble.where for trouble in harvest.troubles)  # else it is all read again next time
    return Update(
        source_id=state.id,
        tried=now,
        next_due=now + pause,
        added=added,
        changed=changed,
        feed=harvest.feed,
        validators=harvest.validators if is_whole else None,
        body_digest=harvest.body_digest if is_whole else None,
        known=harvest.present,
        moved_to=harvest.moved_to,
        troubles=harvest.troubles,
    )
