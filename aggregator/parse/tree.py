"""Text to a tree, strictly: by expat, and for documents that declare nothing.

Whatever reads a well-formed document starts here: the strict road, the elements of other namespaces, the
deletions. A document that is not well-formed, declares entities of its own or has more elements than any feed
gives no tree.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from aggregator.parse.encoding import Decoded

MOST_TAGS = 400_000  # some 250 bytes of memory each

_DECLARATIONS = ("<!ENTITY", "<!ATTLIST")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A well-formed document."""

    root: Element
    spaces: tuple[tuple[str, str], ...]  # (prefix, URI) of each namespace, in the order of the document
    doctype: str = ""  # its public identifier


class _Builder(TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self.spaces: dict[tuple[str, str], None] = {}
        self.doctypes: list[str] = []

    def start_ns(self, prefix: str, uri: str) -> None:
        self.spaces[prefix, uri] = None

    def doctype(self, _name: str, public: str | None, system: str | None) -> None:
        self.doctypes.append(f"{public or ''} {system or ''}")


def read_tree(decoded: Decoded) -> Tree | None:
    """Read a document as XML demands, or not at all."""
    text = decoded.text
    if len(text) > MOST_TAGS and text.count("<") > MOST_TAGS:
        return None
    if "<!DOCTYPE" in text and any(declaration in text for declaration in _DECLARATIONS):
        return None
    builder = _Builder()
    parser = XMLParser(target=builder)  # noqa: S314 -- nothing is declared, so nothing expands
    try:
        parser.feed(text)
        root = parser.close()
    except (ParseError, ValueError):  # the latter: half a surrogate pair
        return None
    return Tree(root=root, spaces=tuple(builder.spaces), doctype=" ".join(builder.doctypes))
