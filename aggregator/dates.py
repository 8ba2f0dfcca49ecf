"""Dates as people and programs write them, to UTC. What cannot be read is None, never a guess."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # before: a counter that was never set
_FRACTION = re.compile(r"(\.\d{6})\d+")
_LEAP_SECOND = re.compile(r"(:\d\d):60")
_HALF_DAYS = re.compile(r"(?i)\b[ap]\.?m\b")
# What nearly all feeds write, read without asking around.
_USUAL_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_USUAL_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) ([1-9]\d{3}) (\d\d):(\d\d):(\d\d)"
    r" (?:GMT|UTC|([+-])([01]\d)([0-5]\d))",
    re.ASCII,
)
_ZONES = {
    name: offset
    for offset, names in {
        "+0000": "WET",
        "+0100": "CET MET BST WEST",
        "+0200": "CEST MEST EET SAST",
        "+0300": "EEST MSK",
        "+0530": "IST",
        "+0800": "HKT SGT AWST",
        "+0900": "JST KST",
        "+1000": "AEST",
        "+1100": "AEDT",
        "+1200": "NZST",
        "+1300": "NZDT",
    }.items()
    for name in names.split()
}  # what email.utils does not know; IST is India's, where most feeds that say so are
_ZONE = re.compile(rf"\b(?:{'|'.join(_ZONES)})$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september"
        "|oct october|nov november|dec december".split("|"),
        start=1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(r"(?:[a-z]+,?\s+)?(\d{1,2})\.?\s+([a-z]+)\.?,?\s+(\d{4})(?:\s+(\d{1,2}):(\d{2}))?")
_MONTH_FIRST = re.compile(r"(?:[a-z]+,\s+)?([a-z]+)\.?\s+(\d{1,2}),?\s+(\d{4})(?:,?\s+(\d{1,2}):(\d{2}))?")


def plausible(moment: datetime | None) -> datetime | None:
    """Bring a moment to UTC; a naive one is UTC already, and one before 1971 is none."""
    if moment is None:
        return None
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if moment >= _EARLIEST else None


def parse_date(text: str) -> datetime | None:
    """Read ISO 8601, RFC 3339, RFC 822 and plain English dates; without a zone they are UTC."""
    text = text.strip()
    for read in (_usual, _iso, _rfc822, _english):
        try:
            moment = read(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if moment is not None:
            return plausible(moment)
    return None


def parse_day(text: str) -> date | None:
    """Read a date and forget its time of day."""
    moment = parse_date(text)
    return moment.date() if moment else None


def _usual(text: str) -> datetime | None:
    if _USUAL_ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    found = _USUAL_RFC822.fullmatch(text)
    if not found or (month := _MONTHS.get(found[2].lower())) is None:
        return None
    day, _, year, hour, minute, second, sign, hours, minutes = found.groups()
    moment = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    if sign is None:
        return moment
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return moment - ahead if sign == "+" else moment + ahead


def _iso(text: str) -> datetime | None:
    text = _FRACTION.sub(r"\1", text.replace("/", "-").upper())
    ordinary = _LEAP_SECOND.sub(r"\1:59", text)
    return datetime.fromisoformat(ordinary) + timedelta(seconds=int(ordinary != text))


def _rfc822(text: str) -> datetime | None:
    if ":" not in text or _HALF_DAYS.search(text):
        return None
    return parsedate_to_datetime(_ZONE.sub(lambda m: _ZONES[m[0]], text))


def _english(text: str) -> datetime | None:
    folded = text.lower()
    if match := _DAY_FIRST.fullmatch(folded):
        day, month, year, hour, minute = match.groups()
    elif match := _MONTH_FIRST.fullmatch(folded):
        month, day, year, hour, minute = match.groups()
    else:
        return None
    if month not in _MONTHS:
        return None
    return datetime(int(year), _MONTHS[month], int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
