"""A small world of feeds that is the same every time: words as common as in news, events that several tell.

A pure function of numbers: feed N with the newest item M always has the same bytes. Of five items two tell
of an event that other feeds tell of too, one of fourteen is a copy.
"""

import gzip
import html
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import accumulate

from aggregator.pipeline.regroup import background

START = datetime(2026, 1, 1, tzinfo=UTC)  # of the newest item at first
STEP = timedelta(hours=5)  # from one item of a feed to the next
SHARED, COPIED = 0.4, 0.07  # shares of the items
ITEMS_OF_AN_EVENT = 5
_SYLLABLES = (
    "ka ro mi ta len dor vas shi na bel gar to rin mar sol ven ost ber lin hal wes ark dun mor".split()
)
_NAMES = 4  # of people and places in an event
_TOPICAL = 10  # words that an event's tellings share


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item, before it is written in any format."""

    title: str
    paragraphs: tuple[str, ...]
    url: str
    at: datetime

    @property
    def text(self) -> str:
        return " ".join(self.paragraphs)

    @property
    def html(self) -> str:
        """The paragraphs as a weblog marks them up, now and then with what must not stay."""
        site = self.url.rpartition("/")[0]
        parts = [f"<p>{html.escape(words, quote=False)}</p>" for words in self.paragraphs]
        kind = len(self.text) % 8
        if kind < 3:
            parts.insert(0, f'<figure><img src="{site}/a.jpg" alt="" width="1024" loading="lazy"></figure>')
        if kind in (2, 3, 4):
            parts[-1] = parts[-1].replace(" ", f' <a href="{site}/about?a=1&amp;b=2"><em>more</em></a> ', 1)
        if kind == 5:
            parts.append('<p onclick="x()">end<script>document.write("x")</script></p>')
        return "\n".join(parts)


@cache
def _vocabulary() -> tuple[Sequence[str], Sequence[float], Sequence[str]]:
    """Return words, their cumulated shares, and those that can be what an event is about."""
    shares = background()["en"]
    words = list(shares)
    return words, list(accumulate(shares.values())), [word for word in words if shares[word] < 0.002]


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()


def _subject(chance: random.Random) -> list[str]:
    """Return what an event is about."""
    return [_name(chance) for _ in range(_NAMES)] + chance.sample(_vocabulary()[2], _TOPICAL)


def _words(chance: random.Random, subject: Sequence[str], count: int, share: float) -> list[str]:
    words, shares, _ = _vocabulary()
    drawn = chance.choices(words, cum_weights=shares, k=count)
    return [chance.choice(subject) if chance.random() < share else word for word in drawn]


def item(feed: int, number: int, *, feeds: int, items: int) -> Item:
    """Return an item of a feed; the higher its number, the newer."""
    chance = random.Random(f"item {feed} {number}")
    told, address = f"item {feed} {number}", f"https://site{feed}.example/{number}"
    kind = chance.random()
    if kind < COPIED and feed:
        return copied(item(chance.randrange(feed), number, feeds=feeds, items=items), address)
    if kind < COPIED + SHARED:
        told = f"event {number} {chance.randrange(max(1, int(feeds * SHARED / ITEMS_OF_AN_EVENT)))}"
    subject = _subject(random.Random(told))
    size = min(5000, max(200, int(chance.lognormvariate(7.0, 0.75))))
    words = _words(chance, subject, size // 6, 0.12)
    sentences = [" ".join(words[at : at + 60]).capitalize() + "." for at in range(0, len(words), 60)]
    return Item(
        title=" ".join(_words(chance, subject, 8, 0.5)).capitalize(),
        paragraphs=tuple(sentences),
        url=address,
        at=START + STEP * (number - items) + timedelta(seconds=chance.randrange(3600)),
    )


def copied(original: Item, address: str) -> Item:
    """Return what another feed makes of an item: its own address, and a few words less."""
    paragraphs = tuple(words.replace(" the ", " ") for words in original.paragraphs)
    return Item(title=original.title, paragraphs=paragraphs, url=address, at=original.at)


def document(feed: int, newest: int, *, feeds: int, items: int, only: int = 0) -> bytes:
    """Return a feed's bytes, its newest item first: two of three in RSS, the others in Atom.

    Args:
        items: how many it had at first, the last of them at `START`.
        only: how many it has; as many as at first when 0.
    """
    numbers = range(newest, newest - (only or items), -1)
    told = [item(feed, number, feeds=feeds, items=items) for number in numbers]
    return (_atom if feed % 3 == 2 else _rss)(f"Feed {feed}", f"https://site{feed}.example/", told).encode()


def packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def _cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def _rss(title: str, link: str, items: Sequence[Item]) -> str:
    told = "".join(
        f"<item><title>{html.escape(item.title)}</title><link>{item.url}</link>"
        f'<guid isPermaLink="true">{item.url}</guid>'
        "<dc:creator>A. Writer</dc:creator><category>news</category>"
        f"<pubDate>{format_datetime(item.at, usegmt=True)}</pubDate>"
        f"<description>{_cdata(item.html)}</description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{title}</title><link>{link}</link><description>All of it</description>"
        f"<language>en</language>\n{told}</channel></rss>\n"
    )


def _atom(title: str, link: str, items: Sequence[Item]) -> str:
    told = "".join(
        f'<entry><title>{html.escape(item.title)}</title><link href="{item.url}"/><id>{item.url}</id>'
        f"<updated>{item.at.isoformat()}</updated><author><name>A. Writer</name></author>"
        f'<category term="news"/><content type="html">{html.escape(item.html)}</content></entry>\n'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f'<title>{title}</title><id>{link}</id><link href="{link}"/>'
        f"<updated>{items[0].at.isoformat()}</updated>\n{told}</feed>\n"
    )
