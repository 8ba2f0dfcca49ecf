"""feedparser: the road for documents that are broken, or stranger than the strict one takes.

It gets bytes in a stream and nothing else: a string could be opened as a file or fetched. Its sanitizing and
its resolving of addresses inside HTML are off; `sanitize` does both, last, for every format.
"""

import io
import re
from typing import Any

import feedparser
from feedparser.api import StrictFeedParser

from aggregator.errors import Cause, ParseError
from aggregator.model import Document
from aggregator.parse.words import Read
from aggregator.text import one_line

# Where an extra brings chardet, feedparser asks it, and would read the same feed otherwise, by a guess.
feedparser.encodings.lazy_chardet_encoding = None

_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,16})|([0-9]{1,16}))(?![0-9a-fA-F]);?")
_CHOKES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip

# What it knows, for whoever wants to read as it does: namespaces in lower case → prefix, "" for those of the
# formats; the names it has an ear for, `prefix_name`; and its guess whether plain text is HTML.
PREFIXES: dict[str, str] = {
    uri.lower(): prefix.lower() for uri, prefix in StrictFeedParser.namespaces.items() if uri
}
HEARD = frozenset(
    name.removeprefix("_start_").removeprefix("_end_")
    for name in dir(StrictFeedParser)
    if name.startswith(("_start_", "_end_"))
)
looks_like_html = StrictFeedParser.looks_like_html


def read_leniently(document: Document) -> Read:
    """Let feedparser read; where it chokes, once more without what no text can hold.

    Raises: ParseError when it chokes again. Whatever it raises, the document brought it about.
    """
    try:
        read = _feedparse(document, document.body)
    except _CHOKES:
        try:
            read = _feedparse(document, _REFERENCE.sub(_writable, document.body))
        except _CHOKES as error:
            raise ParseError(Cause.MALFORMED, f"it cannot be read: {one_line(str(error))[:200]}") from error
    return Read(
        version=read.version,
        encoding=read.get("encoding", ""),
        flaw=one_line(str(read.get("bozo_exception", ""))) if read.bozo else "",
        feed=read.feed,
        entries=read.entries,
    )


def _feedparse(document: Document, body: bytes) -> Any:
    # Without a type feedparser assumes the encoding of HTTP's early days; XML says its own.
    media_type = document.media_type or "application/xml"
    headers = {"content-type": media_type, "content-location": document.address}
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={name: value for name, value in headers.items() if value},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _writable(reference: re.Match[bytes]) -> bytes:
    """Leave a character reference alone unless it is half a surrogate pair, or beyond Unicode."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_writable = number < 0xD800 or 0xDFFF < number <= 0x10FFFF
    return reference[0] if is_writable else b"&#65533;"
