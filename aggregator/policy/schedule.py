"""When to ask again: the latest of all that is claimed, later and later where a source fails.

What the operator says is a minimum, what an origin asks for is kept, what we guess gives way to an interval
chosen for the source. Jitter is an argument and only ever adds.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.model import FeedInfo, Habits, Harvest, SourceState
from aggregator.policy.hints import freshness, retry_after
from aggregator.policy.rhythm import after_rest, rhythm

LONGEST_PAUSE = timedelta(days=1)  # of freshness, ttl and back-off: feeds claim sixteen years
WITHOUT_VALIDATORS = timedelta(days=1)  # every answer is a whole one
PUSHED = timedelta(days=1)  # a hub may lose something
AT_ONCE = 30  # new feeds that are asked without waiting: one sees that it works
SUCCESS_JITTER = 0.1  # of the pause
FAILURE_JITTER = 0.2

_HOUR = timedelta(hours=1)
_FIRST_PAUSE = {401: 4 * _HOUR, 403: 4 * _HOUR}
_MISSING = 404
_SHORTEST_HOLD = timedelta(minutes=5)
_LONG_MISSING, _SELDOM = timedelta(days=30), timedelta(days=7)
_LONGEST_REST = timedelta(days=7)  # that skipDays can ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a source may be asked, at most, by the operator."""

    every: timedelta
    is_chosen: bool = False  # for this very source: then our guesses count for nothing
    pushed_until: datetime | None = None  # UTC, by a hub that can be relied on


def jitter_of(name: str, moment: datetime) -> float:
    """Return a number from 0 up to 1, always the same for the same source and moment."""
    return int.from_bytes(blake2b(f"{name} {moment}".encode(), digest_size=4).digest()) / 2**32


def first_due(position: int, count: int, *, now: datetime, every: timedelta) -> datetime:
    """Return when to ask a new feed for the first time.

    Args:
        position: of the feed among all `count` new ones, from 0.
        every: the interval over which those beyond the first `AT_ONCE` are spread.
    """
    if position < AT_ONCE:
        return now
    return now + every * ((position - AT_ONCE + 1) / (count - AT_ONCE + 1))


def due_after_success(
    harvest: Harvest, state: SourceState, habits: Habits, *, now: datetime, pace: Pace, jitter: float
) -> tuple[datetime, str]:
    """Return when to ask a source again that answered, and why then.

    Args:
        habits: what is remembered from this answer on.
    """
    if state.kind == "path":
        return now + pace.every, ""
    feed = harvest.feed or state.feed
    claims = _claims(harvest, habits, feed, now=now, pace=pace)
    because = max(claims, key=lambda name: claims[name])
    pause = claims[because] * (1 + SUCCESS_JITTER * jitter)
    if state.last_success is None:  # sources that began together part
        pause += pace.every * jitter
    due = now + pause
    rested = after_rest(due, feed, jitter=jitter)
    return rested, because if rested == due else "its skipHours and skipDays"


def _claims(
    harvest: Harvest, habits: Habits, feed: FeedInfo, *, now: datetime, pace: Pace
) -> dict[str, timedelta]:
    """Return every claim on the next pause by its name; of equal ones the first counts."""
    kept = habits.hints  # of a 304 as well: what it does not say was said before
    hints = replace(harvest.hints, cache_control=kept.cache_control, expires=kept.expires)
    fresh = freshness(hints, now=now)
    claims = {
        "the interval": pace.every,
        "its headers" if fresh <= LONGEST_PAUSE else "its headers, at most a day": min(fresh, LONGEST_PAUSE),
        "its ttl": min(_minutes(feed.ttl_minutes), LONGEST_PAUSE),
        "its update period": min(_minutes(feed.update_minutes), LONGEST_PAUSE),
    }
    if pace.pushed_until:
        claims["a hub pushes it"] = min(PUSHED, pace.pushed_until - now)
    if not pace.is_chosen:
        claims["its rhythm"] = rhythm(habits.moments, now=now)
        if not (harvest.validators.etag or harvest.validators.last_modified):
            claims["it gives no validators"] = WITHOUT_VALIDATORS
    return claims


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=min(number, 10_000))


def due_after_failure(
    harvest: Harvest, state: SourceState, habits: Habits, *, now: datetime, pace: Pace, jitter: float
) -> tuple[datetime, str]:
    """Return when to ask a source again that failed, and why then."""
    if state.kind == "path":
        return now + pace.every, ""
    pause = _back_off(harvest, state, habits, now=now, every=pace.every)
    pause += pause * FAILURE_JITTER * jitter
    asked = retry_after(harvest.hints, now=now)
    because = "its Retry-After" if asked > pause else "back-off"
    return after_rest(now + max(pause, asked), state.feed, jitter=jitter), because


def _back_off(
    harvest: Harvest, state: SourceState, habits: Habits, *, now: datetime, every: timedelta
) -> timedelta:
    """Return the pause before jitter: doubled with each failure in a row, up to a day."""
    is_missing = harvest.status == _MISSING
    if is_missing and habits.failing_since and now - habits.failing_since >= _LONG_MISSING:
        return max(every, _SELDOM)
    first = _HOUR if is_missing else max(every, _FIRST_PAUSE.get(harvest.status, every))
    doubled = min(first * (1 << min(state.failures, 12)), max(first, LONGEST_PAUSE))
    return max(every, doubled)


def believable(due: datetime, *, now: datetime, every: timedelta, jitter: float) -> datetime:
    """Return an appointment, or where no rule can have made one so far away, another within an interval.

    Such ones are left over from a clock that was ahead.

    Args:
        jitter: 0 to 1, where in the interval; sources that are mended together part.
    """
    longest = max(every, _SELDOM) * (1 + FAILURE_JITTER) + _LONGEST_REST + _HOUR
    return due if due <= now + longest else now + every * jitter


def held_until(harvest: Harvest, *, now: datetime, jitter: float) -> datetime:
    """Return when to ask a source that was not asked, because its origin had had enough of others."""
    pause = max(retry_after(harvest.hints, now=now), _SHORTEST_HOLD)
    return now + min(pause, _HOUR) + _SHORTEST_HOLD * jitter


def host_pause(harvest: Harvest, *, now: datetime) -> timedelta:
    """Return how long nothing else at the origin is asked: for 429 alone, as it says, an hour at most."""
    return min(retry_after(harvest.hints, now=now), _HOUR) if harvest.status == 429 else timedelta(0)
