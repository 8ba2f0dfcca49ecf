"""Titles, summaries, contents, and the words and dates that are text alone."""

from xml.etree.ElementTree import Element

from aggregator.parse.strict.names import OtherRoadError
from aggregator.parse.strict.reader import Act, Attributes, Reader
from aggregator.parse.strict.texts import PLAIN, mended, said


def word(key: str) -> Act:
    def act(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
        reader.put(key, mended(said(element)), depth)

    return act


def date(key: str) -> Act:
    def act(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
        written = said(element)
        if not written.isascii():  # in another language; feedparser reads some
            raise OtherRoadError(f"date {written}")
        reader.put(key, written, depth)

    return act


def bare(key: str, *, is_address: bool = False) -> Act:
    """Make an act for a word that has no attributes."""

    def act(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
        if attributes:
            raise OtherRoadError(f"attributes of {key}")
        text = said(element)
        reader.put(key, reader.address(text) if is_address else mended(text), depth)

    return act


def line(key: str) -> Act:
    def act(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
        detail = reader.detail(element, attributes, PLAIN)
        reader.put(key, detail["value"], depth)
        reader.words[f"{key}_detail"] = detail

    return act


def title(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    detail = reader.detail(element, attributes, PLAIN)
    if not -1 < reader.title_depth <= depth:
        reader.put("title", detail["value"], depth)
        reader.words["title_detail"] = detail
    if detail["value"]:
        reader.title_depth = depth


def media_title(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
    before = reader.title_depth
    title(reader, element, attributes, depth)
    reader.title_depth = before


def summary(key: str, usual: str) -> Act:
    """Make an act for a summary; the second one of an entry is taken for its content."""

    def act(reader: Reader, element: Element, attributes: Attributes, depth: int) -> None:
        if "summary" in reader.words and not reader.has_content:
            _content(reader, element, attributes, PLAIN)
            return
        detail = reader.detail(element, attributes, usual)
        word = "subtitle" if key == "description" and reader.place != "entry" else "summary"
        reader.put(word, detail["value"], depth)
        reader.words[f"{word}_detail"] = detail

    return act


def contents(usual: str) -> Act:
    return lambda reader, element, attributes, _: _content(reader, element, attributes, usual)


def _content(reader: Reader, element: Element, attributes: Attributes, usual: str) -> None:
    if reader.place == "source":
        raise OtherRoadError("content of a source")
    reader.has_content = True
    detail = reader.detail(element, attributes, usual)
    if reader.place == "entry":
        reader.words.setdefault("content", []).append(detail)
    reader.words.setdefault("summary", detail["value"])
