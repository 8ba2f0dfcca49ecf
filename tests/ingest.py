"""An ingesting function: one document in, what we make of it out, in the form that outside oracles ask for.

FUNC(data: bytes, headers: dict, base: str | None) -> dict
"""

from datetime import datetime
from typing import Any

from aggregator.model import Document, Entry, Person
from aggregator.normalize import normalize
from aggregator.parse import parse


def ingest(data: bytes, headers: dict[str, str] | None = None, base: str | None = None) -> dict[str, Any]:
    """Parse and normalize a document; raise what parsing raises."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    address = named.get("content-location", "") or base or ""
    document = Document(address=address, body=data, media_type=named.get("content-type", ""))
    parsed = parse(document)
    entries = normalize(parsed, document, source_id="test", known={}).entries
    first = parsed.feed.authors[0] if parsed.feed.authors else Person()
    return {
        "version": parsed.version,
        "encoding": parsed.encoding,
        "bozo": bool(parsed.flaw),
        "feed": {
            "title": parsed.feed.title,
            "link": parsed.feed.url,
            "id": parsed.feed.id,
            "subtitle": parsed.feed.subtitle,
            "updated": _spelt(parsed.feed.updated),
            "language": parsed.feed.language,
            "author": first.name,
            "author_email": first.email,
            "author_url": first.url,
        },
        "entries": [_entry(entry, parsed.feed.authors) for entry in entries],
    }


def _entry(entry: Entry, feed_authors: tuple[Person, ...]) -> dict[str, Any]:
    authors = entry.authors or feed_authors
    author = authors[0] if authors else Person()
    return {
        "id": entry.guid or entry.keys[0].partition(":")[2],
        "link": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.html,
        "published": _spelt(entry.published),
        "updated": _spelt(entry.updated),
        "author": ", ".join(person.name for person in authors),
        "author_email": author.email,
        "author_url": author.url,
        "enclosures": [
            {"url": e.url, "type": e.media_type, "length": "" if e.size_bytes is None else str(e.size_bytes)}
            for e in entry.enclosures
        ],
        "categories": list(entry.categories),
    }


def _spelt(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
