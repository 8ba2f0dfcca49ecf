"""What real feeds say of their entries, and what of it ours say: a table of fields in and fields out.

What goes in is counted in the document itself, by names of elements and without our parser; what comes out is
counted by the same names in our Atom and RSS, and by keys in our JSON Feed. `LOSSES` explains what is less.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator.errors import ParseError
from aggregator.publish import FORMATS, render
from tests.checker import check
from tests.publish.test_round_trip import an_edition_of, read
from tests.test_real_feeds import SHARED, SMALL, needs_collection, rows_of
from tests.world import A_SITE

MOST_FEEDS = 200

_PREFIXES = {
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "https://podcastindex.org/namespace/1.0": "podcast:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo:",
    "http://www.georss.org/georss": "geo:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://purl.org/rss/1.0/modules/slash/": "slash:",
}
# A field, and what elements and links it is made of; in JSON Feed, its key, or its key under `_entry`.
FIELDS: dict[str, tuple[str, str]] = {
    "title": ("title", "title"),
    "link": ("link link[alternate]", "url"),
    "id": ("guid id @about", "id"),
    "text": ("description encoded content summary", "content_html"),
    "published": ("pubDate published date issued", "date_published"),
    "author": ("author creator itunes:author", "authors"),
    "contributor": ("contributor", "_contributors"),
    "category": ("category subject", "tags"),
    "enclosure": ("enclosure link[enclosure]", "attachments"),
    "rights": ("rights", "_rights"),
    "license": ("license link[license]", "_license"),
    "source": ("source", "_source"),
    "comments": ("comments commentRss link[replies]", "_replies"),
    "related, via": ("link[related] link[via]", "_related"),
    "in-reply-to": ("thr:in-reply-to", "_thr:in-reply-to"),
    "place": ("geo:lat geo:point", "_geo:lat"),
    "media:content": ("media:content", "_media:content"),
    "media:thumbnail": ("media:thumbnail", "_media:thumbnail"),
    "media:description": ("media:description", "_media:description"),
    "media:credit": ("media:credit", "_media:credit"),
    "itunes:duration": ("itunes:duration", "_itunes:duration"),
    "itunes:image": ("itunes:image", "_itunes:image"),
    "itunes:explicit": ("itunes:explicit", "_itunes:explicit"),
    "itunes:episode": ("itunes:episode", "_itunes:episode"),
    "podcast:*": ("podcast:", "_podcast:"),
    "slash:comments": ("slash:comments", "_slash:comments"),
}
# Where fewer come out, and why.
LOSSES = {
    "comments": "Atom has no element for a page of them; a feed of them is a link",
    "media:content": "without an address it is none; what stands in it stays",
    "media:thumbnail": "of 132 entries it stands inside a link, where no extension is looked for",
}


def said(entry: Any) -> set[str]:
    """Return what is said of an entry: names of elements that are not empty, and relations of links."""
    found = {"@about"} if any(name.endswith("about") for name in entry.attrib) else set()
    for element in entry.iter("*"):
        if element is entry or any(etree.QName(up).localname == "source" for up in element.iterancestors()):
            continue
        name = etree.QName(element)
        is_own = element.getparent() is entry
        spelt = _PREFIXES.get(name.namespace or "", "" if is_own else "?") + name.localname
        has_text = bool("".join(element.itertext()).strip())
        if name.localname == "link" and element.get("href"):
            found.add(f"link[{element.get('rel', 'alternate')}]")
        elif has_text or element.attrib:
            found.add(spelt)
    return found


def entries_of(document: bytes) -> list[set[str]]:
    parser = etree.XMLParser(recover=True, resolve_entities=False, huge_tree=False)
    root = etree.fromstring(document, parser)
    return [] if root is None else [said(e) for e in root.iter("{*}item", "{*}entry", "item", "entry")]


def has(entry: set[str], spellings: str) -> bool:
    return any(word in entry or (word.endswith(":") and any(w.startswith(word) for w in entry))
               for word in spellings.split())  # fmt: skip


def has_key(item: dict[str, Any], key: str) -> bool:
    if not key.startswith("_"):
        return bool(item.get(key))
    beyond, name = item.get("_entry", {}), key[1:]
    rels = {link["rel"] for link in beyond.get("links", ())}
    names = set(_names(beyond.get("extras", ())))
    if name == "replies":
        return bool(beyond.get("comments")) or "replies" in rels
    if name == "related":
        return bool({"related", "via"} & rels)
    return bool(beyond.get(name)) or name in rels or any(n == name or n.startswith(name) for n in names)


def _names(extras: Any) -> Iterator[str]:
    for extra in extras:
        yield extra["name"].replace("georss:point", "geo:lat")
        yield from _names(extra.get("children", ()))


def counted(folder: Path, *, most: int) -> tuple[int, int, dict[str, Counter[str]]]:
    """Publish feeds one by one; return how many, of how many entries, and who says each field how often."""
    table: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    feeds = entries = 0
    for row in rows_of(folder / "MANIFEST.tsv"):
        path = folder / row["file"] if folder == SMALL else folder / "docs" / row["file"]
        body = gzip.decompress(path.read_bytes())
        try:
            feed, ours = read(body, "https://origin.example/feed")
        except ParseError:
            continue
        edition, given = an_edition_of(feed, ours), entries_of(body) if body.lstrip()[:1] == b"<" else []
        if not given or len(given) != len(edition.items) or feeds == most:
            continue  # a JSON Feed; or what is broken, or says one thing twice
        files = render(edition, A_SITE, "atom", "rss", "json")
        check(files)
        feeds, entries = feeds + 1, entries + len(given)
        forms = {"in": given} | {name: entries_of(files[FORMATS[name].file]) for name in ("atom", "rss")}
        for field, (spellings, key) in FIELDS.items():
            for form, found in forms.items():
                table[field][form] += sum(has(entry, spellings) for entry in found)
            items = json.loads(files["feed.json"])["items"]
            table[field]["json"] += sum(has_key(item, key) for item in items)
    return feeds, entries, table


def lost(table: dict[str, Counter[str]]) -> set[str]:
    return {field for field, n in table.items() if min(n["atom"], n["rss"], n["json"]) < n["in"]}


def test_the_feeds_of_the_small_set_lose_nothing_that_is_not_explained() -> None:
    feeds, _, table = counted(SMALL, most=MOST_FEEDS)
    assert feeds > 10
    assert lost(table) <= LOSSES.keys()


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(900)
def test_two_hundred_real_feeds_lose_nothing_that_is_not_explained() -> None:
    feeds, entries, table = counted(SHARED / "feeds", most=MOST_FEEDS)
    print(f"\n{feeds} feeds, {entries} entries\n{'field':20}{'in':>7}{'atom':>7}{'rss':>7}{'json':>7}")  # noqa: T201
    for field, n in table.items():
        print(f"{field:20}" + "".join(f"{n[form]:7}" for form in ("in", "atom", "rss", "json")))  # noqa: T201
    assert lost(table) <= LOSSES.keys()
