"""Decide, given what is known and the time: what to ask, what is new or changed, when to ask again.

All of it is data in, data out. The store carries out what is said here; nothing here looks at a clock.
`identity` knows an entry again; `rules` holds entries back; `flood` dates back what a new source brings at
once; `schedule` knows when to come back, from what `hints` and `rhythm` read; `moves` knows where, and
`websub` what hubs have to do with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import (
    Arrival,
    Change,
    FetchJob,
    Habits,
    Harvest,
    SourceState,
    Stamp,
    Trouble,
    Update,
    Withdrawal,
)
from aggregator.policy.deletions import obey
from aggregator.policy.flood import dated_back
from aggregator.policy.hints import refreshed
from aggregator.policy.identity import compare, possible_ids
from aggregator.policy.moves import follow
from aggregator.policy.rhythm import after_rest, is_resting, newest
from aggregator.policy.schedule import (
    Pace,
    believable,
    due_after_failure,
    due_after_success,
    first_due,
    held_until,
    host_pause,
    jitter_of,
)
from aggregator.urls import origin_of

__all__ = [
    "Pace",
    "believable",
    "decide",
    "first_due",
    "held_until",
    "jitter_of",
    "plan",
    "possible_ids",
    "received",
    "rest_until",
]

GONE, EXPIRED = "gone", "expired"
MOST_KNOWN = 4000  # keys kept of a feed that sends only what is new

_GONE = 410
_PARTIAL = 226
_FIRST_GONE = timedelta(hours=1)  # between the first answer that it is gone and the one that is believed


def plan(
    state: SourceState,
    *,
    root: str,
    allow_private: bool,
    authorization: str = "",
    obey_robots: bool = False,
) -> FetchJob:
    """Write down all that a worker must know to bring in a source.

    Args:
        allow_private, authorization: what the operator allows and trusts the configured address with; where
            it has moved to another origin, they stay behind.
        obey_robots: whether an origin may forbid it to us by name.
    """
    is_at_home = not state.moved_to or origin_of(state.moved_to) == origin_of(state.address)
    return FetchJob(
        source_id=state.id,
        kind=state.kind,
        address=state.place,
        root=root,
        validators=state.validators,
        body_digest=state.body_digest,
        known=state.known,
        allow_private=allow_private and is_at_home,
        authorization=authorization if is_at_home else "",
        obey_robots=obey_robots,
        has_waited=any(300 <= trouble.status < 400 for trouble in state.troubles),
    )


def rest_until(state: SourceState, *, now: datetime) -> datetime | None:
    """Return until when a source that is due does not want to be asked after all; None: it may be."""
    if state.kind == "path" or not is_resting(now, state.feed):
        return None
    return after_rest(now, state.feed, jitter=jitter_of(state.id, now))


def decide(
    harvest: Harvest,
    state: SourceState,
    stamps: Collection[Stamp],
    *,
    now: datetime,
    pace: Pace,
    jitter: float,
) -> Update:
    """Decide what a harvest changes in the store.

    Args:
        stamps: of all stored entries of the source that have a key or a possible id of one of the harvest.
        jitter: 0 to 1, how much of what may be added to a pause is added.
    """
    if harvest.is_failed:
        return _failure(harvest, state, now=now, pace=pace, jitter=jitter)
    if harvest.is_unchanged:
        return _success(harvest, state, (), now=now, pace=pace, jitter=jitter)
    added, changed, withdrawn = _found(harvest, stamps, now)
    return replace(
        _success(harvest, state, added, now=now, pace=pace, jitter=jitter),
        added=added if state.last_success else dated_back(added, now=now),
        changed=changed,
        withdrawn=withdrawn,
        feed=harvest.feed,
        body_digest=None if harvest.is_partial else harvest.body_digest,  # it is all read again next time
        known=_known(harvest, state),
        listed=harvest.listed,
    )


def _success(
    harvest: Harvest,
    state: SourceState,
    added: tuple[Arrival, ...],
    *,
    now: datetime,
    pace: Pace,
    jitter: float,
) -> Update:
    """Say when and where to ask next of a source that answered, whatever it told."""
    moved_to, move = follow(harvest, state, now=now)
    habits = Habits(
        hints=refreshed(harvest.hints, state.habits.hints, is_unchanged=harvest.is_unchanged),
        moments=_moments(state, added),
        move=move,
    )
    # A hub that did not push what is new is not relied on.
    pace = replace(pace, pushed_until=None) if added else pace
    due, habits = _next_turn(harvest, state, habits, now=now, pace=pace, jitter=jitter)
    return Update(
        source_id=state.id,
        tried=now,
        next_due=due,
        validators=None if harvest.is_partial else harvest.validators,
        moved_to=moved_to,
        stopped=EXPIRED if (harvest.feed or state.feed).is_expired else "",
        habits=habits,
        troubles=_found_wrong(harvest, state),
    )


def _found_wrong(harvest: Harvest, state: SourceState) -> tuple[Trouble, ...]:
    """Return the troubles of a document: of one that is unchanged, those of when it was read."""
    if harvest.is_unchanged:
        return () if state.failures else state.troubles
    return harvest.troubles


def _next_turn(
    harvest: Harvest, state: SourceState, habits: Habits, *, now: datetime, pace: Pace, jitter: float
) -> tuple[datetime, Habits]:
    """Return when to ask again, and the habits with the reason, and with the time were there no hub."""
    due, because = due_after_success(harvest, state, habits, now=now, pace=pace, jitter=jitter)
    unpushed = None
    if pace.pushed_until:
        alone = replace(pace, pushed_until=None)
        unpushed, _ = due_after_success(harvest, state, habits, now=now, pace=alone, jitter=jitter)
    return due, replace(habits, because=because, unpushed=unpushed)


def _found(
    harvest: Harvest, stamps: Collection[Stamp], now: datetime
) -> tuple[tuple[Arrival, ...], tuple[Change, ...], tuple[Withdrawal, ...]]:
    """Say what a harvest brings, changes and takes away."""
    added, changed = compare(harvest, stamps, now=now)
    return obey(harvest, stamps, added, changed, now=now)


def received(harvest: Harvest, state: SourceState, stamps: Collection[Stamp], *, now: datetime) -> Update:
    """Decide what a document that a hub brought changes; what it does not hold is not gone.

    When and where the source is asked stays as it is, and so does who pushes it.
    """
    if harvest.is_failed or harvest.is_unchanged:
        return Update(
            source_id=state.id, tried=now, next_due=state.next_due, is_pushed=True, habits=state.habits
        )
    added, changed, withdrawn = _found(harvest, stamps, now)
    feed = harvest.feed and replace(harvest.feed, hubs=state.feed.hubs, topic=state.feed.topic)
    return Update(
        source_id=state.id,
        tried=now,
        next_due=state.next_due,
        is_pushed=True,
        added=added,
        changed=changed,
        withdrawn=withdrawn,
        feed=feed,
        known=_known(harvest, state),
        habits=replace(state.habits, moments=_moments(state, added)),
    )


def _failure(harvest: Harvest, state: SourceState, *, now: datetime, pace: Pace, jitter: float) -> Update:
    moved_to, move = follow(harvest, state, now=now)
    since = state.habits.failing_since or now
    habits = replace(state.habits, move=move, failing_since=since, unpushed=None)
    due, because = due_after_failure(harvest, state, habits, now=now, pace=pace, jitter=jitter)
    pause = host_pause(harvest, now=now)
    is_own = origin_of(harvest.answered or state.place) == origin_of(state.place)
    return Update(
        source_id=state.id,
        tried=now,
        next_due=due,
        is_failed=True,
        moved_to=moved_to,
        stopped=GONE if _is_gone(harvest, state, now=now) else "",
        habits=replace(habits, because=because),
        hold_origin_until=now + pause if pause and is_own else None,
        troubles=harvest.troubles,
    )


def _is_gone(harvest: Harvest, state: SourceState, *, now: datetime) -> bool:
    """Say whether a source is gone for good: it said so twice in a row, at its own address, an hour apart."""
    was_gone = any(trouble.status == _GONE for trouble in state.troubles)
    return (
        harvest.status == _GONE
        and was_gone
        and not state.moved_to
        and state.last_tried is not None
        and now - state.last_tried >= _FIRST_GONE
    )


def _moments(state: SourceState, added: Collection[Arrival]) -> tuple[datetime, ...]:
    if not added:
        return state.habits.moments
    return newest((*state.habits.moments, *(arrival.date for arrival in added)))


def _known(harvest: Harvest, state: SourceState) -> Mapping[str, str]:
    """Return what is in the feed now; a part of it says nothing of the rest (RFC 3229, 10.5.3)."""
    if harvest.status != _PARTIAL:
        return harvest.present
    known = {key: digest for key, digest in state.known.items() if key not in harvest.present}
    return dict([*known.items(), *harvest.present.items()][-MOST_KNOWN:])
