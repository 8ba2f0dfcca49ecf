"""What elements and attributes are called: `prefix_name` in lower case, the prefix by the namespace.

The formats' own namespaces have no prefix. A namespace that nobody knows goes by the prefix that its document
gave it.
"""

from collections.abc import Iterable

from aggregator.parse.lenient import PREFIXES
from aggregator.parse.tree import Tree

ATOM = "http://www.w3.org/2005/atom"
RSS_10 = "http://purl.org/rss/1.0/"
RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"

_USERLAND = "backend.userland.com/rss"  # in whatever address
_XML = "http://www.w3.org/XML/1998/namespace"
_XLINK = "http://www.w3.org/1999/xlink"
_KNOWN = frozenset(PREFIXES.values())
_MEANINGFUL = frozenset(
    "base domain height href hreflang ispermalink label lang lastmod length mode rel scheme src term text"
    " title type uri url version width".split()
)


class OtherRoadError(Exception):
    """Something that this road does not take; feedparser does."""


class Names:
    """The names in one document."""

    def __init__(self, tree: Tree) -> None:
        self._prefixes = {_XML: "xml"}  # which nobody declares
        given = dict[str, str]()
        for prefix, uri in filter(lambda space: space[1], tree.spaces):
            given[prefix.lower()] = self._prefixes[uri] = self._prefix(prefix.lower(), uri)
        real = set(self._prefixes.values())
        if confused := [prefix for prefix, known in given.items() if prefix and prefix in real - {known}]:
            raise OtherRoadError(f"prefix {confused[0]} of two namespaces")

    def _prefix(self, given: str, uri: str) -> str:
        lower = uri.lower()
        prefix = "" if _USERLAND in lower else PREFIXES.get(lower, given)
        before = self._prefixes.get(uri, prefix)
        if lower == _XLINK or (before != prefix and not _KNOWN.isdisjoint((before, prefix))):
            raise OtherRoadError(f"namespace {uri}")
        return prefix

    def of_element(self, tag: str) -> str:
        uri, _, short = tag.rpartition("}")
        prefix = self._prefixes[uri[1:]] if uri else ""
        return f"{prefix}_{short}".lower() if prefix else short.lower()


def attributes_of(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return attributes by name in lower case; `rel` and `type` are words, and so are in lower case too."""
    found = {}
    for given, value in items:
        name = _qualified(given) if given[0] == "{" else given.lower()
        found[name] = value.lower() if name in ("rel", "type") else value
    return found


def _qualified(given: str) -> str:
    uri, _, short = given[1:].lower().rpartition("}")
    prefix = PREFIXES.get(uri)
    if not prefix and short in _MEANINGFUL:  # it would count as if it had no namespace
        raise OtherRoadError(f"attribute {given}")
    return f"{prefix or uri}:{short}"
