"""What the formats are made of: IRIs, dates, languages, media types, XML, fragments of HTML."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

# RFC 3987, 2.2; brackets stand around an address of IPv6 only.
_PLAIN = r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|[^\x00-\x9f\ufdd0-\ufdef\ufff0-\uffff])"
_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[^/?#\[\]@]*@)?\[[0-9A-Fa-f:.]+\])?{_PLAIN}*")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_RFC822 = re.compile(r"(?:\w{3}, )?\d\d? \w{3} \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_ADDRESSES = ("href", "src", "cite", "poster")


def is_iri(text: str | None) -> bool:
    """Say whether text is an IRI with a scheme, in full (RFC 3987, 2.2)."""
    return bool(text and _IRI.fullmatch(text))


def is_web_address(text: str | None) -> bool:
    return is_iri(text) and str(text).lower().startswith(("http://", "https://")) and len(str(text)) > 8


def is_rfc3339(text: str | None) -> bool:
    """Say whether text is a date as Atom wants it: upper-case T and Z, and a day that exists."""
    if not text or not _RFC3339.fullmatch(text):
        return False
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def is_rfc822(text: str | None) -> bool:
    """Say whether text is a date as RSS wants it, with a year of four digits and the right weekday."""
    if not text or not _RFC822.fullmatch(text):
        return False
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return False
    return "," not in text or text[:3] == "Mon Tue Wed Thu Fri Sat Sun".split()[moment.weekday()]


def is_media_type(text: str | None) -> bool:
    return bool(text and _MEDIA_TYPE.fullmatch(text))


def is_language(text: str | None) -> bool:
    return bool(text and _LANGUAGE.fullmatch(text))


def is_count(text: str | None) -> bool:
    return bool(text and re.fullmatch(r"\d+", text, re.ASCII))


def read_xml(content: bytes) -> Any:
    """Read a document strictly: XML 1.0, UTF-8 and said so, no DOCTYPE, no instruction to a program.

    Raises: ValueError that says what is wrong.
    """
    try:
        content.decode("utf-8")
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except (UnicodeDecodeError, etree.XMLSyntaxError) as error:
        raise ValueError(f"XML 1.0: {error}") from error
    tree = root.getroottree()
    if (tree.docinfo.encoding or "").upper() != "UTF-8":
        raise ValueError(f"XML 1.0 4.3.3: the encoding is said to be {tree.docinfo.encoding}")
    if tree.docinfo.doctype:
        raise ValueError("PB-12: there is a DOCTYPE")
    for node in tree.iter(etree.ProcessingInstruction):
        raise ValueError(f"PB-12: there is an instruction to {node.target}")
    return root


def broken_html(html: str, where: str) -> Iterator[str]:
    """Hold a fragment of HTML to what a feed may carry: absolute addresses, nothing that runs."""
    if not html.strip():
        return
    tree = etree.fromstring(f"<div>{html}</div>", etree.HTMLParser(encoding="utf-8"))
    for element in tree.iter(etree.Element):
        if element.tag in ("script", "style", "iframe", "object", "embed", "form"):
            yield f"PB-12: {where} holds <{element.tag}>"
        for name, value in element.attrib.items():
            if name.startswith("on"):
                yield f"PB-12: {where} holds {name}="
            if name in _ADDRESSES and not re.match(r"(?:https?|mailto):", value):
                yield f"PB-12: {where} holds the address {value!r}"


def counted(parent: Any, name: str, *, least: int = 0, most: int | None = 1) -> Iterator[str]:
    """Tell whether an element has as many children of a name as it must."""
    found = len(parent.findall(name))
    short = name.rpartition("}")[2]
    if found < least:
        yield f"has no {short}" if least == 1 else f"has {found} {short}"
    if most is not None and found > most:
        yield f"has {found} {short}"
