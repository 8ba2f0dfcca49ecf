"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read as generously as the specification asks publishers to write.

feedparser 6 reads no JSON Feed. A number where a string belongs is taken as its text; what is of another
shape is as if it were not there.
"""

import json
from typing import Any

from aggregator.dates import parse_date
from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Enclosure, Extra, FeedInfo, Link, Parsed, Person, RawEntry, RawText
from aggregator.text import one_line, without_controls
from aggregator.urls import absolute


def parse_jsonfeed(document: Document) -> Parsed:
    """Read a JSON Feed.

    Raises: ParseError when it is not JSON, or JSON but no feed.
    """
    try:
        feed = json.loads(
            document.body.decode(json.detect_encoding(document.body), "replace").lstrip("\ufeff")
        )
    except (ValueError, RecursionError) as error:
        raise ParseError(Cause.MALFORMED, f"it is not JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError(Cause.NOT_A_FEED, "it is JSON, but no JSON Feed: `items` is missing")
    version = _str(feed, "version")
    base = document.address
    return Parsed(
        version="json11" if version.rstrip("/").endswith("1.1") else "json10",
        encoding="utf-8",
        feed=FeedInfo(
            title=one_line(_str(feed, "title")),
            subtitle=one_line(_str(feed, "description")),
            url=absolute(base, _str(feed, "home_page_url")),
            feed_url=absolute(base, _str(feed, "feed_url")),
            language=one_line(_str(feed, "language")),
            icon=absolute(base, _str(feed, "icon") or _str(feed, "favicon")),
            authors=_people(feed, base),
            hubs=_hubs(feed, base),
            is_expired=feed.get("expired") is True,
        ),
        entries=tuple(_entry(item, base) for item in _dicts(feed, "items")),
        flaw="" if "jsonfeed.org" in version else "`version` does not name jsonfeed.org",
    )


def _hubs(feed: dict[str, Any], base: str) -> tuple[str, ...]:
    """Return the hubs that speak WebSub; others are of other protocols."""
    spoken = (hub for hub in _dicts(feed, "hubs") if _str(hub, "type").lower() in ("websub", ""))
    return tuple(filter(None, (absolute(base, _str(hub, "url")) for hub in spoken)))


def _entry(item: dict[str, Any], base: str) -> RawEntry:
    html, text = _str(item, "content_html"), _str(item, "content_text")
    return RawEntry(
        id=_str(item, "id"),
        link=_str(item, "url") or _str(item, "external_url"),
        title=_text(_str(item, "title"), base),
        summary=_text(_str(item, "summary"), base),
        content=_text(html, base, is_html=True) or _text(text, base),
        published=parse_date(_str(item, "date_published")),
        updated=parse_date(_str(item, "date_modified")),
        authors=_people(item, base),
        categories=_strings(item, "tags"),
        enclosures=tuple(
            Enclosure(
                url=url,
                media_type=one_line(_str(file, "mime_type")),
                size_bytes=_number(file, "size_in_bytes"),
                title=one_line(_str(file, "title")),
                duration_seconds=_number(file, "duration_in_seconds") or 0,
            )
            for file in _dicts(item, "attachments")
            if (url := _str(file, "url"))
        ),
        links=_links(item),
        extras=_image(item),
        language=one_line(_str(item, "language")),
    )


def _str(holder: dict[str, Any], key: str) -> str:
    value = holder.get(key)
    if isinstance(value, str):
        return without_controls(value).strip()  # JSON can spell half a surrogate pair
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _strings(holder: dict[str, Any], key: str) -> tuple[str, ...]:
    value = holder.get(key)
    parts = value if isinstance(value, list) else []
    return tuple(without_controls(part) for part in parts if isinstance(part, str))


def _dicts(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _text(value: str, base: str, *, is_html: bool = False) -> RawText | None:
    return RawText(value=value, is_html=is_html, base=base) if value else None


def _people(holder: dict[str, Any], base: str) -> tuple[Person, ...]:
    people = _dicts(holder, "authors") or [a for a in [holder.get("author")] if isinstance(a, dict)]
    found = (Person(name=one_line(_str(p, "name")), url=absolute(base, _str(p, "url"))) for p in people)
    return tuple(dict.fromkeys(person for person in found if person != Person()))


def _number(file: dict[str, Any], key: str) -> int | None:
    size = file.get(key)
    return int(size) if isinstance(size, int | float) and 0 <= size < 2**53 else None


def _links(item: dict[str, Any]) -> tuple[Link, ...]:
    """Return the page elsewhere that an item is about, where it has a page of its own as well."""
    elsewhere = _str(item, "external_url")
    return (Link(rel="related", url=elsewhere),) if elsewhere and _str(item, "url") else ()


def _image(item: dict[str, Any]) -> tuple[Extra, ...]:
    """Return an item's picture as every other format spells it."""
    url = _str(item, "image") or _str(item, "banner_image")
    return (Extra(name="media:thumbnail", attributes=(("url", url),)),) if url else ()
