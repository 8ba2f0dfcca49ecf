"""When to ask again: never before what a source asks for, later and later where it fails.

The longest of all claims counts. Jitter comes from the source's name and the number of its failures, so that
the same past gives the same future, and it only ever adds.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from aggregator.model import Harvest, Hints, SourceState

LONGEST_PAUSE = timedelta(days=1)  # of freshness, ttl and back-off: feeds claim sixteen years
LONGEST_RETRY_AFTER = timedelta(days=7)
GONE = timedelta(days=7)  # HTTP 410

_FIRST_PAUSE = {401: timedelta(hours=4), 403: timedelta(hours=4), 404: timedelta(hours=1), 410: GONE}
_DIGITS = re.compile(r"[0-9]{1,1000}")
_MAX_AGE = re.compile(r"(?i)(?:^|[\s,])max-age\s*=\s*\"?([0-9]+)\b")


def pause_after_success(
    harvest: Harvest, state: SourceState, *, now: datetime, every: timedelta
) -> timedelta:
    """Return how long to leave a source alone that answered."""
    if state.kind == "path":
        return every
    ttl = harvest.feed.ttl_minutes if harvest.feed else state.feed.ttl_minutes
    claim = max(freshness(harvest.hints, now=now), timedelta(minutes=min(ttl, 10_000)))
    return max(every, min(claim, LONGEST_PAUSE))


def pause_after_failure(
    harvest: Harvest, state: SourceState, *, now: datetime, every: timedelta
) -> timedelta:
    """Return how long to leave a source alone that failed, doubled with each failure in a row."""
    if state.kind == "path":
        return every
    first = max(every, _FIRST_PAUSE.get(harvest.status, every))
    doubled = min(first * (1 << min(state.failures, 12)), max(first, LONGEST_PAUSE))
    jitter = doubled * 0.2 * _share(f"{state.id} {state.failures}")
    return max(doubled + jitter, retry_after(harvest.hints, now=now))


def freshness(hints: Hints, *, now: datetime) -> timedelta:
    """Return how long an answer is fresh: max-age, else Expires, less its age (RFC 9111, 4.2.1)."""
    age = _seconds(hints.age)
    if match := _MAX_AGE.search(hints.cache_control):
        return timedelta(seconds=max(0, _seconds(match[1]) - age))
    expires = _http_date(hints.expires)
    if expires is None or "max-age" in hints.cache_control:
        return timedelta(0)
    return max(timedelta(0), expires - (_http_date(hints.date) or now) - timedelta(seconds=age))


def retry_after(hints: Hints, *, now: datetime) -> timedelta:
    """Return the pause that Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3)."""
    text = hints.retry_after.strip()
    if _DIGITS.fullmatch(text):
        return min(timedelta(seconds=_seconds(text)), LONGEST_RETRY_AFTER)
    moment = _http_date(text)
    return min(max(timedelta(0), moment - now), LONGEST_RETRY_AFTER) if moment else timedelta(0)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _seconds(text: str) -> int:
    """Read a number of seconds: anything else is 0, what is beyond a lifetime is a lifetime."""
    text = text.strip()
    return min(int(text[:12]), 10**9) if _DIGITS.fullmatch(text) else 0


def _share(text: str) -> float:
    """Return a number from 0 up to 1 that is always the same for the same text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**32
