"""Vouch for elements of other namespaces: known names, attributes in form, absolute addresses."""

import re
from collections.abc import Callable, Iterable
from itertools import chain

from aggregator.model import Extra
from aggregator.namespaces import COUNTERS, SHAPES
from aggregator.normalize.fields import as_http, as_id, as_language, as_line, as_media_type
from aggregator.text import excerpt
from aggregator.urls import as_iri

MOST_EXTRAS = 60  # of one entry, those within others not counted
MOST_WITHIN = 30
MOST_CHARACTERS = 500
MOST_SUMMARY_WORDS = 60

_FORMS = {
    "word": re.compile(r"[\w.:/+-]{1,80}"),
    "count": re.compile(r"\d{1,15}", re.ASCII),
    "decimal": re.compile(r"-?\d{1,15}(?:\.\d{1,20})?", re.ASCII),
    "decimals": re.compile(r"-?\d{1,4}(?:\.\d{1,20})?(?:[ ,\n\t]+-?\d{1,4}(?:\.\d{1,20})?){1,400}", re.ASCII),
    "duration": re.compile(r"\d{1,6}(?::\d{1,2}){0,2}(?:\.\d{1,6})?", re.ASCII),
}


def extras(given: Iterable[Extra], base: str) -> tuple[Extra, ...]:
    """Keep what can be vouched for, each element once."""
    return _vouched(given, base)[:MOST_EXTRAS]


def steady(given: tuple[Extra, ...]) -> tuple[Extra, ...]:
    """Leave out counters: that one went on is no change of its entry."""
    return tuple(extra for extra in given if extra.name not in COUNTERS)


def _vouched(given: Iterable[Extra], base: str) -> tuple[Extra, ...]:
    found = (_extra(extra, base) for extra in given if extra.name in SHAPES)
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def _extra(extra: Extra, base: str) -> tuple[Extra, ...]:
    """Keep an element; of one that lacks what it needs, what stands in it."""
    shape = SHAPES[extra.name]
    pairs = ((name, _value(shape.attributes[name], value, base)) for name, value in extra.attributes)
    attributes = tuple((name, value) for name, value in pairs if value)
    text = _value(shape.text, extra.text, base) if shape.text else ""
    children = _vouched(extra.children, base)[:MOST_WITHIN]
    is_whole = not shape.needed or any(name == shape.needed for name, _ in attributes)
    if not is_whole or not (text or children or (attributes and not shape.text)):
        return children
    return (Extra(name=extra.name, text=text, attributes=attributes, children=children),)


def _value(kind: str, value: str, base: str) -> str:
    value = value.strip()
    if kind in _FORMS:
        return value if _FORMS[kind].fullmatch(value) else ""
    return _KINDS[kind](value, base)


_KINDS: dict[str, Callable[[str, str], str]] = {
    "text": lambda value, _: as_line(value)[:MOST_CHARACTERS].rstrip(),
    "excerpt": lambda value, _: excerpt(as_line(value), most_words=MOST_SUMMARY_WORDS),
    "url": lambda value, base: as_iri(as_http(base, value)),
    "iri": lambda value, _: as_id(value),
    "media": lambda value, _: as_media_type(value),
    "language": lambda value, _: as_language(value),
}
