"""What feedparser says of a document, or the strict road in its words: read into our nouns.

Some of its words it fills twice, and some from elsewhere; what it means is settled here, for both roads.
"""

import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from aggregator.dates import parse_date, plausible
from aggregator.model import Enclosure, Extra, FeedInfo, Link, Origin, Person, RawEntry, RawText
from aggregator.parse.manners import update_minutes
from aggregator.text import has_markup, one_line, plain_text
from aggregator.urls import absolute

_EMAIL_AND_NAME = re.compile(r"(?P<email>[^\s()]+@[^\s()]+) \((?P<name>[^()]+)\)")
_MOST_NAME = 1000  # characters
_XHTML = "application/xhtml+xml"
_HTML_TYPES = ("text/html", _XHTML)
_NOBODY = Person()
_DATES = {"published": ("published", "created", "issued"), "updated": ("updated", "modified")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document in words."""

    version: str  # empty: it is no feed
    encoding: str
    flaw: str = ""  # what is wrong with it, in somebody's words
    feed: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    items: Sequence[Element] = ()  # of the entries, where the strict road read them


def feed_of(feed: Any, base: str) -> FeedInfo:
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
        icon=absolute(base, _string(feed, "icon") or _string(feed, "logo") or image.get("href") or ""),
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


def entry_of(entry: Any, base: str, extras: tuple[Extra, ...], *, is_rss: bool) -> RawEntry:
    published, updated = _date(entry, "published"), _date(entry, "updated")
    if is_rss and not published:  # RSS knows one date; <dc:date> is read as `updated`
        published, updated = updated, None
    title = _text(_title(entry), base)
    contents = [text for text in (_text(part, base) for part in entry.get("content", [])) if text]
    content = next((text for text in contents if text.is_html), contents[0] if contents else None)
    return RawEntry(
        id=(entry.get("id") or "").strip(),
        link=(entry.get("link") or "").strip(),
        permalink=_string(entry, "feedburner_origlink"),
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
        comments=_string(entry, "comments"),
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
    if kind == _XHTML:  # HTML takes the end of an empty element for another one of it
        value = value.replace("></br>", ">")
    # A type of the publisher's own invention, or base64 that turned out to be text.
    is_html = kind in _HTML_TYPES or (kind != "text/plain" and has_markup(value))
    return RawText(value=value, is_html=is_html, base=detail.get("base") or base)


def _string(holder: Any, key: str) -> str:
    """Return a word; of an element with attributes it may hold these in place of its text."""
    value = holder.get(key)
    return value.strip() if isinstance(value, str) else ""


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
    people = [person for person in holder.get("authors", ()) if person]
    people = people or [holder.get("author_detail") or {}]
    found = [_person(person) for person in people]
    written = one_line((holder.get("author") or "")[:_MOST_NAME])
    if match := _EMAIL_AND_NAME.fullmatch(written):  # feedparser cuts a domain after four letters
        found[0] = Person(name=match["name"], email=match["email"])
    elif found == [_NOBODY]:
        found = [Person(name=written)]
    return tuple(dict.fromkeys(person for person in found if person != _NOBODY))


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
    if replies := _string(entry, "wfw_commentrss"):
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
    found = Origin(
        title=_line(source, "title") or one_line(source.get("value") or ""),
        url=_href(links, "alternate", base),
        feed_url=_href(links, "self", base) or absolute(base, source.get("href") or ""),
        id=(source.get("id") or "").strip(),
        subtitle=_line(source, "subtitle"),
        rights=_line(source, "rights"),
        icon=absolute(base, _string(source, "icon") or _string(source, "logo")),
        authors=_people(source),
        updated=_date(source, "updated"),
    )
    return found if found != Origin() else None
