"""Documents to raw entries: one module per family of formats, chosen by what the bytes look like.

What a server calls a document is often wrong; what it starts with seldom is. Nothing here is to be
trusted afterwards: `normalize` vouches for entries.
"""

from collections.abc import Callable

from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Parsed
from aggregator.parse.article import parse_article
from aggregator.parse.jsonfeed import parse_jsonfeed
from aggregator.parse.xml import parse_xml

_BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # white space and byte order marks

PARSERS: dict[str, Callable[[Document], Parsed]] = {
    "xml": parse_xml,
    "jsonfeed": parse_jsonfeed,
    "article": parse_article,
}


def sniff(document: Document) -> str:
    """Name the parser for a document, by its first characters; only files can be articles.

    Raises: ParseError when it is empty.
    """
    start = document.body.lstrip(_BLANK)[:64].replace(b"\x00", b"").lower()
    if not start:
        raise ParseError(Cause.EMPTY, "the document is empty")
    if document.name and (start.startswith(b"---") or document.name.lower().endswith(ARTICLE_ENDINGS)):
        return "article"
    return "jsonfeed" if start.startswith((b"{", b"[")) else "xml"


def parse(document: Document) -> Parsed:
    """Read a document.

    Raises: ParseError when it is empty, not a feed, or broken beyond reading.
    """
    return PARSERS[sniff(document)](document)


ARTICLE_ENDINGS = (".txt", ".text", ".md", ".markdown", ".html", ".htm")
