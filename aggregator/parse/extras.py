"""What items hold of other namespaces: media, podcasts, threads, places. feedparser flattens these.

A second, strict reading by expat, for this alone. A document that is not well-formed, or that declares
entities of its own, gives none.
"""

from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from aggregator.model import Extra
from aggregator.namespaces import PREFIXES, SHAPES

MOST_DEPTH = 3  # elements within elements

_ITEMS = frozenset(("item", "entry"))
_MARKS = tuple(uri.encode() for uri in PREFIXES)


def read_extras(body: bytes) -> list[tuple[Extra, ...]]:
    """Return what each item holds of the elements that pass through, in the order of the document."""
    if not any(mark in body for mark in _MARKS):
        return []
    reader = _Reader()
    return reader.found if read_strictly(reader.parser, body) else []


def read_strictly(parser: Any, body: bytes) -> bool:
    """Let an expat parser read a document; say whether it is well-formed and declares nothing."""
    parser.EntityDeclHandler = _declare
    try:
        # Many documents have white space before their declaration, which expat refuses.
        parser.Parse(body.lstrip(), True)  # noqa: FBT003 -- expat's: it is all there is
    except (ExpatError, _EntitiesDeclaredError, ValueError, LookupError):  # the last two: encodings
        return False
    return True


def _declare(*_: object) -> None:
    raise _EntitiesDeclaredError


class _EntitiesDeclaredError(Exception):
    """A document that declares what its names stand for can say anything at any length."""


class _Open:
    """An element whose end was not seen yet."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: tuple[tuple[str, str], ...]) -> None:
        self.name, self.attributes = name, attributes
        self.text: list[str] = []
        self.children: list[Extra] = []


class _Reader:
    def __init__(self) -> None:
        self.found: list[tuple[Extra, ...]] = []
        self._item: list[Extra] | None = None
        self._within = 0  # how many elements of the item are open that do not pass
        self._open: list[_Open] = []
        self.parser: Any = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        uri, _, short = name.rpartition(" ")
        if self._item is None:
            if short in _ITEMS:
                self._item, self._within = [], 0
            return
        known = f"{PREFIXES.get(uri, '')}:{short}"
        if self._within or known not in SHAPES or len(self._open) == MOST_DEPTH:
            self._within += 1
            return
        kept = SHAPES[known].attributes
        self._open.append(_Open(known, tuple((k, v) for k, v in sorted(attributes.items()) if k in kept)))

    def _end(self, _: str) -> None:
        if self._item is None:
            return
        if self._within:
            self._within -= 1
        elif self._open:
            done = self._open.pop()
            extra = Extra(
                name=done.name,
                text="".join(done.text).strip(),
                attributes=done.attributes,
                children=tuple(done.children),
            )
            (self._open[-1].children if self._open else self._item).append(extra)
        else:
            self.found.append(tuple(self._item))
            self._item = None

    def _text(self, text: str) -> None:
        if self._open and not self._within:
            self._open[-1].text.append(text)
