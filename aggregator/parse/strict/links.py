"""Links, enclosures, licenses, and ids, which are links at times."""

import re
from xml.etree.ElementTree import Element

from aggregator.parse.strict.names import OtherRoadError
from aggregator.parse.strict.reader import Attributes, Reader, Words
from aggregator.parse.strict.texts import HTML, HTML_TYPES, mended, resolved, said

_REFERENCE = re.compile("&([A-Za-z0-9_]+);")


def link(reader: Reader, element: Element, attributes: Attributes, _: int) -> None:
    link = {"rel": "alternate", **attributes}
    link.setdefault("type", "application/atom+xml" if link["rel"] == "self" else HTML)
    _name_href(link)
    words = reader.words
    words.setdefault("links", []).append(link)
    if "href" not in link:
        _written_link(reader, said(element), link)
        return
    link["href"] = resolved(reader.base, link["href"])
    if link["rel"] == "alternate" and link["type"] in ("html", "xhtml", *HTML_TYPES):
        words["link"] = link["href"]
    _pass_text(reader, element)


def _written_link(reader: Reader, text: str, link: Words) -> None:
    address = reader.address(text)
    if "&" in address:
        address = address.replace("&amp;", "&") if reader.place == "entry" else address
        address = _REFERENCE.sub(r"&\1", address)
    reader.words["link"] = address
    if address or reader.place != "entry":
        link["href"] = address


def _name_href(link: Words) -> None:
    """Call an address `href`, whatever it was called."""
    href = link.get("url", link.get("uri", link.get("href")))
    if href:
        link.pop("url", None)
        link.pop("uri", None)
        link["href"] = href


def guid(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    is_link = attributes.get("ispermalink", "true") == "true"
    text = said(element)
    value = reader.address(text) if is_link else mended(text)
    reader.put("id", value, depth)
    if is_link:
        reader.words.setdefault("link", value)


def enclosure(reader: Reader, element: Element, attributes: Attributes, _: int) -> None:
    link = dict(attributes)
    _name_href(link)
    link["rel"] = "enclosure"
    reader.words.setdefault("links", []).append(link)
    _pass_text(reader, element)


def _pass_text(reader: Reader, element: Element) -> None:
    """Leave out what stands in an element that should be empty; in a source it would be the title."""
    if said(element) and reader.place == "source":
        raise OtherRoadError(f"text in {element.tag}")


def rdf_license(reader: Reader, element: Element, attributes: Attributes, _: int) -> None:
    _add_license(reader, attributes.get("rdf:resource", ""))
    said(element)


def written_license(reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    _add_license(reader, mended(said(element)))


def _add_license(reader: Reader, href: str) -> None:
    reader.words.setdefault("links", []).append({"rel": "license", **({"href": href} if href else {})})
