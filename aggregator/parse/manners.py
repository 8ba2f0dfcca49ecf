"""What a feed says inside its document about when to ask: skipHours, skipDays, the syndication module.

feedparser keeps only the last of several <hour> elements, so these few are read from the bytes. They stand
in the channel, in ASCII, before any item is worth looking at.
"""

import re
from typing import TypedDict

_MOST_BYTES = 4096  # of one list
_MINUTES = {"hourly": 60, "daily": 1440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_VALUE = re.compile(rb"<(hour|day)\s*>\s*([a-z0-9]{1,9})\s*</")


class Skips(TypedDict):
    """Fields of `FeedInfo`."""

    skip_hours: tuple[int, ...]
    skip_days: tuple[int, ...]


def skips(body: bytes) -> Skips:
    """Read the hours and days in which a feed does not want to be asked; what is no hour or day is none."""
    folded = body.lower() if b"<skip" in body or b"<SKIP" in body else b""
    hours = (int(text) % 24 for text in _values(folded, b"hour") if text.isdigit() and int(text) <= 24)
    days = (_DAYS.index(text) for text in _values(folded, b"day") if text in _DAYS)
    return Skips(skip_hours=tuple(sorted(set(hours))), skip_days=tuple(sorted(set(days))))


def _values(folded: bytes, kind: bytes) -> list[str]:
    """Return what the first list of a kind holds."""
    start = folded.find(b"<skip" + kind + b"s")
    if start < 0:
        return []
    inside = folded[start : start + _MOST_BYTES].partition(b"</skip" + kind + b"s")[0]
    return [value.decode() for name, value in _VALUE.findall(inside) if name == kind]


def update_minutes(period: object, frequency: object) -> int:
    """Return the minutes between two updates by the RSS 1.0 syndication module; 0 where it says nothing.

    A period alone happens once, a frequency alone is of a day.
    """
    said = str(period or "").strip().lower(), str(frequency or "").strip()
    if not any(said):
        return 0
    times = int(said[1]) if re.fullmatch(r"[0-9]{1,6}", said[1]) else 1
    return _MINUTES.get(said[0], _MINUTES["daily"]) // max(1, times)
