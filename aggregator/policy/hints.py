"""What headers say about when to ask again (RFC 9110, 9111). What cannot be read says nothing.

The time is an argument: an answer without a Date was given now.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model import Hints

LONGEST_RETRY_AFTER = timedelta(days=7)

_DIGITS = re.compile(r"[0-9]{1,1000}")
_MAX_AGE = re.compile(r"(?i)(?:^|[\s,])max-age\s*=\s*\"?([0-9]+)\b")


def refreshed(given: Hints, kept: Hints, *, is_unchanged: bool) -> Hints:
    """Return what to remember: a 304 that says nothing leaves what was said before (RFC 9111, 3.2)."""
    if not is_unchanged:
        return Hints(cache_control=given.cache_control, expires=given.expires)
    return Hints(
        cache_control=given.cache_control or kept.cache_control, expires=given.expires or kept.expires
    )


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
