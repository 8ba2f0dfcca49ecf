"""RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0 and their broken kin, by feedparser.

feedparser gets bytes in a stream and nothing else: a string could be opened as a file or fetched. Its
sanitizing and its resolving of addresses inside HTML are off; `sanitize` does both, last, for every format.
"""

import io
import re
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import feedparser

from aggregator.dates import parse_date, plausible
from aggregator.errors import Cause, ParseError
from aggregator.model import (
    Document,
    Enclosure,
    Extra,
    FeedInfo,
    Link,
    Origin,
    Parsed,
    Person,
    RawEntry,
    RawText,
)
from aggregator.parse.extras import read_extras
from aggregator.parse.manners import skips, update_minutes
from aggregator.parse.tombstones import read_deletions
from aggregator.text import has_markup, one_line, plain_text
from aggregator.urls import absolute

# Where an extra brings chardet, feedparser asks it, and would read the same feed otherwise, by a guess.
feedparser.encodings.lazy_chardet_encoding = None

_LIST = re.compile(rb"<opml\b", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_END = re.compile(rb"</(?:rss|feed|(?:[\w.-]+:)?RDF)\s*>", re.IGNORECASE)
_LONGEST_END = 10_000  # bytes: scripts of providers stand behind the last tag
_EMAIL_AND_NAME = re.compile(r"(?P<email>[^\s()]+@[^\s()]+) \((?P<name>[^()]+)\)")
_MOST_NAME = 1000  # characters
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,16})|([0-9]{1,16}))(?![0-9a-fA-F]);?")
_CHOKES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_DATES = {"published": ("published", "created", "issued"), "updated": ("updated", "modified")}


def parse_xml(document: Document) -> Parsed:
    """Read an XML feed, well-formed or not.

    Raises: ParseError when there is no feed in it: a page, or nothing that can be read.
    """
    read = _read(document)
    flaw = one_line(str(read.get("bozo_exception", ""))) if read.bozo else ""
    if not read.version and not read.entries:
        if _LIST.search(document.body[:4096]):
            raise ParseError(
                Cause.A_LIST,
                "it is OPML, not a feed; `aggregator import` copies it, `opml:` follows it",
            )
        if _HTML.search(document.body[:4096]):
            raise ParseError(Cause.NOT_A_FEED, "it is a web page, not a feed")
        if read.bozo:
            raise ParseError(Cause.MALFORMED, f"it cannot be read: {flaw}")
        raise ParseError(Cause.NOT_A_FEED, "it is XML, but no feed")
    base = document.address
    is_rss = read.version.startswith("rss")
    extras = read_extras(document.body)
    entries = zip(_whole(read), extras if len(extras) == len(read.entries) else repeat(()), strict=False)
    return Parsed(
        version=read.version or "unknown",
        encoding=read.get("encoding", ""),
        feed=replace(_feed(read.feed, base), **skips(document.body)),
        entries=tuple(_entry(entry, base, own, is_rss=is_rss) for entry, own in entries),
        deleted=read_deletions(document.body),
        flaw=flaw,
        is_cut=bool(flaw) and not _END.search(document.body[-_LONGEST_END:]),
    )


def _read(document: Document) -> Any:
    """Let feedparser read; where it chokes, once more without what no text can hold.

    Raises: ParseError when it chokes again. Whatever it raises, the document brought it about.
    """
    try:
        return _feedparse(document, document.body)
    except _CHOKES:
        try:
            return _feedparse(document, _REFERENCE.sub(_writable, document.body))
        except _CHOKES as error:
            raise ParseError(Cause.MALFORMED, f"it cannot be read: {one_line(str(error))[:200]}") from error


def _feedparse(document: Document, body: bytes) -> Any:
    # Without a type feedparser assumes the encoding of HTTP's early days; XML says its own.
    media_type = document.media_type or "application/xml"
    headers = {"content-type": media_type, "content-location": document.address}
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={name: value for name, value in headers.items() if value},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _writable(reference: re.Match[bytes]) -> bytes:
    """Leave a character reference alone unless it is half a surrogate pair, or beyond Unicode."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_writable = number < 0xD800 or 0xDFFF < number <= 0x10FFFF
    return reference[0] if is_writable else b"&#65533;"


def _whole(read: Any) -> list[Any]:
    """Leave out the stump of an entry at which a broken document was cut off."""
    entries: list[Any] = read.entries
    if read.bozo and len(entries) > 1 and not any(entries[-1].get(key) for key in ("id", "link")):
        return entries[:-1] if any(entries[-2].get(key) for key in ("id", "link")) else entries
    return entries


def _feed(feed: Any, base: str) -> FeedInfo:
    links = feed.get("links", [])
    own = _href(links, "self", base)
    site = _href(links, "alternate", base) or _href(links, "", base)
    image = feed.get("image", {})
    return FeedInfo(
        title=_line(feed, "title"),
        subtitle=_line(feed, "subtitle"),
        url=site,
        feed_url=own,
        id=feed.get("id", ""),
        language=one_line(feed.get("language") or ""),
        rights=_line(feed, "rights"),
        icon=absolute(base, feed.get("icon") or feed.get("logo") or image.get("href") or ""),
        license=_href(links, "license", base),
        categories=_terms(feed),
        authors=_people(feed),
        updated=_date(feed, "updated") or _date(feed, "published"),
        hubs=tuple(filter(None, (absolute(base, link.get("href", "")) for link in links if _is_hub(link)))),
        ttl_minutes=_number(feed.get("ttl")) or 0,
        update_minutes=update_minutes(feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")),
    )


def _is_hub(link: Any) -> bool:
    return str(link.get("rel", "")).lower() == "hub"


def _entry(entry: Any, base: str, extras: tuple[Extra, ...], *, is_rss: bool) -> RawEntry:
    published, updated = _date(entry, "published"), _date(entry, "updated")
    if is_rss and not published:  # RSS knows one date; <dc:date> is read as `updated`
        published, updated = updated, None
    title = _text(_title(entry), base)
    contents = [text for text in (_text(part, base) for part in entry.get("content", [])) if text]
    content = next((text for text in contents if text.is_html), contents[0] if contents else None)
    return RawEntry(
        id=(entry.get("id") or "").strip(),
        link=(entry.get("link") or "").strip(),
        permalink=(entry.get("feedburner_origlink") or "").strip(),
        title=title,
        summary=_text(entry.get("summary_detail"), base) if "summary" in entry.keys() else None,  # noqa: SIM118
        content=content,
        published=published,
        updated=updated,
        authors=_people(entry),
        contributors=tuple(map(_person, entry.get("contributors", []))),
        categories=_terms(entry),
        enclosures=_enclosures(entry),
        links=_links(entry),
        extras=extras,
        comments=(entry.get("comments") or "").strip(),
        language=_language(entry),
        rights=_line(entry, "rights"),
        origin=_origin(entry.get("source"), base),
    )


def _title(entry: Any) -> Any:
    """Return an entry's own title: in the detail feedparser leaves the last <media:title> instead."""
    detail = entry.get("title_detail")
    return {**detail, "value": entry.get("title")} if detail and entry.get("title") else detail


def _text(detail: Any, base: str) -> RawText | None:
    if not detail or not detail.get("value"):
        return None
    kind, value = detail.get("type") or "", detail["value"]
    if kind.startswith(("image/", "audio/", "video/")):
        return None
    # A type of the publisher's own invention, or base64 that turned out to be text.
    is_html = kind in _HTML_TYPES or (kind != "text/plain" and has_markup(value))
    return RawText(value=value, is_html=is_html, base=detail.get("base") or base)


def _line(holder: Any, key: str) -> str:
    detail = holder.get(f"{key}_detail")
    text = _text(detail, "") if detail else None
    if text is None:
        return one_line(holder.get(key) or "")
    return one_line(plain_text(text.value) if text.is_html else text.value)


def _date(holder: Any, kind: str) -> datetime | None:
    # feedparser answers `updated` with `published` where there is none; asking by `in keys()` does not.
    keys = holder.keys()
    for name in _DATES[kind]:
        if name not in keys:  # in broken documents there may be a parsed one all the same
            continue
        if moment := parse_date(holder[name] or ""):
            return moment
        # feedparser reads more, in more languages, but guesses: to it 31 November is 1 December.
        parsed = holder[f"{name}_parsed"] if f"{name}_parsed" in keys else None
        if parsed and not str(holder[name]).isascii():
            try:
                return plausible(datetime.fromtimestamp(timegm(parsed), tz=UTC))
            except (ValueError, TypeError, OverflowError):
                continue
    return None


def _people(holder: Any) -> tuple[Person, ...]:
    people = [person for person in holder.get("authors") or [] if person] or [
        holder.get("author_detail") or {}
    ]
    found = [_person(person) for person in people]
    written = one_line((holder.get("author") or "")[:_MOST_NAME])
    if match := _EMAIL_AND_NAME.fullmatch(written):  # feedparser cuts a domain after four letters
        found[0] = Person(name=match["name"], email=match["email"])
    elif found == [Person()]:
        found = [Person(name=written)]
    return tuple(dict.fromkeys(person for person in found if person != Person()))


def _person(person: Any) -> Person:
    return Person(
        name=one_line(person.get("name") or ""),
        email=one_line(person.get("email") or ""),
        url=absolute("", person.get("href") or ""),
    )


def _terms(holder: Any) -> tuple[str, ...]:
    return tuple(tag.get("term") or tag.get("label") or "" for tag in holder.get("tags", []))


def _links(entry: Any) -> tuple[Link, ...]:
    """Return what it points to besides its own page and its enclosures."""
    found = [
        Link(
            rel=link.get("rel") or "alternate",
            url=(link.get("href") or "").strip(),
            media_type=one_line(link.get("type") or ""),
            title=one_line(link.get("title") or ""),
            language=one_line(link.get("hreflang") or ""),
        )
        for link in entry.get("links", [])
        if link.get("rel") not in ("alternate", "enclosure", "self")
    ]
    if replies := (entry.get("wfw_commentrss") or "").strip():
        found.append(Link(rel="replies", url=replies, media_type="application/rss+xml"))
    return tuple(link for link in found if link.url and link.rel != "alternate")


def _href(links: list[Any], rel: str, base: str) -> str:
    for link in links:
        if link.get("rel", "") == rel and (href := absolute(base, link.get("href") or "")):
            return href
    return ""


def _enclosures(entry: Any) -> tuple[Enclosure, ...]:
    found = (
        Enclosure(
            url=(link.get("href") or link.get("url") or "").strip(),
            media_type=one_line(link.get("type") or ""),
            size_bytes=_number(link.get("length")),
            title=one_line(link.get("title") or ""),
            language=one_line(link.get("hreflang") or ""),
        )
        for link in entry.get("links", [])
        if link.get("rel") == "enclosure"
    )
    return tuple(dict.fromkeys(e for e in found if e.url))


def _number(text: Any) -> int | None:
    digits = str(text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _language(entry: Any) -> str:
    if entry.get("language"):  # <dc:language>
        return one_line(entry["language"])
    parts = [*entry.get("content", []), entry.get("summary_detail") or {}, entry.get("title_detail") or {}]
    return one_line(next((part["language"] for part in parts if part.get("language")), ""))


def _origin(source: Any, base: str) -> Origin | None:
    if not source:
        return None
    links = source.get("links", [])
    return Origin(
        title=_line(source, "title") or one_line(source.get("value") or ""),
        url=_href(links, "alternate", base),
        feed_url=_href(links, "self", base) or absolute(base, source.get("href") or ""),
        id=(source.get("id") or "").strip(),
        subtitle=_line(source, "subtitle"),
        rights=_line(source, "rights"),
        icon=absolute(base, source.get("icon") or source.get("logo") or ""),
        authors=_people(source),
        updated=_date(source, "updated"),
    )
