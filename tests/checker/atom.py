"""Atom: RFC 4287, with archives (RFC 5005), tombstones (RFC 6721) and threads (RFC 4685)."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.checker.grammar import (
    ATOM,
    XML_BASE,
    XML_LANG,
    broken_html,
    counted,
    is_count,
    is_iri,
    is_language,
    is_media_type,
    is_rfc3339,
    read_xml,
)

FH = "{http://purl.org/syndication/history/1.0}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
THR = "{http://purl.org/syndication/thread/1.0}"

_ONCE = ("generator", "icon", "logo", "rights", "subtitle")
_CHILDREN = {
    "feed": {"author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights",
             "subtitle", "title", "updated", "entry"},
    "entry": {"author", "category", "content", "contributor", "id", "link", "published", "rights", "source",
              "summary", "title", "updated"},
    "source": {"author", "category", "contributor", "generator", "icon", "id", "link", "logo", "rights",
               "subtitle", "title", "updated"},
    "author": {"name", "uri", "email"},
    "contributor": {"name", "uri", "email"},
}  # fmt: skip
_ATTRIBUTES = {
    "link": {"href", "rel", "type", "hreflang", "title", "length"},
    "category": {"term", "scheme", "label"},
    "content": {"type", "src"},
    "title": {"type"}, "subtitle": {"type"}, "summary": {"type"}, "rights": {"type"},
    "generator": {"uri", "version"},
}  # fmt: skip
_REL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=@%-]+")


def broken_atom(content: bytes) -> Iterator[str]:
    """Return the rules that an Atom document breaks."""
    try:
        feed = read_xml(content)
    except ValueError as error:
        yield str(error)
        return
    if feed.tag != f"{ATOM}feed":
        yield f"RFC 4287 4.1.1: the root is {feed.tag}"
        return
    yield from _feed(feed)
    for element in feed.iter(f"{ATOM}*"):
        short = element.tag.removeprefix(ATOM)
        if check := _ELEMENTS.get(short):
            yield from check(element)
        yield from _known(element, short)
    yield from broken_history(feed)
    yield from _tombstones(feed)


def _feed(feed: Any) -> Iterator[str]:
    yield from (f"RFC 4287 4.1.1: feed {fault}" for fault in _once_each(feed, "id", "title", "updated"))
    yield from _alternates(feed, "4.1.1: feed")
    own = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(own) != 1:
        yield f"PB-01: feed has {len(own)} links to itself"
    if not any(_rel(link) == "alternate" for link in feed.findall(f"{ATOM}link")):
        yield "PB-01: feed has no alternate link"
    has_author = feed.find(f"{ATOM}author") is not None
    seen = Counter(
        (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"))
        for entry in feed.findall(f"{ATOM}entry")
    )
    yield from (f"RFC 4287 4.1.1: {key} stands twice" for key, times in seen.items() if times > 1)
    ids = Counter(key for key, _ in seen)
    yield from (f"PB-09: the id {key} stands twice" for key, times in ids.items() if times > 1)
    for entry in feed.findall(f"{ATOM}entry"):
        places = (entry, entry.find(f"{ATOM}source"))
        if not has_author and not any(p is not None and p.find(f"{ATOM}author") is not None for p in places):
            yield "RFC 4287 4.1.2: an entry has no author, nor its source, nor the feed"


def _entry(entry: Any) -> Iterator[str]:
    yield from (f"RFC 4287 4.1.2: entry {fault}" for fault in _once_each(entry, "id", "title", "updated"))
    for name in ("content", "published", "rights", "source", "summary"):
        yield from (f"RFC 4287 4.1.2: entry {fault}" for fault in counted(entry, f"{ATOM}{name}"))
    yield from _alternates(entry, "4.1.2: entry")
    content, has_summary = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}summary") is not None
    if content is None and not any(_rel(link) == "alternate" for link in entry.findall(f"{ATOM}link")):
        yield "RFC 4287 4.1.2: entry has neither content nor an alternate link"
    if content is not None and content.get("src") is not None and not has_summary:
        yield "RFC 4287 4.1.2: entry has content elsewhere and no summary"


def _source(source: Any) -> Iterator[str]:
    for name in (*_ONCE, "id", "title", "updated"):
        yield from (f"RFC 4287 4.2.11: source {fault}" for fault in counted(source, f"{ATOM}{name}"))
    for name in ("id", "title", "updated"):
        yield from (f"PB-07: source {fault}" for fault in counted(source, f"{ATOM}{name}", least=1))
    yield from _alternates(source, "4.2.11: source")


def _once_each(parent: Any, *names: str) -> Iterator[str]:
    for name in names:
        yield from counted(parent, f"{ATOM}{name}", least=1)
    for name in _ONCE:
        yield from counted(parent, f"{ATOM}{name}")


def _alternates(parent: Any, where: str) -> Iterator[str]:
    links = [link for link in parent.findall(f"{ATOM}link") if _rel(link) == "alternate"]
    seen = Counter((link.get("type"), link.get("hreflang")) for link in links)
    yield from (f"RFC 4287 {where} has {n} alternate links of {kind}" for kind, n in seen.items() if n > 1)


def _rel(link: Any) -> str:
    return str(link.get("rel", "alternate"))


# ---------------------------------------------------------------- element by element


def _text(element: Any) -> Iterator[str]:
    short, kind = element.tag.removeprefix(ATOM), element.get("type", "text")
    if kind not in ("text", "html", "xhtml"):
        yield f"RFC 4287 3.1.1: {short} has type {kind}"
    if kind != "xhtml" and len(element):
        yield f"RFC 4287 3.1.1: {short} of type {kind} holds elements"
    if kind == "html":
        yield from broken_html(element.text or "", short)
    if short == "title" and not (element.text or "").strip():
        yield "PB-02: a title is empty"


def _content(content: Any) -> Iterator[str]:
    kind, src = content.get("type", "text"), content.get("src")
    if kind not in ("text", "html", "xhtml") and (not is_media_type(kind) or kind.startswith("multipart/")):
        yield f"RFC 4287 4.1.3.1: content has type {kind}"
    if src is not None and (not is_iri(src) or len(content) or (content.text or "").strip()):
        yield "RFC 4287 4.1.3.2: content elsewhere is not empty, or not at an IRI"
    if kind in ("text", "html") and len(content):
        yield f"RFC 4287 4.1.3.3: content of type {kind} holds elements"
    if kind == "html":
        yield from broken_html(content.text or "", "content")


def _person(person: Any) -> Iterator[str]:
    yield from (f"RFC 4287 3.2: a person {fault}" for fault in counted(person, f"{ATOM}name", least=1))
    for name in ("uri", "email"):
        yield from (f"RFC 4287 3.2: a person {fault}" for fault in counted(person, f"{ATOM}{name}"))
    email, uri = person.findtext(f"{ATOM}email"), person.findtext(f"{ATOM}uri")
    if email is not None and not re.fullmatch(r".+@.+", email):
        yield f"RFC 4287 3.2.3: {email!r} is no address of a mailbox"
    if uri is not None and not is_iri(uri):
        yield f"RFC 4287 3.2.2: {uri!r} is no IRI"


def _date(element: Any) -> Iterator[str]:
    if not is_rfc3339(element.text) or len(element):
        yield f"RFC 4287 3.3: {element.text!r} is no date"


def _iri(element: Any) -> Iterator[str]:
    if not is_iri(element.text):
        yield f"RFC 4287 4.2.{6 if element.tag.endswith('id') else 5}: {element.text!r} is no IRI"


def _category(category: Any) -> Iterator[str]:
    if not category.get("term"):
        yield "RFC 4287 4.2.2.1: a category has no term"
    if category.get("scheme") is not None and not is_iri(category.get("scheme")):
        yield f"RFC 4287 4.2.2.2: {category.get('scheme')!r} is no IRI"


def _generator(generator: Any) -> Iterator[str]:
    if generator.get("uri") is not None and not is_iri(generator.get("uri")):
        yield f"RFC 4287 4.2.4: {generator.get('uri')!r} is no IRI"


def _link(link: Any) -> Iterator[str]:
    if not is_iri(link.get("href")):
        yield f"RFC 4287 4.2.7.1: {link.get('href')!r} is no absolute IRI"
    if not (_REL.fullmatch(_rel(link)) or is_iri(_rel(link))):
        yield f"RFC 4287 4.2.7.2: {_rel(link)!r} is no relation"
    if link.get("type") is not None and not is_media_type(link.get("type")):
        yield f"RFC 4287 4.2.7.3: {link.get('type')!r} is no media type"
    if link.get("hreflang") is not None and not is_language(link.get("hreflang")):
        yield f"RFC 4287 4.2.7.4: {link.get('hreflang')!r} is no language"
    if link.get("length") is not None and not is_count(link.get("length")):
        yield f"RFC 4287 4.2.7.6: {link.get('length')!r} is no length"


def _known(element: Any, short: str) -> Iterator[str]:
    """Tell what stands where RFC 4287 has no place for it; other namespaces may stand anywhere."""
    if short in _CHILDREN:
        for child in element.iterchildren("*"):
            if not child.tag.startswith("{"):
                yield f"RFC 4287 6.4: {child.tag} in {short} has no namespace"
            elif child.tag.startswith(ATOM) and child.tag.removeprefix(ATOM) not in _CHILDREN[short]:
                yield f"RFC 4287 6.4: {child.tag.removeprefix(ATOM)} stands in {short}"
    for name, value in element.attrib.items():
        if name == XML_LANG and value and not is_language(value):
            yield f"RFC 4287 2: {value!r} is no language"
        if name == XML_BASE or (not name.startswith("{") and name not in _ATTRIBUTES.get(short, set())):
            yield f"RFC 4287: {short} has the attribute {name}"


# ---------------------------------------------------------------- history and tombstones


def broken_history(feed: Any) -> Iterator[str]:
    """Return the rules of RFC 5005 that a feed, or a channel, breaks: complete, paged and archived ones."""
    rels = Counter(_rel(link) for link in feed.findall(f"{ATOM}link"))
    archive, complete = (feed.find(f"{FH}{name}") is not None for name in ("archive", "complete"))
    if archive and complete:
        yield "RFC 5005 2, 4: a feed is both complete and an archive"
    if complete and any(rels[name] for name in ("next", "previous", "prev-archive", "next-archive")):
        yield "RFC 5005 2: a complete feed has further parts"
    if rels["next-archive"] and not archive:
        yield "RFC 5005 4: what is no archive names the next one"
    if archive and rels["current"] != 1:
        yield "RFC 5005 4: an archive does not name the subscription document"
    for name in ("prev-archive", "next-archive", "current", "first", "last", "next", "previous"):
        if rels[name] > 1:
            yield f"RFC 5005 3, 4: {rels[name]} links are {name}"


def _tombstones(feed: Any) -> Iterator[str]:
    """RFC 6721: deleted entries."""
    seen: Counter[tuple[str, str]] = Counter()
    living = {e.findtext(f"{ATOM}id"): e.findtext(f"{ATOM}updated") for e in feed.findall(f"{ATOM}entry")}
    for stone in feed.iter(f"{AT}deleted-entry"):
        ref, when = stone.get("ref"), stone.get("when")
        seen[ref, when] += 1
        if stone.getparent() is not feed:
            yield "RFC 6721 3: a deleted entry stands elsewhere than in the feed"
        if not is_iri(ref):
            yield f"RFC 6721 3: {ref!r} is no IRI"
        if not is_rfc3339(when):
            yield f"RFC 6721 3: {when!r} is no date"
        elif ref in living and not _is_later(living[ref], when):
            yield f"RFC 6721 3: {ref} lives, though deleted later"
        for name in (f"{AT}by", f"{AT}comment", f"{ATOM}source"):
            yield from (f"RFC 6721 3: a deleted entry {fault}" for fault in counted(stone, name))
    yield from (f"RFC 6721 3: {key} is deleted twice" for key, times in seen.items() if times > 1)
    for reply in feed.iter(f"{THR}in-reply-to"):
        if not reply.get("ref"):
            yield "RFC 4685 3: a reply does not say to what"


def _is_later(one: str, other: str) -> bool:
    return is_rfc3339(one) and datetime.fromisoformat(one) > datetime.fromisoformat(other)


_ELEMENTS: dict[str, Callable[[Any], Iterator[str]]] = {
    "entry": _entry,
    "source": _source,
    "title": _text,
    "subtitle": _text,
    "summary": _text,
    "rights": _text,
    "content": _content,
    "author": _person,
    "contributor": _person,
    "updated": _date,
    "published": _date,
    "id": _iri,
    "icon": _iri,
    "logo": _iri,
    "category": _category,
    "generator": _generator,
    "link": _link,
}
