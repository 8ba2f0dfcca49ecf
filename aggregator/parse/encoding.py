"""Bytes to text: which encoding a document is in, where its server, its declaration and its bytes differ.

Whom to believe first is settled as feedparser settles it, so that both roads read the same letters (RFC 3023,
and what became of it).
"""

import codecs
import re
from dataclasses import dataclass

from aggregator.model import Document

_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding=['\"](.*?)['\"][^>]*?\?>")
_DECLARATION = re.compile(r"<\?xml[^>]*?>")
_MOST_DECLARATION = 1000  # characters
_WIDER = {"gb2312": "gb18030"}  # what servers mean that say the first
_LAST_RESORTS = ("utf-8", "windows-1252", "iso-8859-2")
_MANY_BYTES = re.compile(r"(?i)16|32|ucs|unicode|csucs|utf-?7")  # to a letter: read by feedparser alone
_XML = frozenset(
    "application/xml application/xml-dtd application/xml-external-parsed-entity text/xml"
    " text/xml-external-parsed-entity".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document as text, without its declaration and what should not stand before it."""

    text: str
    encoding: str  # in which it was read
    flaw: str = ""  # what its server or itself got wrong
    is_late: bool = False  # white space stands before its declaration


def decode(document: Document) -> Decoded | None:
    """Read a document's letters; None where ASCII is not written as ASCII, or nobody knows the encoding."""
    body = document.body.removeprefix(codecs.BOM_UTF8)
    found = _DECLARED.match(body, 0, _MOST_DECLARATION)
    declared = found[1].decode("ascii", "replace").lower() if found else ""
    declared = _WIDER.get(declared, declared)
    believed, flaw = _believed(document.media_type or "application/xml", declared)
    if b"\0" in body[:4] or body.startswith(_FOREIGN) or _MANY_BYTES.search(f"{believed} {declared}"):
        return None
    marked = "utf-8" if len(body) < len(document.body) else ""
    for encoding in filter(None, dict.fromkeys((believed, declared, marked, *_LAST_RESORTS))):
        try:
            text = body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        except UnicodeError:  # of a codec for something else than text
            return None
        if encoding != believed:
            flaw = f"document declared as {believed}, but parsed as {encoding}"
        return _undeclared(text, encoding, flaw)
    return None


_FOREIGN = (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE, b"\x4c\x6f\xa7\x94")  # the last is EBCDIC


def _undeclared(text: str, encoding: str, flaw: str) -> Decoded:
    start = len(text) - len(text.lstrip())
    declaration = _DECLARATION.match(text, start, start + _MOST_DECLARATION)
    return Decoded(
        text=text[declaration.end() if declaration else start :],
        encoding=encoding,
        flaw=flaw,
        is_late=start > 0 and declaration is not None,
    )


def _believed(media_type: str, declared: str) -> tuple[str, str]:
    """Return the encoding to try first, and what is wrong with the type."""
    kind, *parameters = (part.strip() for part in media_type.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    charsets = [value.strip().strip("\"'") for name, _, value in pairs if name.strip().lower() == "charset"]
    charset = charsets[-1] if charsets else ""
    is_xml = kind in _XML or (kind.startswith(("application/", "text/")) and kind.endswith("+xml"))
    if kind.startswith("text/"):
        believed = charset or "us-ascii"
    else:
        believed = (charset if is_xml else "") or declared or "utf-8"
    return _WIDER.get(believed.lower(), believed), "" if is_xml else f"{media_type} is not an XML media type"
