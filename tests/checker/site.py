"""The files of a site against each other: its formats agree, and what one file names is there."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from tests.checker.grammar import ATOM

_RELATIONS = ("related", "via", "replies", "license", "payment")

Links = tuple[tuple[str, str], ...]  # (relation, address)


@dataclass(frozen=True, slots=True)
class Record:
    """What every format says of an entry."""

    id: str
    title: str
    link: str
    date: datetime
    content: str
    people: tuple[str, ...]
    categories: tuple[str, ...]
    links: Links


def broken_site(files: Mapping[str, bytes]) -> Iterator[str]:
    """Return what the files of a site get wrong together."""
    for name in sorted(files):
        folder, _, file = name.rpartition("/")
        if file in READERS and file != "atom.xml" and (other := f"{folder}/atom.xml".lstrip("/")) in files:
            yield from (f"PB-26: {name}: {fault}" for fault in _differences(files, name, other))


def _differences(files: Mapping[str, bytes], name: str, other: str) -> Iterator[str]:
    one, two = (READERS[n.rpartition("/")[2]](files[n]) for n in (name, other))
    if [record.id for record in one] != [record.id for record in two]:
        yield "other ids, or another order, than Atom"
        return
    for a, b in zip(one, two, strict=True):
        for field in Record.__dataclass_fields__:
            if getattr(a, field) != getattr(b, field):
                yield f"{a.id}: {field} is {getattr(a, field)!r}, in Atom {getattr(b, field)!r}"


def _atom(content: bytes) -> list[Record]:
    return [
        Record(
            id=entry.findtext(f"{ATOM}id"),
            title=entry.findtext(f"{ATOM}title"),
            link=next(iter(_hrefs(entry, "alternate")), ""),
            date=datetime.fromisoformat(entry.findtext(f"{ATOM}published")),
            content=entry.findtext(f"{ATOM}content"),
            people=tuple(person.findtext(f"{ATOM}name") for person in entry.findall(f"{ATOM}author")),
            categories=tuple(tag.get("term") for tag in entry.findall(f"{ATOM}category")),
            links=_links(entry),
        )
        for entry in etree.fromstring(content).findall(f"{ATOM}entry")
    ]


def _rss(content: bytes) -> list[Record]:
    return [
        Record(
            id=item.findtext("guid"),
            title=item.findtext("title"),
            link=item.findtext("link"),
            date=parsedate_to_datetime(item.findtext("pubDate")),
            content=item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded"),
            people=tuple(c.text for c in item.findall("{http://purl.org/dc/elements/1.1/}creator")),
            categories=tuple(category.text for category in item.findall("category")),
            links=_links(item),
        )
        for item in etree.fromstring(content).iter("item")
    ]


def _hrefs(holder: Any, rel: str) -> list[str]:
    links = holder.findall(f"{ATOM}link")
    return [link.get("href") for link in links if link.get("rel", "alternate") == rel]


def _links(holder: Any) -> Links:
    return tuple((rel, href) for rel in _RELATIONS for href in _hrefs(holder, rel))


def _jsonfeed(content: bytes) -> list[Record]:
    return [
        Record(
            id=item["id"],
            title=item["title"],
            link=item["url"],
            date=datetime.fromisoformat(item["date_published"]),
            content=item["content_html"],
            people=tuple(person.get("name") or person.get("url") for person in item.get("authors", ())),
            categories=tuple(item.get("tags", ())),
            links=_covered(item),
        )
        for item in json.loads(content)["items"]
    ]


def _covered(item: Any) -> Links:
    lines = item["_coverage"].get("more_recent", []) + item["_coverage"].get("earlier", [])
    links = [("related", line["url"]) for line in lines[:10]]
    links += [(link["rel"], link["url"]) for link in item["_entry"].get("links", ())]
    return tuple(sorted(links, key=lambda link: _RELATIONS.index(link[0])))


READERS: dict[str, Callable[[bytes], list[Record]]] = {
    "atom.xml": _atom,
    "rss.xml": _rss,
    "feed.json": _jsonfeed,
}
