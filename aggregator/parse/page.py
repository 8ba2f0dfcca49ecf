"""A page that is no feed: which feeds it says it has (autodiscovery).

What counts is `link rel=alternate` of a feed's type, in Link headers or the page, in their order; feeds of
comments come last, since nobody who gives the address of a page wants them first.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from aggregator.model import Document, Offer
from aggregator.text import one_line
from aggregator.urls import absolute, canonical, is_fetchable

MOST_CHARACTERS = 500_000  # of a page; links stand in its head
MOST_OFFERS = 20

_TYPES = frozenset(
    "application/atom+xml application/rss+xml application/feed+json application/rdf+xml application/json"
    " application/x.atom+xml application/x-atom+xml application/xml text/xml text/rss+xml".split()
)
_NO_FEED = re.compile(r"/wp-json/|/oembed\b|/opensearch|sitemap", re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b", re.IGNORECASE)
_CHARSET = re.compile(r"charset=[\"']?([\w-]{2,40})", re.IGNORECASE)


def offered_by(document: Document, by_header: Iterable[Offer] = ()) -> tuple[Offer, ...]:
    """Return the feeds that a page names, each once, those of its header first.

    Args:
        by_header: all alternates of the Link headers.
    """
    reader = _Links(document.address)
    reader.feed(_text(document))
    found: dict[str, Offer] = {}
    for offer in (*by_header, *reader.offers):
        if _is_feed(offer):
            found.setdefault(canonical(offer.url) or offer.url, offer)
    ordered = sorted(found.values(), key=lambda offer: bool(_COMMENTS.search(f"{offer.title} {offer.url}")))
    return tuple(ordered[:MOST_OFFERS])


def _is_feed(offer: Offer) -> bool:
    kind = offer.media_type.partition(";")[0].strip().lower()
    return kind in _TYPES and is_fetchable(offer.url) and not _NO_FEED.search(offer.url)


def _text(document: Document) -> str:
    start = document.body[:MOST_CHARACTERS]
    declared = _CHARSET.search(document.media_type) or _CHARSET.search(start[:2048].decode("latin-1"))
    try:
        return start.decode(declared[1] if declared else "utf-8", "replace")
    except LookupError:
        return start.decode("utf-8", "replace")


class _Links(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base, self.address = address, address
        self.offers: list[Offer] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}  # of two of a name the first counts
        if tag == "base" and self.base == self.address:
            self.base = absolute(self.address, given.get("href", "")) or self.address
        relations = given.get("rel", "").lower().split()
        if tag == "link" and ("alternate" in relations or "feed" in relations):
            self.offers.append(
                Offer(
                    url=absolute(self.base, given.get("href", "")),
                    title=one_line(given.get("title", "")),
                    media_type=given.get("type", "") or "application/rss+xml" * ("feed" in relations),
                )
            )
