"""RSS 2.0, with the elements of other namespaces that readers understand."""

from typing import Any

from aggregator.model import Edition, Enclosure, Extra, Item
from aggregator.publish.content import authors_of, content_html, edition_url, link_of
from aggregator.publish.extensions import ATOM, CONTENT, DC, inside, joined, new_entry, new_feed
from aggregator.publish.kept import kept
from aggregator.publish.links import markup_links, source_of
from aggregator.settings import Site

FILE = "rss.xml"

_NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC}


def render_rss(edition: Edition, site: Site) -> bytes:
    """Render an edition as an RSS feed."""
    feed = new_feed({"dc": DC})
    feed.title(edition.title)
    feed.description(edition.subtitle or edition.title)
    feed.language(site.language)
    feed.generator("aggregator")
    feed.parts.updated = edition.updated
    if edition.ttl_minutes:
        feed.ttl(edition.ttl_minutes)
    feed.link(href=edition_url(edition, site, FILE), rel="self", type="application/rss+xml")
    feed.link(href=edition_url(edition, site), rel="alternate")  # last: the channel takes its link from it
    feed.parts.is_complete = edition.is_complete
    feed.parts.add_hubs(edition.hubs)
    head: bytes = feed.rss_str(pretty=True)
    return joined(head, (_item(item, site) for item in edition.items), b"</channel>")


@kept
def _item(item: Item, site: Site) -> bytes:
    entry = new_entry()
    entry.title(item.entry.title)
    entry.link(href=link_of(item, site))
    entry.guid(item.guid, permalink=item.guid == item.entry.url)
    entry.description(item.entry.summary or item.entry.title)
    entry.content(content_html(item, site))
    for category in item.entry.categories:
        entry.category(term=category)
    if item.entry.comments:
        entry.comments(item.entry.comments)
    source = next((card for card in (source_of(item), item.source) if card.feed_url), None)
    if source:
        entry.source(url=source.feed_url, title=source.title)
    _extend(entry.parts, item)
    return inside(entry.rss_entry(), _NAMESPACES)


def _extend(parts: Any, item: Item) -> None:
    entry = item.entry
    parts.published = item.date
    parts.updated = item.updated if item.updated != item.date else None
    parts.people, parts.contributors = authors_of(item), entry.contributors
    parts.rights, parts.language = entry.rights, entry.language
    parts.enclosure = next(iter(entry.enclosures), None)
    parts.extras = entry.extras + _media(entry.enclosures, entry.extras)
    for link in markup_links(item):
        parts.add_link(link)


def _media(enclosures: tuple[Enclosure, ...], extras: tuple[Extra, ...]) -> tuple[Extra, ...]:
    """Say as media what <enclosure> cannot: a second file, a title, a length in time."""
    told = {value for extra in extras for name, value in extra.attributes if name == "url"}
    return tuple(
        _as_media(enclosure)
        for number, enclosure in enumerate(enclosures)
        if enclosure.url not in told and (number or enclosure.title or enclosure.duration_seconds)
    )


def _as_media(enclosure: Enclosure) -> Extra:
    given = {
        "url": enclosure.url,
        "type": enclosure.media_type,
        "fileSize": "" if enclosure.size_bytes is None else str(enclosure.size_bytes),
        "duration": str(enclosure.duration_seconds or ""),
        "lang": enclosure.language,
    }
    title = (Extra(name="media:title", text=enclosure.title),) if enclosure.title else ()
    attributes = tuple((name, value) for name, value in given.items() if value)
    return Extra(name="media:content", attributes=attributes, children=title)
