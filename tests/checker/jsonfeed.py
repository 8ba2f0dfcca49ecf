"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.checker.grammar import broken_html, is_iri, is_language, is_media_type, is_rfc3339, is_web_address

_VERSION = "https://jsonfeed.org/version/1.1"
_FEED = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str,
    "user_comment": str, "next_url": str, "icon": str, "favicon": str, "authors": list, "author": dict,
    "language": str, "expired": bool, "hubs": list, "items": list,
}  # fmt: skip
_ITEM = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "content_text": str,
    "summary": str, "image": str, "banner_image": str, "date_published": str, "date_modified": str,
    "authors": list, "author": dict, "tags": list, "language": str, "attachments": list,
}  # fmt: skip
_PERSON = {"name": str, "url": str, "avatar": str}
_HUB = {"type": str, "url": str}
_ATTACHMENT = {
    "url": str, "mime_type": str, "title": str, "size_in_bytes": int, "duration_in_seconds": int,
}  # fmt: skip
_EXTENSION = re.compile(r"_[A-Za-z][^.]*")
_URLS = ("home_page_url", "feed_url", "next_url", "icon", "favicon", "url", "external_url", "image",
         "banner_image", "avatar")  # fmt: skip


def broken_jsonfeed(content: bytes) -> Iterator[str]:
    """Return the rules that a JSON Feed breaks."""
    try:
        feed = json.loads(content.decode("utf-8"))
    except ValueError as error:
        yield f"RFC 8259: {error}"
        return
    if not isinstance(feed, dict):
        yield "JSON Feed: the document is no object"
        return
    if feed.get("version") != _VERSION or next(iter(feed)) != "version":
        yield f"JSON Feed: version is {feed.get('version')!r}, or does not stand first"
    yield from _shape(feed, _FEED, "feed", needed=("version", "title", "items"))
    yield from _people(feed, "feed")
    for hub in _objects(feed, "hubs"):
        yield from _shape(hub, _HUB, "hub", needed=("type", "url"))
    if feed.get("next_url") and feed["next_url"] == feed.get("feed_url"):
        yield "JSON Feed: next_url is the feed's own address"
    for name in ("home_page_url", "feed_url"):
        if name not in feed:
            yield f"PB-23: feed has no {name}"
    ids = Counter(str(item.get("id")) for item in _objects(feed, "items"))
    yield from (f"JSON Feed: the id {id_} stands twice" for id_, times in ids.items() if times > 1)
    for item in _objects(feed, "items"):
        yield from _item(item)


def _item(item: dict[str, Any]) -> Iterator[str]:
    yield from _shape(item, _ITEM, "item", needed=("id",))
    if not item.get("content_html") and not item.get("content_text"):
        yield "JSON Feed: an item has no content"
    if not item.get("id"):
        yield "JSON Feed: an item's id is empty"
    for name in ("date_published", "date_modified"):
        if name in item and not is_rfc3339(item[name]):
            yield f"JSON Feed: {name} is {item[name]!r}"
    if "language" in item and not is_language(item["language"]):
        yield f"JSON Feed: language is {item['language']!r}"
    if not all(isinstance(tag, str) for tag in item.get("tags", [])):
        yield "JSON Feed: a tag is no text"
    if "external_url" in item:
        yield "PB-24: an item has an external_url"
    yield from _people(item, "item")
    yield from broken_html(str(item.get("content_html", "")), "content_html")
    for file in _objects(item, "attachments"):
        yield from _shape(file, _ATTACHMENT, "attachment", needed=("url", "mime_type"))
        if not is_media_type(file.get("mime_type")):
            yield f"JSON Feed: an attachment has the type {file.get('mime_type')!r}"


def _people(holder: dict[str, Any], where: str) -> Iterator[str]:
    author = holder.get("author")
    for person in [*_objects(holder, "authors"), *([author] if isinstance(author, dict) else [])]:
        yield from _shape(person, _PERSON, f"an author of {where}")
        if not set(person) & set(_PERSON):
            yield f"JSON Feed: an author of {where} says nothing"


def _shape(holder: dict[str, Any], known: Mapping[str, type], where: str, needed: Any = ()) -> Iterator[str]:
    yield from (f"JSON Feed: {where} has no {name}" for name in needed if name not in holder)
    for name, value in holder.items():
        if name.startswith("_"):
            if not _EXTENSION.fullmatch(name) or not isinstance(value, dict) or "about" not in value:
                yield f"JSON Feed: the extension {name} of {where}"
        elif name not in known:
            yield f"JSON Feed: {where} has {name}"
        elif not _is_right(name, value, known[name]):
            yield f"JSON Feed: {name} of {where} is {value!r}"


def _is_right(name: str, value: Any, kind: type) -> bool:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    return name not in _URLS or is_web_address(str(value)) or (name == "url" and is_iri(str(value)))


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name, [])
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
