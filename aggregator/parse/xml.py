"""RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0 and their broken kin: the strict road, or feedparser's.

What is well-formed and ordinary is read by `strict`, in a seventh of the time; `lenient` reads the rest. Both
answer in the same words, from which `words` makes our nouns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Extra, Parsed
from aggregator.parse.encoding import decode
from aggregator.parse.extras import extras_of, has_extras, read_extras
from aggregator.parse.lenient import read_leniently
from aggregator.parse.manners import skips
from aggregator.parse.strict import read_strictly
from aggregator.parse.tombstones import read_deletions
from aggregator.parse.tree import Tree, read_tree
from aggregator.parse.words import Read, entry_of, feed_of

_LIST = re.compile(rb"<opml\b", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_END = re.compile(rb"</(?:rss|feed|(?:[\w.-]+:)?RDF)\s*>", re.IGNORECASE)
_LONGEST_END = 10_000  # bytes: scripts of providers stand behind the last tag


def parse_xml(document: Document) -> Parsed:
    """Read an XML feed, well-formed or not.

    Raises: ParseError when there is no feed in it: a page, or nothing that can be read.
    """
    decoded = decode(document)
    tree = read_tree(decoded) if decoded else None
    read = read_strictly(tree, decoded, base=document.address) if tree and decoded else None
    return assemble(document, read or read_leniently(document), tree)


def assemble(document: Document, read: Read, tree: Tree | None) -> Parsed:
    """Put together what one of the roads read and what the tree holds besides."""
    if not read.version and not read.entries:
        raise _no_feed(document, read.flaw)
    base, is_rss = document.address, read.version.startswith("rss")
    return Parsed(
        version=read.version or "unknown",
        encoding=read.encoding,
        feed=replace(feed_of(read.feed, base), **skips(document.body)),
        entries=tuple(
            entry_of(entry, base, extras, is_rss=is_rss)
            for entry, extras in zip(_whole(read), _extras(read, tree), strict=False)
        ),
        deleted=read_deletions(tree) if tree else (),
        flaw=read.flaw,
        is_cut=bool(read.flaw) and not _END.search(document.body[-_LONGEST_END:]),
    )


def _no_feed(document: Document, flaw: str) -> ParseError:
    if _LIST.search(document.body[:4096]):
        return ParseError(
            Cause.A_LIST,
            "it is OPML, not a feed; `aggregator import` copies it, `opml:` follows it",
        )
    if _HTML.search(document.body[:4096]):
        return ParseError(Cause.NOT_A_FEED, "it is a web page, not a feed")
    if flaw:
        return ParseError(Cause.MALFORMED, f"it cannot be read: {flaw}")
    return ParseError(Cause.NOT_A_FEED, "it is XML, but no feed")


def _extras(read: Read, tree: Tree | None) -> Iterable[tuple[Extra, ...]]:
    """Return what each entry holds of other namespaces."""
    if tree is None or not has_extras(tree):
        return repeat(())
    if read.items:
        return map(extras_of, read.items)
    found = read_extras(tree)
    return found if len(found) == len(read.entries) else repeat(())


def _whole(read: Read) -> Sequence[Mapping[str, Any]]:
    """Leave out the stump of an entry at which a broken document was cut off."""
    entries = read.entries
    if read.flaw and len(entries) > 1 and not any(entries[-1].get(key) for key in ("id", "link")):
        return entries[:-1] if any(entries[-2].get(key) for key in ("id", "link")) else entries
    return entries
