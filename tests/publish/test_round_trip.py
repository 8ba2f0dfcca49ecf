"""What sources gave goes out again: real documents are read, published, and read once more.

Every field that comes back otherwise is a loss; `LOSSES` explains each that there is.
"""

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from aggregator.errors import ParseError
from aggregator.model import Document, Edition, Enclosure, Entry, Extra, FeedInfo, Item, Person, SourceCard
from aggregator.normalize import normalize
from aggregator.parse import parse
from aggregator.publish import FORMATS, render
from aggregator.text import plain_text
from aggregator.urls import as_iri
from tests.checker import broken, broken_site
from tests.test_real_feeds import SHARED, SMALL, Row, needs_collection, rows_of
from tests.world import A_SITE, NOW

FIELDS = (
    "guid title url published updated authors contributors categories enclosures comments language rights"
    " links extras origin".split()
)

# What a format cannot say, and why; nothing else may be lost.
LOSSES = {
    "atom": {
        "comments": "no element; where the source gave a feed of them, it is a link `replies`",
        "duration of an enclosure": "no attribute; only JSON Feed has it",
    },
    "rss": {
        "enclosures but the first": "one may stand there; the others are media:content",
        "addresses of people": "dc:creator is a name",
        "all of an origin but title and feed": "<source> has no more; without an address there is none",
        "whether a title is HTML": "it does not say; what reads as a character reference is one",
    },
}
EXCERPTS = ("media:description", "itunes:subtitle")  # cut again where they were cut before


def read(body: bytes, address: str) -> tuple[FeedInfo, tuple[Entry, ...]]:
    document = Document(address=address, body=body)
    parsed = parse(document)
    return parsed.feed, normalize(parsed, document, source_id="north", known={}).entries


def an_edition_of(feed: FeedInfo, entries: tuple[Entry, ...]) -> Edition:
    card = SourceCard(
        id="north",
        title=feed.title or "north",
        url=feed.url if feed.url.startswith("http") else "",
        feed_url="https://north.example/feed",
        feed_id=feed.id,
        authors=feed.authors,
    )
    items = tuple(
        Item(
            guid=entry.guid or f"urn:minted:{entry.id}",
            story_id=entry.id,
            entry=entry,
            source=card,
            outlet=card.title,
            date=entry.published or NOW,
            updated=entry.updated or entry.published or NOW,
        )
        for entry in {entry.guid or entry.id: entry for entry in entries}.values()
    )
    return Edition(folder="", id="urn:x:all", title="Planet", items=items, updated=NOW)


def told(entry: Entry, form: str) -> dict[str, Any]:
    """Return what a format can tell of an entry at best."""
    origin, is_rss = entry.origin, form == "rss"
    published = (entry.published or NOW).replace(microsecond=0)
    updated = (entry.updated or published).replace(microsecond=0)
    return {
        "guid": entry.guid,
        "title": plain_text(entry.title) if is_rss else entry.title,
        "url": as_iri(entry.url),
        "published": published,
        "updated": updated,
        "authors": _people(entry.authors, is_rss),
        "contributors": _people(entry.contributors, is_rss),
        "categories": entry.categories,
        "enclosures": [_enclosure(e, is_rss) for e in entry.enclosures[: 1 if is_rss else None]],
        "comments": as_iri(entry.comments) if is_rss else "",
        "language": entry.language,
        "rights": entry.rights,
        "links": [(link.rel, as_iri(link.url), link.title, link.language) for link in entry.links],
        "extras": _uncut(entry.extras),
        "origin": origin
        and (not is_rss or origin.feed_url)
        and (origin.title or origin.url or origin.feed_url, as_iri(origin.feed_url)),
    }


def _people(people: Iterable[Person], is_rss: bool) -> list[tuple[str, ...]]:
    names = ((p.name or p.email or p.url, "" if is_rss else as_iri(p.url)) for p in people)
    return sorted(set(names))  # itunes:author comes before or after the author, as it happens


def _uncut(extras: Iterable[Extra]) -> list[Extra]:
    kept = (extra for extra in extras if extra.name not in EXCERPTS)
    found = [replace(extra, children=tuple(_uncut(extra.children))) for extra in kept]
    return [extra for extra in found if extra.name != "media:group" or extra.children]


def _enclosure(enclosure: Enclosure, is_rss: bool) -> tuple[object, ...]:
    size = enclosure.size_bytes or 0
    return (as_iri(enclosure.url), size) if is_rss else (as_iri(enclosure.url), size, enclosure.title)


def losses(body: bytes, address: str, form: str) -> Iterator[str]:
    """Publish a document and read it again; yield every rule that is broken and every field that is lost."""
    feed, entries = read(body, address)
    edition = an_edition_of(feed, entries)
    files = render(edition, A_SITE, "atom", form)
    yield from (fault for name, content in files.items() for fault in broken(name, content))
    yield from broken_site(files)
    _, again = read(files[FORMATS[form].file], "https://planet.example/")
    if len(again) != len(edition.items):
        yield f"{len(edition.items)} entries became {len(again)}"
        return
    for item, back in zip(edition.items, again, strict=True):
        before, after = told(item.entry, form), told(back, form)
        for field in FIELDS:
            if before[field] and before[field] != after[field]:
                yield f"{field}: {before[field]!r} became {after[field]!r}"


@pytest.mark.parametrize("form", LOSSES)
@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row["file"]) for row in rows_of(SMALL / "MANIFEST.tsv")]
)
def test_what_a_real_source_gave_goes_out_again(row: Row, form: str) -> None:
    body = gzip.decompress((SMALL / row["file"]).read_bytes())
    assert not list(losses(body, "https://origin.example/feed", form))


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", LOSSES)
def test_what_the_whole_collection_gave_goes_out_again(form: str) -> None:
    found: Counter[str] = Counter()
    for row in rows_of(SHARED / "feeds" / "MANIFEST.tsv"):
        body = gzip.decompress((SHARED / "feeds" / "docs" / row["file"]).read_bytes())
        try:
            found.update(f"{row['file']}: {loss}" for loss in losses(body, row["feed_url"], form))
        except ParseError:
            continue  # no feed; what is refused is another test's business
    assert not found
