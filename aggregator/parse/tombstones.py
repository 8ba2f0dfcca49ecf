"""What an Atom feed says it deleted (RFC 6721). feedparser has no ear for it.

Read strictly: whoever deletes something says so in a well-formed document.
"""

from aggregator.dates import parse_date
from aggregator.model import Deletion
from aggregator.parse.tree import Tree

_FEED = "{http://www.w3.org/2005/Atom}feed"
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def read_deletions(tree: Tree) -> tuple[Deletion, ...]:
    """Return what stands as deleted in a feed itself, and not in one of its entries."""
    if tree.root.tag != _FEED:
        return ()
    told = (
        (stone.get("ref", "").strip(), parse_date(stone.get("when", "")))
        for stone in tree.root.iterfind(_DELETED)
    )
    return tuple(Deletion(ref=ref, when=when) for ref, when in told if ref and when)
