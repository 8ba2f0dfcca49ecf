"""RSS 2.0 (rssboard.org/rss-specification), and what readers need of content, dc, atom and media."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.checker.atom import broken_history
from tests.checker.grammar import (
    ATOM,
    broken_html,
    counted,
    is_count,
    is_iri,
    is_language,
    is_media_type,
    is_rfc822,
    is_web_address,
    read_xml,
)

CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"

_CHANNEL = set(
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate category"
    " generator docs cloud ttl image rating textInput skipHours skipDays item".split()
)
_ITEM = set("title link description author category comments enclosure guid pubDate source".split())
_MANY = {"category", "item"}


def broken_rss(content: bytes) -> Iterator[str]:
    """Return the rules that an RSS document breaks."""
    try:
        root = read_xml(content)
    except ValueError as error:
        yield str(error)
        return
    if root.tag != "rss" or root.get("version") != "2.0":
        yield f"RSS 2.0: the root is {root.tag} of version {root.get('version')}"
        return
    yield from (f"RSS 2.0: rss {fault}" for fault in counted(root, "channel", least=1))
    for channel in root.findall("channel")[:1]:
        yield from _channel(channel)
        for item in channel.findall("item"):
            yield from _item(item)
        guids = Counter(item.findtext("guid") for item in channel.findall("item"))
        yield from (f"RSS 2.0: the guid {guid} stands twice" for guid, times in guids.items() if times > 1)


def _channel(channel: Any) -> Iterator[str]:
    for name in ("title", "link", "description"):
        yield from (f"RSS 2.0: channel {fault}" for fault in counted(channel, name, least=1))
    yield from _known(channel, _CHANNEL)
    if not is_web_address(channel.findtext("link")):
        yield f"RSS 2.0: the channel's link is {channel.findtext('link')!r}"
    for name in ("pubDate", "lastBuildDate"):
        if channel.find(name) is not None and not is_rfc822(channel.findtext(name)):
            yield f"RSS 2.0: {name} is {channel.findtext(name)!r}"
    if channel.find("language") is not None and not is_language(channel.findtext("language")):
        yield f"RSS 2.0: the language is {channel.findtext('language')!r}"
    if channel.find("ttl") is not None and not is_count(channel.findtext("ttl")):
        yield f"RSS 2.0: ttl is {channel.findtext('ttl')!r}"
    own = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(own) != 1 or not is_web_address(own[0].get("href")):
        yield f"PB-20: the channel has {len(own)} links to itself"
    yield from broken_history(channel)


def _item(item: Any) -> Iterator[str]:
    if item.find("title") is None and item.find("description") is None:
        yield "RSS 2.0: an item has neither title nor description"
    yield from _known(item, _ITEM)
    if item.find("link") is not None and not is_web_address(item.findtext("link")):
        yield f"RSS 2.0: an item's link is {item.findtext('link')!r}"
    if item.find("comments") is not None and not is_web_address(item.findtext("comments")):
        yield f"RSS 2.0: comments are at {item.findtext('comments')!r}"
    if not is_rfc822(item.findtext("pubDate")):
        yield f"RSS 2.0: pubDate is {item.findtext('pubDate')!r}"
    if item.find("author") is not None and "@" not in (item.findtext("author") or ""):
        yield "RSS 2.0: an author is no mailbox"
    yield from _guid(item)
    yield from _enclosure(item)
    yield from _source(item)
    yield from _extensions(item)


def _known(parent: Any, names: set[str]) -> Iterator[str]:
    for child in parent.iterchildren("*"):
        if not child.tag.startswith("{"):
            if child.tag not in names:
                yield f"RSS 2.0: {child.tag} in {parent.tag} has no namespace"
            if len(child) and child.tag not in ("item", "image"):
                yield f"RSS 2.0: {child.tag} holds elements"
    seen = Counter(child.tag for child in parent.iterchildren("*"))
    yield from (f"RSS 2.0: {n} {tag}" for tag, n in seen.items() if tag in names - _MANY and n > 1)


def _guid(item: Any) -> Iterator[str]:
    guid = item.find("guid")
    if guid is None or not (guid.text or "").strip():
        yield "PB-20: an item has no guid"
        return
    is_permalink = guid.get("isPermaLink", "true")
    if is_permalink not in ("true", "false"):
        yield f"RSS 2.0: isPermaLink is {is_permalink!r}"
    if is_permalink == "true" and not is_web_address(guid.text):
        yield f"RSS 2.0: the permalink {guid.text!r} is no address"
    if is_permalink == "true" and guid.text != item.findtext("link"):
        yield f"PB-20: the guid {guid.text!r} is no permalink of the item"


def _enclosure(item: Any) -> Iterator[str]:
    for enclosure in item.findall("enclosure"):
        if not is_web_address(enclosure.get("url")):
            yield f"RSS 2.0: an enclosure is at {enclosure.get('url')!r}"
        if not is_count(enclosure.get("length")):
            yield f"RSS 2.0: an enclosure has the length {enclosure.get('length')!r}"
        if not is_media_type(enclosure.get("type")):
            yield f"RSS 2.0: an enclosure has the type {enclosure.get('type')!r}"


def _source(item: Any) -> Iterator[str]:
    source = item.find("source")
    if source is not None and not is_web_address(source.get("url")):
        yield f"RSS 2.0: a source is at {source.get('url')!r}"
    if source is not None and not (source.text or "").strip():
        yield "RSS 2.0: a source has no name"


def _extensions(item: Any) -> Iterator[str]:
    tags = [child.tag for child in item]
    encoded = f"{CONTENT}encoded"
    if encoded in tags:
        if "description" not in tags or tags.index("description") > tags.index(encoded):
            yield "PB-20: content:encoded stands before the description"
        yield from broken_html(item.findtext(encoded), "content:encoded")
    if not item.findtext(f"{DC}creator"):
        yield "PB-61: an item names no creator"
    for link in item.findall(f"{ATOM}link"):
        if not is_iri(link.get("href")):
            yield f"RFC 4287 4.2.7.1: {link.get('href')!r} is no absolute IRI"
        if link.get("type") is not None and not is_media_type(link.get("type")):
            yield f"RFC 4287 4.2.7.3: {link.get('type')!r} is no media type"
    for part in item.iter(f"{MEDIA}*"):
        if part.get("url") is not None and not is_web_address(part.get("url")):
            yield f"PB-22: media at {part.get('url')!r}"
        for name in ("width", "height", "fileSize"):
            if part.get(name) is not None and not re.fullmatch(r"\d+", part.get(name)):
                yield f"PB-22: media have the {name} {part.get(name)!r}"
