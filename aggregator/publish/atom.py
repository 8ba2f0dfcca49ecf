"""Atom 1.0 (RFC 4287)."""

from typing import Any

from aggregator.ids import mint
from aggregator.model import Edition, Item
from aggregator.publish.content import authors_of, content_html, edition_url, link_of, related_links, rfc3339
from aggregator.publish.extensions import add_people, inside, joined, new_entry, new_feed
from aggregator.settings import Site
from aggregator.urls import is_iri

FILE = "atom.xml"
MOST_RELATED = 10


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
    head: bytes = feed.atom_str(pretty=True).replace(b"+00:00</updated>", b"Z</updated>")
    return joined(head, (_entry(item, site) for item in edition.items), b"</feed>")


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
    return inside(element, {})


def _extend(parts: Any, item: Item) -> None:
    for coverage in related_links(item)[:MOST_RELATED]:
        link = {"rel": "related", "href": coverage.url, "type": "text/html", "title": coverage.title}
        parts.links.append(link | ({"hreflang": coverage.language} if coverage.language else {}))
    for enclosure in item.entry.enclosures:
        link = {"rel": "enclosure", "href": enclosure.url}
        if enclosure.media_type:
            link["type"] = enclosure.media_type
        if enclosure.size_bytes is not None:
            link["length"] = str(enclosure.size_bytes)
        parts.links.append(link)
    parts.source = item.source
    parts.source_id = next(
        filter(is_iri, (item.source.feed_id, item.source.feed_url)),
        mint("urn:uuid:", "source", item.source.id),
    )
    parts.updated = item.updated  # not when its source was last built: that would change at every poll
    parts.language = item.entry.language
