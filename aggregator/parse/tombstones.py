"""What an Atom feed says it deleted (RFC 6721). feedparser has no ear for it.

Read strictly: whoever deletes something says so in a well-formed document.
"""

from typing import Any
from xml.parsers.expat import ParserCreate

from aggregator.dates import parse_date
from aggregator.model import Deletion
from aggregator.parse.extras import read_strictly

_NAMESPACE = "http://purl.org/atompub/tombstones/1.0"
_FEED, _DELETED = "http://www.w3.org/2005/Atom feed", f"{_NAMESPACE} deleted-entry"


def read_deletions(body: bytes) -> tuple[Deletion, ...]:
    """Return what stands as deleted in a feed itself, and not in one of its entries."""
    if _NAMESPACE.encode() not in body:
        return ()
    path: list[str] = []
    found: list[Deletion] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if path == [_FEED] and name == _DELETED:
            ref, when = attributes.get("ref", "").strip(), parse_date(attributes.get("when", ""))
            if ref and when:
                found.append(Deletion(ref=ref, when=when))
        path.append(name)

    parser: Any = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    return tuple(found) if read_strictly(parser, body) else ()
