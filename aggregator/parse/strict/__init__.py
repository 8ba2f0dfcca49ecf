"""The fast road: a well-formed document, read in one walk over its tree, exactly as feedparser reads it.

Most well-formed documents hold nothing out of the ordinary and take it. It gives up at the first thing of
which it is not sure, and `lenient` reads the document instead; `tests/parse/test_roads.py` holds the two
together over every document there is.
"""

from xml.etree.ElementTree import Element

from aggregator.parse.encoding import Decoded
from aggregator.parse.strict.acts import ACTS
from aggregator.parse.strict.names import ATOM, RSS_090, RSS_10, Names, OtherRoadError, attributes_of
from aggregator.parse.strict.reader import Attributes, Reader
from aggregator.parse.strict.texts import resolved
from aggregator.parse.tree import Tree
from aggregator.parse.words import Read

_RSS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
_BY_NAMESPACE = {ATOM: "atom10", RSS_10: "rss10", RSS_090: "rss090"}


def read_strictly(tree: Tree, decoded: Decoded, *, base: str) -> Read | None:
    """Read a feed in feedparser's words; None where feedparser had better do so.

    Args:
        base: the address of the document.
    """
    if decoded.is_late:
        return None
    try:
        reader = _read(tree, base)
    except OtherRoadError:
        return None
    is_netscape = "netscape" in tree.doctype.lower()
    return Read(
        version="rss091n" if is_netscape else reader.version,
        encoding=decoded.encoding,
        flaw=decoded.flaw,
        feed=reader.feed,
        entries=reader.entries,
        items=reader.items,
    )


def _read(tree: Tree, base: str) -> Reader:
    if base and not base.startswith(("http://", "https://")):
        raise OtherRoadError(f"base {base}")
    names, root = Names(tree), tree.root
    kind, attributes = names.of_element(root.tag), attributes_of(root.items())
    if kind not in _ROOTS:
        raise OtherRoadError(f"root {kind}")
    version = _version(tree, kind, attributes)
    reader = Reader(names, ACTS, version=version, base=resolved(base, base))
    reader.enter(_ROOTS[kind], root, attributes, 1)
    return reader


def _version(tree: Tree, kind: str, attributes: Attributes) -> str:
    known = ((prefix, _BY_NAMESPACE.get(uri.lower(), "")) for prefix, uri in tree.spaces)
    named = list(dict.fromkeys(name for prefix, name in known if name and not (name == "rss090" and prefix)))
    if kind == "rdf_rdf" and named:
        return named[0]
    own = attributes.get("version", "")
    if kind == "rss" and named in ([], ["atom10"]):
        return _RSS.get(own) or ("rss20" if own.startswith("2.") else "rss")
    is_atom = tree.root.tag.lower().startswith(f"{{{ATOM}}}")
    if kind == "feed" and named == ["atom10"] * is_atom:
        return "atom10" if is_atom else _ATOM.get(own, "atom")
    raise OtherRoadError(f"version of {kind}")


def _feed(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    _set_language(reader)
    reader.walk(element, depth + 1)


def _rss(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    _set_language(reader)
    if [reader.name(child) for child in element] != ["channel"]:
        raise OtherRoadError("rss without one channel")
    reader.enter(_channel, element[0], attributes_of(element[0].items()), depth + 1)


def _rdf(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    for child in element:
        name = reader.name(child)
        if name not in _IN_RDF:
            raise OtherRoadError(f"{name} in RDF")
        reader.enter(_IN_RDF[name], child, attributes_of(child.items()), depth + 1)


def _channel(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    if "lastmod" in attributes or "href" in attributes:
        raise OtherRoadError("channel of CDF")
    reader.walk(element, depth + 1)


def _apart(reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    """Read what RDF has beside its channel, which says nothing of the feed."""
    if any(reader.name(child) not in _PARTS or len(child) for child in element):
        raise OtherRoadError("a part of RDF")


def _set_language(reader: Reader) -> None:
    if reader.language:
        reader.feed["language"] = reader.language.replace("_", "-")


_PARTS = frozenset("title url link width height description name".split())
_ROOTS = {"feed": _feed, "rss": _rss, "rdf_rdf": _rdf}
_IN_RDF = {"channel": _channel, "item": ACTS["item"], "image": _apart, "textinput": _apart}
