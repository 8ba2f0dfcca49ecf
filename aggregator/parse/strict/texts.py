"""What stands in an element, as feedparser understands it: letters, addresses, types, markup."""

import re
from contextlib import suppress
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from aggregator.parse.strict.names import OtherRoadError, attributes_of

PLAIN, HTML, XHTML = "text/plain", "text/html", "application/xhtml+xml"
HTML_TYPES = (HTML, XHTML)

_TYPES = {"text": PLAIN, "plain": PLAIN, "html": HTML, "xhtml": XHTML, PLAIN: PLAIN, HTML: HTML, XHTML: XHTML}
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+,.-]*://)/+")
# An address that joining leaves alone.
_WHOLE = re.compile(
    r"(?:urn|tag):[^/][!-~]*|https?://[A-Za-z0-9.:-]+(?:/[^\s?#;\\\x00-\x20\[\]]*)?(?:\?[^\s#\\\x00-\x20\[\]]+)?"
)
_CONTROLS = re.compile("[\x80-\x9f]")
_WINDOWS = {
    number: letter for number in range(0x80, 0xA0) if (letter := bytes([number]).decode("cp1252", "ignore"))
}
_NAMESPACE = "{http://www.w3.org/1999/xhtml}"
_DEEPEST = 100
_FOREIGN = frozenset(("body", "math", "svg"))


def said(element: Element) -> str:
    """Return what stands in an element that holds no other."""
    if len(element):
        raise OtherRoadError(f"elements in {element.tag}")
    return element.text.strip() if element.text else ""


def own_text(element: Element) -> str:
    """Return what stands in an element beside others."""
    return f"{element.text or ''}{''.join(child.tail or '' for child in element)}".strip()


def mended(text: str) -> str:
    """Read again what was encoded twice, and the letters that Windows has where Unicode has controls."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_WINDOWS) if _CONTROLS.search(text) else text


def resolved(base: str, address: str) -> str:
    """Join an address with its base, the way of RFC 3986."""
    if _WHOLE.fullmatch(address):
        return address
    try:
        return urljoin(base, _SLASHES.sub(r"\1", address))
    except ValueError:
        return ""


def media_type(written: str) -> str:
    """Return the type of a text in full; one that is no text may be anything."""
    kind = _TYPES.get(written)
    if kind is None:
        raise OtherRoadError(f"type {written}")
    return kind


def markup(element: Element, *, is_bare: bool) -> str:
    """Write what stands in an element as XHTML.

    Args:
        is_bare: leave out the one `<div>` around all of it, which belongs to the format (RFC 4287, 3.1.1.3).
    """
    if is_bare and len(element) == 1 and element[0].tag == f"{_NAMESPACE}div" and not _text_around(element):
        element = element[0]
    return "".join(_written(element, depth=0)).strip()


def _text_around(element: Element) -> str:
    return f"{element.text or ''}{element[0].tail or ''}".strip()


def _written(element: Element, *, depth: int) -> list[str]:
    if depth > _DEEPEST:
        raise OtherRoadError("too deep")
    parts = [_escaped(element.text)]
    for child in element:
        space, _, name = child.tag.rpartition("}")
        name = name.lower()
        attributes = attributes_of(child.items())
        if f"{space}}}" != _NAMESPACE or name in _FOREIGN or any(map(_is_foreign, attributes)):
            raise OtherRoadError(f"<{name}> in XHTML")
        written = (
            f' {key}="{_escaped(value).replace(chr(34), "&quot;")}"' for key, value in attributes.items()
        )
        parts += (
            f"<{name}{''.join(written)}>",
            *_written(child, depth=depth + 1),
            f"</{name}>",
            _escaped(child.tail),
        )
    return parts


def _is_foreign(attribute: str) -> bool:
    return ":" in attribute and not attribute.startswith("xml:")


def _escaped(text: str | None) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") if text else ""
