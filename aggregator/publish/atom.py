"""Atom 1.0 (RFC 4287)."""

from itertools import chain
from typing import Any

from aggregator.ids import mint
from aggregator.model import Edition, Item, SourceCard, Tombstone
from aggregator.publish.content import authors_of, content_html, edition_url, link_of, rfc3339
from aggregator.publish.extensions import (
    add_people,
    add_source,
    deleted_entry,
    inside,
    joined,
    new_entry,
    new_feed,
)
from aggregator.publish.kept import kept
from aggregator.publish.links import markup_links, source_of
from aggregator.settings import Site
from aggregator.urls import is_iri

FILE = "atom.xml"


def render_atom(edition: Edition, site: Site) -> bytes:
    """Render an edition as an Atom feed."""
    feed = new_feed()
    feed.id(edition.id)
    feed.title(edition.title)
    if edition.subtitle:
        feed.subtitle(edition.subtitle)
    feed.updated(edition.updated)
    feed.author(name=site.author or site.title)
    feed.generator("aggregator")
    feed.language(site.language)
    feed.link(href=edition_url(edition, site, FILE), rel="self", type="application/atom+xml")
    feed.link(href=edition_url(edition, site), rel="alternate", type="text/html")
    feed.parts.is_archive, feed.parts.is_complete = edition.is_archive, edition.is_complete
    feed.parts.add_hubs(edition.hubs)
    for rel, file in edition.history:
        feed.parts.links.append({"rel": rel, "href": f"{site.url}{file}", "type": "application/atom+xml"})
    living = {item.guid for item in edition.items}
    head: bytes = feed.atom_str(pretty=True).replace(b"+00:00</updated>", b"Z</updated>")
    stones = (_tombstone(stone) for stone in edition.tombstones if stone.ref not in living)
    entries = (_entry(item, site) for item in edition.items)
    return joined(head, chain(stones, entries), b"</feed>")


def _tombstone(stone: Tombstone) -> bytes:
    element = deleted_entry(stone.ref, stone.when)
    add_source(element, stone.source, _id_of(stone.source), stone.when)  # this is not its home feed
    return inside(element, {})


@kept
def _entry(item: Item, site: Site) -> bytes:
    entry = new_entry()
    entry.id(item.guid)
    entry.title(item.entry.title)
    entry.updated(item.updated)
    entry.published(item.date)
    entry.link(href=link_of(item, site))
    entry.content(content_html(item, site), type="html")
    if item.entry.summary:
        entry.summary(item.entry.summary)
    for category in item.entry.categories:
        entry.category(term=category)
    if item.entry.rights:
        entry.rights(item.entry.rights)
    _extend(entry.parts, item)
    element = entry.atom_entry()
    element.find("updated").text, element.find("published").text = rfc3339(item.updated), rfc3339(item.date)
    add_people(element, authors_of(item))  # without one it would be taken for the feed's (RFC 4287, 4.2.1)
    add_people(element, item.entry.contributors, "contributor")
    return inside(element, {})


def _extend(parts: Any, item: Item) -> None:
    for link in markup_links(item):
        parts.add_link(link)
    for enclosure in item.entry.enclosures:
        length = "" if enclosure.size_bytes is None else str(enclosure.size_bytes)
        parts.add_link_of(
            rel="enclosure",
            href=enclosure.url,
            type=enclosure.media_type,
            length=length,
            title=enclosure.title,
            hreflang=enclosure.language,
        )
    if not item.follow_up:  # our own comes from nowhere else
        parts.source = source_of(item)
        parts.source_id = _id_of(parts.source)
    origin = item.entry.origin
    # Not when its source was last built: that would change at every poll.
    parts.updated = (origin and origin.updated) or item.updated
    parts.has_categories = bool(item.entry.categories)
    parts.language = item.entry.language
    parts.extras = item.entry.extras


def _id_of(card: SourceCard) -> str:
    return next(filter(is_iri, (card.feed_id, card.feed_url)), "") or mint("urn:uuid:", "source", card.id)
