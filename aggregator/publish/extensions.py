"""feedgen's gaps, filled in one place; the only module that knows feedgen.

feedgen 1.0.0 drops rel, type and length of entry links (lkiesow/python-feedgen#135), writes an `atom:source`
of title and link only, and flips the locale of the process to spell a date in RSS. So it is given what it
writes well, and the rest goes through the extensions below. Elements are rendered entry by entry and joined
to the head of the feed, so that an entry that did not change need not be rendered again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from lxml import etree

from aggregator.model import Enclosure, Extra, Link, Person, SourceCard
from aggregator.namespaces import URIS
from aggregator.publish.content import rfc3339

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_MAILBOX = re.compile(r".+@.+")  # RFC 4287, 3.2.3

Attributes = dict[str, str]


@dataclass
class EntryParts(BaseEntryExtension):  # type: ignore[misc]
    """What feedgen cannot say of an entry."""

    links: list[Attributes] = field(default_factory=list)
    source: SourceCard | None = None
    source_id: str = ""
    has_categories: bool = False  # else its source's are told
    rights: str = ""
    extras: tuple[Extra, ...] = ()
    contributors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    people: tuple[Person, ...] = ()
    enclosure: Enclosure | None = None  # RSS has one
    language: str = ""

    def add_link(self, link: Link) -> None:
        self.add_link_of(
            rel=link.rel, href=link.url, type=link.media_type, title=link.title, hreflang=link.language
        )

    def add_link_of(self, **attributes: str) -> None:
        self.links.append({name: value for name, value in attributes.items() if value})

    def extend_atom(self, entry: Any) -> Any:
        for attributes in self.links:
            xml_elem("link", entry, **attributes)
        if self.source:
            categories = () if self.has_categories else self.source.categories
            add_source(entry, self.source, self.source_id, self.updated, categories)
        if self.language:
            entry.set(XML_LANG, self.language)
        add_extras(entry, self.extras)
        return entry

    def extend_rss(self, item: Any) -> Any:
        for person in self.people:
            if name := person.name or person.email:
                xml_elem(f"{{{DC}}}creator", item).text = name
        for person in self.contributors:
            if name := person.name or person.email:
                xml_elem(f"{{{DC}}}contributor", item).text = name
        for element, text in (("rights", self.rights), ("language", self.language)):
            if text:
                xml_elem(f"{{{DC}}}{element}", item).text = text
        if self.updated:
            xml_elem(f"{{{ATOM}}}updated", item).text = rfc3339(self.updated)
        if self.published:
            xml_elem("pubDate", item).text = rfc822(self.published)
        if self.enclosure:
            xml_elem(
                "enclosure",
                item,
                url=self.enclosure.url,
                length=str(self.enclosure.size_bytes or 0),
                type=self.enclosure.media_type or "application/octet-stream",
            )
        for attributes in self.links:
            xml_elem(f"{{{ATOM}}}link", item, **attributes)
        add_extras(item, self.extras)
        return item


@dataclass
class FeedParts(BaseExtension):  # type: ignore[misc]
    """What feedgen cannot say of a feed."""

    namespaces: dict[str, str] = field(default_factory=dict)
    links: list[Attributes] = field(default_factory=list)
    is_archive: bool = False
    updated: datetime | None = None  # in RSS
    is_complete: bool = False

    def add_hubs(self, hubs: Iterable[str]) -> None:
        self.links += [{"rel": "hub", "href": hub} for hub in hubs]

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_rss(self, feed: Any) -> Any:
        channel = feed.find("channel")
        if self.updated:
            xml_elem("lastBuildDate", channel).text = rfc822(self.updated)
        for attributes in self.links:
            xml_elem(f"{{{ATOM}}}link", channel, **attributes)
        self._add_history(channel)
        return feed

    def extend_atom(self, feed: Any) -> Any:
        for attributes in self.links:
            xml_elem("link", feed, **attributes)
        self._add_history(feed)
        return feed

    def _add_history(self, parent: Any) -> None:
        for name, is_so in (("archive", self.is_archive), ("complete", self.is_complete)):
            if is_so:
                etree.SubElement(parent, f"{{{HISTORY}}}{name}", nsmap={"fh": HISTORY})


def rfc822(moment: datetime) -> str:
    """Spell a moment as RSS does, whatever the locale."""
    return format_datetime(moment, usegmt=True)


def add_people(parent: Any, people: Iterable[Person], element: str = "author") -> None:
    """Add Atom persons; one without a name goes by what is known of them."""
    for person in people:
        if name := person.name or person.email or person.url:
            made = xml_elem(element, parent)
            xml_elem("name", made).text = name
            if person.url:
                xml_elem("uri", made).text = person.url
            if _MAILBOX.fullmatch(person.email):
                xml_elem("email", made).text = person.email


def add_source(
    parent: Any, card: SourceCard, id_: str, updated: datetime | None, categories: Iterable[str] = ()
) -> None:
    """Add what is known of the feed that something comes from (RFC 4287, 4.2.11)."""
    source = xml_elem("source", parent)
    xml_elem("id", source).text = id_
    xml_elem("title", source).text = card.title
    xml_elem("updated", source).text = rfc3339(updated) if updated else ""
    if card.subtitle:
        xml_elem("subtitle", source).text = card.subtitle
    for rel, href in (("alternate", card.url), ("self", card.feed_url), ("license", card.license)):
        if href:
            xml_elem("link", source, rel=rel, href=href)
    add_people(source, card.authors)
    for term in categories:
        xml_elem("category", source, term=term)
    if card.rights:
        xml_elem("rights", source).text = card.rights
    if card.icon:
        xml_elem("icon", source).text = card.icon


def deleted_entry(ref: str, when: datetime) -> Any:
    """Make a tombstone (RFC 6721, 3)."""
    name, namespaces = f"{{{TOMBSTONES}}}deleted-entry", {"at": TOMBSTONES}
    return etree.Element(name, ref=ref, when=rfc3339(when), nsmap=namespaces)


def add_extras(parent: Any, extras: Iterable[Extra]) -> None:
    """Add elements of other namespaces, under the prefixes that simple readers look for."""
    for extra in extras:
        prefix, _, name = extra.name.partition(":")
        uri = URIS[prefix]
        element = etree.SubElement(parent, f"{{{uri}}}{name}", dict(extra.attributes), nsmap={prefix: uri})
        element.text = extra.text or None
        add_extras(element, extra.children)


def new_feed(namespaces: dict[str, str] | None = None) -> Any:
    """Return a feedgen feed that carries our extension as `parts`."""
    feed = FeedGenerator()
    feed._FeedGenerator__rss_lastBuildDate = None  # else it flips the locale to spell it: `parts` does
    feed.register_extension("parts", FeedParts, EntryParts)
    feed.parts.namespaces = namespaces or {}
    return feed


def new_entry() -> Any:
    """Return a feedgen entry that carries our extension as `parts`."""
    entry = FeedEntry()
    entry.register_extension("parts", EntryParts)
    return entry


def inside(element: Any, namespaces: dict[str, str]) -> bytes:
    """Serialize an element as it reads inside a document that declares namespaces."""
    used = {part.prefix for part in element.iter() if part.prefix in URIS}
    if used:  # declare each once
        etree.cleanup_namespaces(element, top_nsmap={prefix: URIS[prefix] for prefix in sorted(used)})
    root = etree.Element("x", nsmap=namespaces)
    root.append(element)
    text: bytes = etree.tostring(root, encoding="utf-8")
    return text[text.index(b">") + 1 : text.rindex(b"</x>")]


def joined(head: bytes, fragments: Iterable[bytes], end: bytes) -> bytes:
    """Put rendered entries before the end of a rendered feed."""
    at = head.rindex(end)
    return head[:at] + b"".join(fragment + b"\n" for fragment in fragments) + head[at:]
