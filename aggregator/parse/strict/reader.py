"""A well-formed document in feedparser's words: a walk over its tree, one function for each kind of element.

`acts` says what feeds are made of. Whatever else feedparser has an ear for, and whatever stands where it is
not expected, leads to the other road.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from aggregator.parse.lenient import HEARD, looks_like_html
from aggregator.parse.strict.names import Names, OtherRoadError, attributes_of
from aggregator.parse.strict.texts import (
    HTML,
    PLAIN,
    XHTML,
    markup,
    media_type,
    mended,
    resolved,
    said,
)

Words = dict[str, Any]
Attributes = dict[str, str]
Act = Callable[["Reader", Element, Attributes, int], None]

_DEEPEST = 20
_SCOPED = frozenset(("xml:base", "base", "xml:lang", "lang"))
_NONE: Attributes = {}
# What feedparser would take for words of its own.
_TAKEN = frozenset(
    "authors author_detail contributors links href value date date_parsed title_detail summary_detail"
    " rights_detail subtitle_detail description_detail published_parsed updated_parsed created_parsed"
    " issued_parsed modified_parsed copyright_detail tagline_detail".split()
)


class Reader:
    """What was read so far, and where we are."""

    def __init__(self, names: Names, acts: Mapping[str, Act], *, version: str, base: str) -> None:
        self.version, self.base = version, base
        self.language: str | None = None
        self.feed: Words = {}
        self.entries: list[Words] = []
        self.items: list[Element] = []  # of the entries
        self.words = self.feed  # of the source, the entry or the feed in which we are
        self.place = "feed"  # or "entry", "source"
        self.title_depth = -1  # a title this far in, or further, is not the one
        self.has_content = False
        self._names, self._table = names, acts
        self._is_atom = version.startswith("atom")
        self._depths: dict[str, int] = {}  # of an entry's words: of two the outer one counts
        self._acts: dict[str, Act] = {}

    def walk(self, parent: Element, depth: int) -> None:
        """Read what stands in an element, as part of the feed, entry or source in which we are."""
        if depth > _DEEPEST:
            raise OtherRoadError("too deep")
        for element in parent:
            act = self._acts.get(element.tag) or self._learn(element.tag)
            if items := element.items():
                self.enter(act, element, attributes_of(items), depth)
            else:
                act(self, element, _NONE, depth)

    def enter(self, act: Act, element: Element, attributes: Attributes, depth: int) -> None:
        """Do what an element asks for, with the base and the language that hold in it."""
        if _SCOPED.isdisjoint(attributes):
            act(self, element, attributes, depth)
            return
        outer = self.base, self.language
        base = attributes.get("xml:base", attributes.get("base"))
        if base:
            self.base = resolved(self.base, base) if self.base else ""
            if not self.base.startswith(("http://", "https://")):
                raise OtherRoadError(f"base {base}")
        language = attributes.get("xml:lang", attributes.get("lang"))
        self.language = self.language if language is None else language or None
        act(self, element, attributes, depth)
        self.base, self.language = outer

    def name(self, element: Element) -> str:
        return self._names.of_element(element.tag)

    def _learn(self, tag: str) -> Act:
        name = self._names.of_element(tag)
        act = self._table.get(name)
        if act is None and (name in HEARD or name in _TAKEN):
            raise OtherRoadError(f"element {name}")
        self._acts[tag] = act = act or pass_by
        return act

    def begin_entry(self, item: Element) -> None:
        self.words, self.place, self.title_depth, self._depths = {}, "entry", -1, {}
        self.entries.append(self.words)
        self.items.append(item)

    def end_entry(self) -> None:
        self.words, self.place, self.has_content = self.feed, "feed", False

    # ---------------------------------------------------------------- keeping

    def put(self, key: str, value: Any, depth: int) -> None:
        """Keep a word."""
        if self.place == "entry":
            if self._depths.get(key, depth) < depth:
                return
            self._depths[key] = depth
        self.words[key] = value

    def detail(self, element: Element, attributes: Attributes, usual: str) -> Words:
        """Return a text with its type, language and base."""
        kind = media_type(attributes["type"]) if "type" in attributes else usual
        if attributes.get("mode") == "base64":
            raise OtherRoadError("base64")
        if kind == XHTML:
            value = markup(element, is_bare=self.version == "atom10")
        else:
            value = said(element)
            if (
                kind == PLAIN
                and not self._is_atom
                and ("<" in value or "&" in value)
                and looks_like_html(value)
            ):
                kind = HTML
        language = self.language and self.language.replace("_", "-")
        return {"type": kind, "language": language, "base": self.base, "value": mended(value)}

    def address(self, text: str) -> str:
        return mended(resolved(self.base, text)) if text else ""


def pass_by(reader: Reader, element: Element, _: Attributes, depth: int) -> None:
    """Keep nothing of an element, but read what stands in it."""
    if reader.place == "source" and element.text and element.text.strip():  # it may be the source's title
        raise OtherRoadError(f"text in {element.tag}")
    if len(element):
        reader.walk(element, depth + 1)
