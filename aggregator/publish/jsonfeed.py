"""JSON Feed 1.1 (jsonfeed.org)."""

import json
from collections.abc import Iterable
from typing import Any

from aggregator.model import Coverage, Edition, Enclosure, Extra, Item, Link, Person
from aggregator.publish.content import (
    authors_of,
    content_html,
    edition_url,
    link_of,
    rfc3339,
    story_url,
)
from aggregator.publish.kept import kept
from aggregator.publish.links import own_links, picture_of, source_of
from aggregator.settings import Site

FILE = "feed.json"

_ABOUT_ENTRY = "What Atom and RSS say of an item and JSON Feed has no field for, under the names of Atom."
_ABOUT = "Other coverage of an item's event and subject. `relation` is event, subject, or copy."


def render_jsonfeed(edition: Edition, site: Site) -> bytes:
    """Render an edition as a JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": edition.title,
        "home_page_url": edition_url(edition, site),
        "feed_url": edition_url(edition, site, FILE),
        "description": edition.subtitle,
        "language": site.language,
        "authors": [{"name": site.author or site.title}],
        "hubs": [{"type": "WebSub", "url": hub} for hub in edition.hubs],
    }
    head = json.dumps(_without_empty(feed), ensure_ascii=False, indent=1).removesuffix("\n}")
    items = b",\n".join(_item(item, site) for item in edition.items)
    return b'%s,\n "items": [%s]\n}\n' % (head.encode(), b"\n%s\n" % items if items else b"")


@kept
def _item(item: Item, site: Site) -> bytes:
    """Write an item on a line of its own: json writes indented ones in Python, three times as slowly."""
    return json.dumps(_object(item, site), ensure_ascii=False).encode()


def _object(item: Item, site: Site) -> dict[str, Any]:
    people = [_person(person) for person in authors_of(item)]
    return _without_empty(
        {
            "id": item.guid,
            "url": link_of(item, site),
            "title": item.entry.title,
            "content_html": content_html(item, site),
            "summary": item.entry.summary,
            "date_published": rfc3339(item.date),
            "date_modified": rfc3339(item.updated),
            "authors": people,
            "author": people[0] if people else None,  # for readers of version 1.0
            "tags": list(item.entry.categories),
            "language": item.entry.language,
            "image": picture_of(item),
            "attachments": [_attachment(enclosure) for enclosure in item.entry.enclosures],
            "_coverage": {
                "about": _ABOUT,
                **({"story_url": story_url(item, site)} if item.has_page else {}),
                "outlet": item.outlet,
                "more_recent": _lines(item.more_recent),
                "earlier": _lines(item.earlier),
                "also_in": _lines(item.also_in),
            },
            "_entry": {"about": _ABOUT_ENTRY} | _beyond(item),
        }
    )


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _without_empty(
        {
            "url": enclosure.url,
            "mime_type": enclosure.media_type or "application/octet-stream",
            "title": enclosure.title,
            "size_in_bytes": enclosure.size_bytes,
            "duration_in_seconds": enclosure.duration_seconds or None,
        }
    )


def _beyond(item: Item) -> dict[str, Any]:
    """Say what the other formats have a place for and this one has none."""
    entry, source = item.entry, source_of(item)
    told = {
        "id": source.feed_id,
        "title": source.title,
        "url": source.url,
        "feed_url": source.feed_url,
        "rights": source.rights,
    }
    return _without_empty(
        {
            "source": {} if item.follow_up else _without_empty(told),
            "rights": entry.rights,
            "comments": entry.comments,
            "contributors": [_person(person) for person in entry.contributors],
            "links": [_link(link) for link in own_links(item)],
            "extras": [_extra(extra) for extra in entry.extras],
        }
    )


def _link(link: Link) -> dict[str, Any]:
    told = {"rel": link.rel, "url": link.url, "type": link.media_type, "title": link.title}
    return _without_empty(told | {"language": link.language})


def _extra(extra: Extra) -> dict[str, Any]:
    children = [_extra(child) for child in extra.children]
    told = {"name": extra.name, "text": extra.text, "attributes": dict(extra.attributes)}
    return _without_empty(told | {"children": children})


def _person(person: Person) -> dict[str, Any]:
    return _without_empty({"name": person.name or person.email, "url": person.url})


def _lines(coverage: Iterable[Coverage]) -> list[dict[str, Any]]:
    return [
        {"title": c.title, "url": c.url, "outlet": c.outlet, "date": rfc3339(c.date), "relation": c.relation}
        for c in coverage
    ]


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if part not in (None, "", [], {})}
