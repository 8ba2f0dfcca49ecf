"""RSS 2.0, with the elements of other namespaces that readers understand."""

from typing import Any

from aggregator.model import Edition, Item
from aggregator.publish.content import authors_of, content_html, edition_url, link_of, related_links
from aggregator.publish.extensions import ATOM, CONTENT, DC, inside, joined, new_entry, new_feed
from aggregator.settings import Site

FILE = "rss.xml"
MOST_RELATED = 10

_NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC}


def render_rss(edition: Edition, site: Site) -> bytes:
    """Render an edition as an RSS feed."""
    feed = new_feed({"dc": DC})
    feed.title(edition.title)
    feed.description(edition.subtitle or edition.title)
    feed.language(site.language)
    feed.generator("aggregator")
    feed.lastBuildDate(edition.updated)
    feed.link(href=edition_url(edition, site, FILE), rel="self", type="application/rss+xml")
    feed.link(href=edition_url(edition, site), rel="alternate")  # last: the channel takes its link from it
    head: bytes = feed.rss_str(pretty=True)
    return joined(head, (_item(item, site) for item in edition.items), b"</channel>")


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
    if item.source.feed_url:
        entry.source(url=item.source.feed_url, title=item.source.title)
    _extend(entry.parts, item)
    return inside(entry.rss_entry(), _NAMESPACES)


def _extend(parts: Any, item: Item) -> None:
    parts.published = item.date
    parts.people = authors_of(item)
    parts.enclosure = next(iter(item.entry.enclosures), None)
    for coverage in related_links(item)[:MOST_RELATED]:
        parts.links.append({"rel": "related", "href": coverage.url, "title": coverage.title})
