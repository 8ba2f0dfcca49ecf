"""Fifty feeds as they are in the wild, on a clock of their own: what they publish, send, and suffer.

Each answers a question asked at a moment as its origin would over HTTP, and always the same. Twenty-five
kinds of manners come once with news every five hours and once with news every thirty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache

from aggregator.model import Entry, FeedInfo
from tests.judge import Asked, Said
from tests.world import DAY, HOUR, NOW, an_entry

SHOWN = 10  # entries in a document
OTHER_FEED = "another feed"

Headers = Mapping[str, str]
Tags = Callable[[int, datetime, datetime], Headers]  # version, its moment, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Days on which a feed answers otherwise."""

    days: tuple[float, float]
    status: int
    headers: Headers = field(default_factory=dict)
    to: tuple[str, ...] = ()  # redirects
    document: str = ""  # what comes with 200 instead of the feed: "page", "empty", OTHER_FEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    tags: Tags
    headers: Headers = field(default_factory=dict)
    headers_304: Headers | None = None
    headers_of: Callable[[datetime], Headers] = lambda _: {}
    feed: FeedInfo = field(default_factory=FeedInfo)
    spells: tuple[Spell, ...] = ()
    sends_parts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WildFeed:
    """One feed; `answer` is a pure function of the question."""

    name: str
    kind: Kind
    every: timedelta

    @property
    def address(self) -> str:
        return f"https://{self.name}.example/feed"

    def answer(self, asked: Asked) -> tuple[Said, tuple[Entry, ...]]:
        """Return what is said, and the entries of the document where one comes."""
        day = (asked.at - NOW) / DAY
        spell = next((s for s in self.kind.spells if s.days[0] <= day < s.days[1]), None)
        if spell is None or (spell.to and asked.address == spell.to[-1]):
            return self._feed(asked, Said(status=200))
        if spell.to:
            return self._redirected(asked, spell)
        if spell.document == "empty":
            return Said(status=200, headers=self._headers(asked.at), feed=self.kind.feed), ()
        return Said(status=spell.status, headers=self._dated(spell.headers, asked.at)), ()

    def _redirected(self, asked: Asked, spell: Spell) -> tuple[Said, tuple[Entry, ...]]:
        chain = spell.to if spell.status in (301, 308) else ()
        if spell.document == OTHER_FEED:
            other = an_entry("portal", source_id=self.name)
            portal, tag = FeedInfo(title="Portal"), {"etag": '"portal"'}
            return Said(status=200, headers=tag, feed=portal, chain=chain, is_same_feed=False), (other,)
        if "retry-after" in spell.headers:
            return Said(status=spell.status, headers=spell.headers), ()
        return self._feed(asked, Said(status=200, chain=chain))

    def _feed(self, asked: Asked, said: Said) -> tuple[Said, tuple[Entry, ...]]:
        version, headers = self._version(asked.at), self._headers(asked.at)
        tag, moment = headers.get("etag", ""), headers.get("last-modified", "")
        sent = asked.headers.get("if-none-match", "")
        is_same = sent == tag if sent else asked.headers.get("if-modified-since", "") == moment
        if is_same and (tag or moment):
            given = headers if self.kind.headers_304 is None else self._dated(self.kind.headers_304, asked.at)
            return Said(status=304, headers=given, chain=said.chain), ()
        if self.kind.sends_parts and asked.headers.get("a-im") == "feed":
            new = range(int(sent.strip('"v')) + 1, version + 1)[-SHOWN:]
            part = Said(status=226, headers={**headers, "im": "feed"}, feed=self.kind.feed)
            return part, tuple(self._entry(number) for number in new)
        shown = range(max(0, version - SHOWN + 1), version + 1)
        whole = Said(status=200, headers=headers, feed=self.kind.feed, chain=said.chain)
        return whole, tuple(self._entry(number) for number in shown)

    def _version(self, at: datetime) -> int:
        return SHOWN + (at - NOW) // self.every

    def _headers(self, at: datetime) -> Headers:
        version = self._version(at)
        since = NOW + (version - SHOWN) * self.every
        return {
            **self._dated(self.kind.headers, at),
            **self.kind.headers_of(at),
            **self.kind.tags(version, since, at),
        }

    def _dated(self, headers: Headers, at: datetime) -> Headers:
        return {**headers, "date": http(at)}

    def _entry(self, number: int) -> Entry:
        return _entry(self.name, number, NOW + (number - SHOWN) * self.every)


@cache
def _entry(name: str, number: int, published: datetime) -> Entry:
    return an_entry(str(number), source_id=name, published=published)


def http(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


# ---------------------------------------------------------------- validators


def both(version: int, since: datetime, now: datetime) -> Headers:
    return {"etag": f'"v{version}"', "last-modified": http(since)}


def odd_etag(version: int, since: datetime, now: datetime) -> Headers:
    return {"etag": f'W/"{version}-gzip;x=,y'}


def odd_date(version: int, since: datetime, now: datetime) -> Headers:
    return {"last-modified": f"{since:%A, %d-%b-%y %H:%M:%S} GMT"}


def none(version: int, since: datetime, now: datetime) -> Headers:
    return {}


def restless(version: int, since: datetime, now: datetime) -> Headers:
    """Another one at every answer."""
    return {"etag": f'"{now.timestamp()}"', "last-modified": http(now)}


def vanishing(version: int, since: datetime, now: datetime) -> Headers:
    return both(version, since, now) if version % 5 else {"last-modified": http(since)}


# ---------------------------------------------------------------- kinds

NEW_PLACE = ("https://moved.example/one", "https://moved.example/feed")
KINDS: dict[str, Kind] = {
    "both": Kind(tags=both),
    "odd-etag": Kind(tags=odd_etag, headers={"cache-control": "no-cache, max-age=0"}),
    "odd-date": Kind(tags=odd_date, headers={"expires": "0"}),
    "none": Kind(tags=none),
    "restless": Kind(tags=restless),
    "vanishing": Kind(tags=vanishing),
    "two-hours": Kind(tags=both, headers={"cache-control": "public, max-age=7200", "age": "600"}),
    "sixteen-years": Kind(tags=both, headers={"cache-control": "max-age=504576000"}),
    "expires": Kind(tags=both, headers_of=lambda at: {"expires": http(at + 5 * HOUR), "age": "60"}),
    "fresh-when-unchanged": Kind(tags=both, headers_304={"cache-control": "max-age=14400"}),
    "fresh-when-new": Kind(tags=both, headers={"cache-control": "max-age=10800"}, headers_304={}),
    "ttl": Kind(tags=both, feed=FeedInfo(ttl_minutes=180)),
    "rests": Kind(tags=both, feed=FeedInfo(skip_hours=(0, 1, 2, 3, 4, 5, 22, 23), skip_days=(5, 6))),
    "syndicated": Kind(tags=both, feed=FeedInfo(update_minutes=360, id="urn:syndicated")),
    "busy": Kind(tags=both, spells=(Spell(days=(5, 9), status=503, headers={"retry-after": "20000"}),)),
    "busy-until": Kind(
        tags=both,
        spells=(Spell(days=(5, 6), status=503, headers={"retry-after": http(NOW + 8 * DAY)}),),
    ),
    "too-many": Kind(
        tags=both,
        spells=tuple(
            Spell(days=(day, day + 0.3), status=429, headers={"retry-after": "90000"})
            for day in range(3, 50, 4)
        ),
    ),
    "missing": Kind(tags=both, spells=(Spell(days=(4, 55), status=404),)),
    "gone": Kind(tags=both, spells=(Spell(days=(2, 2.04), status=410), Spell(days=(20, 9999), status=410))),
    "moved": Kind(tags=both, spells=(Spell(days=(4, 9999), status=301, to=NEW_PLACE),)),
    "travels": Kind(
        tags=both,
        spells=(
            Spell(days=(6, 7.5), status=301, to=("https://portal.example/",), document=OTHER_FEED),
            Spell(days=(10, 11), status=301, to=("http://moved.example/feed",)),
            Spell(days=(12, 9999), status=302, to=("https://elsewhere.example/feed",)),
        ),
    ),
    "ailing": Kind(
        tags=both,
        spells=(
            Spell(days=(3, 6), status=403),
            Spell(days=(10, 12), status=500),
            Spell(days=(15, 17), status=0),
            Spell(days=(20, 21), status=401),
        ),
    ),
    "page": Kind(
        tags=both,
        spells=(
            Spell(days=(7, 9), status=200, document="page"),
            Spell(days=(12, 12.5), status=200, document="empty"),
        ),
    ),
    "parts": Kind(tags=both, sends_parts=True),
    "later": Kind(
        tags=both,
        spells=(
            Spell(days=(6, 8), status=302, to=("https://else.example/",), headers={"retry-after": "7200"}),
        ),
    ),
}

RHYTHMS = {"quick": timedelta(hours=5), "slow": timedelta(hours=30)}
FEEDS = tuple(
    WildFeed(name=f"{name}-{rhythm}", kind=kind, every=every)
    for name, kind in KINDS.items()
    for rhythm, every in RHYTHMS.items()
)
