"""Elements that hold others: items, their sources, and the parts of a feed that are none of its words."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from aggregator.parse.strict.names import OtherRoadError
from aggregator.parse.strict.reader import Attributes, Reader, pass_by
from aggregator.parse.strict.texts import mended, own_text, said

_IN_IMAGE = frozenset("title url link width height description".split())
_IN_TEXT_INPUT = frozenset("title name link description".split())


def item(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    if reader.place != "feed" or "lastmod" in attributes or "href" in attributes:
        raise OtherRoadError("item")
    reader.begin_entry(element)
    if attributes.get("rdf:about"):
        reader.words["id"] = attributes["rdf:about"]
    reader.walk(element, depth + 1)
    reader.end_entry()


def source(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    if reader.place != "entry" or (len(element) and own_text(element)):
        raise OtherRoadError("source")
    entry, source = reader.words, {"href": attributes["url"]} if "url" in attributes else {}
    reader.words, reader.place, reader.title_depth = source, "source", -1
    reader.walk(element, depth + 1)
    reader.words, reader.place = entry, "entry"
    if not len(element) and (title := mended(said(element))):
        source["title"] = title
    entry["source"] = source


def image(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    reader.title_depth = -1
    if reader.place == "entry":
        said(element)
        return
    image = reader.words.setdefault("image", {})
    for name, text in _within(reader, element, _IN_IMAGE, depth):
        if name == "url":
            image["href"] = reader.address(text)


def text_input(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    reader.title_depth = -1
    for _found in _within(reader, element, _IN_TEXT_INPUT, depth):
        pass


def _within(reader: Reader, element: Element, names: frozenset[str], depth: int) -> Iterator[tuple[str, str]]:
    """Yield what stands in the elements of a part of the feed; its title is none of the feed's."""
    if reader.place != "feed":
        raise OtherRoadError("a part of an entry or a source")
    for child in element:
        name, text = reader.name(child), said(child)
        if name not in names or (name == "url" and child.keys()):
            raise OtherRoadError(f"element {name} within")
        if name == "title" and text:
            reader.title_depth = depth + 1
        yield name, text


def itunes_image(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    if href := attributes.get("href") or attributes.get("url"):
        reader.words["image"] = {"href": href}
    pass_by(reader, element, attributes, depth)


def stray_address(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    if reader.place == "source":
        raise OtherRoadError("address of a source")
    pass_by(reader, element, attributes, depth)


def text_only(_reader: Reader, element: Element, _: Attributes, _depth: int) -> None:
    said(element)
