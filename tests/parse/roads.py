"""Both roads over one document, and what they are allowed to say differently."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from aggregator.model import Document, Origin, Parsed
from aggregator.parse.encoding import decode
from aggregator.parse.lenient import read_leniently
from aggregator.parse.strict import read_strictly
from aggregator.parse.tree import Tree, read_tree
from aggregator.parse.xml import assemble


@dataclass(frozen=True, kw_only=True)
class Roads:
    """What each road makes of a document."""

    strict: Parsed | None  # None: it does not take it
    lenient: Parsed
    is_well_formed: bool


def tree_of(body: bytes) -> Tree | None:
    decoded = decode(Document(address="https://example.org/a/feed", body=body))
    return read_tree(decoded) if decoded else None


def read_both(document: Document) -> Roads:
    """Read a document twice. Raises: ParseError where it is no feed, or one on which feedparser chokes."""
    decoded = decode(document)
    tree = read_tree(decoded) if decoded else None
    lenient = assemble(document, read_leniently(document), tree)
    read = read_strictly(tree, decoded, base=document.address) if tree and decoded else None
    is_well_formed = tree is not None and (not lenient.flaw or lenient.flaw == (decoded and decoded.flaw))
    strict = assemble(document, read, tree) if read else None
    return Roads(strict=strict, lenient=lenient, is_well_formed=is_well_formed)


def differences(lenient: object, strict: object, where: str = "") -> Iterator[str]:
    """Yield where two readings differ and nothing explains it."""
    if lenient == strict or _is_explained(where, lenient, strict):
        return
    if is_dataclass(lenient) and type(lenient) is type(strict):
        for field in fields(lenient):
            name = field.name
            yield from differences(getattr(lenient, name), getattr(strict, name), f"{where}.{name}")
    elif isinstance(lenient, tuple) and isinstance(strict, tuple) and len(lenient) == len(strict):
        for one, other in zip(lenient, strict, strict=True):
            yield from differences(one, other, where)
    else:
        yield f"{where}: {lenient!r} by feedparser, {strict!r} by ours"


def _is_explained(where: str, lenient: object, strict: object) -> bool:
    """Say whether feedparser is plainly wrong and we are not.

    In the source of an Atom entry it takes the page of an author or a contributor for the address of the
    feed, where that has no `self` link: a publisher would be said to publish at somebody's home page.
    """
    if where == ".entries.origin.feed_url":
        return bool(lenient) and not strict
    if where == ".entries.origin" and strict is None:  # nothing else is said of it
        return isinstance(lenient, Origin) and lenient == Origin(feed_url=lenient.feed_url)
    return False
