"""OPML, as every reader exports it, with what FreshRSS and Miniflux add.

Folders become tags, all on the way down. Nothing is expanded: a document that declares entities is refused.
"""

import re
from collections.abc import Iterator
from xml.parsers import expat

from aggregator.errors import ListError
from aggregator.model import Outline

MOST_DEPTH = 20  # of folders

_BARE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_START = re.compile(rb"^[\xef\xbb\xbf\xff\xfe\x00\s]*<")
# FreshRSS makes feeds of these kinds itself, out of what stands at the address.
_SCRAPED = ("html+xpath", "xml+xpath", "json+", "html+json")
_OTHERS = {
    "rss": "it is a feed itself; `aggregator add` adds it",
    "feed": "it is a feed itself; `aggregator add` adds it",
    "rdf:rdf": "it is a feed itself; `aggregator add` adds it",
    "html": "it is a web page; `aggregator add` looks for its feed",
}


def looks_like_xml(body: bytes) -> bool:
    return bool(_START.match(body))


def read_opml(body: bytes) -> Iterator[Outline]:
    """Read outlines; bare ampersands, which many programs write, are taken for what they are.

    Raises: ListError when it is no OPML, broken, too deep, or declares entities.
    """
    try:
        reader = _read(body)
    except expat.ExpatError:
        try:
            reader = _read(_BARE.sub(b"&amp;", body))
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "unreadable"
            raise ListError(f"line {error.lineno}: it is not well-formed XML: {reason}") from error
    yield from reader.found


def _read(body: bytes) -> "_Reader":
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = reader.refuse
    parser.Parse(body, True)  # noqa: FBT003 -- that it is all of it
    return reader


class _Reader:
    def __init__(self) -> None:
        self.found: list[Outline] = []
        self._folders: list[str] = []  # of every outline that is open; a feed is no folder: ""
        self._is_begun = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._is_begun and name.lower() != "opml":
            raise ListError(_OTHERS.get(name.lower(), f"it is XML, but no OPML: <{name[:40]}>"))
        self._is_begun = True
        if name.lower() != "outline":
            return
        if len(self._folders) >= MOST_DEPTH:
            raise ListError(f"its outlines nest deeper than {MOST_DEPTH} levels")
        given = {key.lower(): value.strip() for key, value in attributes.items()}
        outline = _outline(given, tuple(filter(None, self._folders)))
        if outline:
            self.found.append(outline)
        self._folders.append("" if outline else given.get("title") or given.get("text", ""))

    def end(self, name: str) -> None:
        if name.lower() == "outline":
            self._folders.pop()

    def refuse(self, *_: object) -> None:
        raise ListError("it declares entities, which no list of feeds needs")


def _outline(given: dict[str, str], folders: tuple[str, ...]) -> Outline | None:
    """Return the feed that an outline is; None: a folder."""
    kind = given.get("type", "").lower()
    name = given.get("title") or given.get("text", "")
    url, trouble = given.get("xmlurl", ""), ""
    if listed := given.get("frss:opmlurl") or (given.get("url", "") if kind in ("include", "link") else ""):
        url, trouble = listed, "it is a list in the list; `aggregator import` reads it"
    elif kind.startswith(_SCRAPED):
        trouble = "FreshRSS makes this feed itself, out of what is no feed"
    elif not url and kind in ("rss", "atom"):
        trouble = "it has no address"
    if not url and not trouble:
        return None
    paths = (part for path in given.get("category", "").split(",") for part in path.split("/"))
    return Outline(url=url, name=name, tags=(*folders, *paths), trouble=trouble)
