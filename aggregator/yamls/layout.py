"""Where in a YAML text a list stands, for changing some of it and leaving every other character as it is.

Read from events and tokens, not from nodes: of what an alias stands for a node tells another place, and of
what is written in block style it takes the comments that follow for its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

BREAKS = "\n\r\x85\u2028\u2029"  # what ends a line in YAML 1.1

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a character of the text up to, and without, another."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A top-level key and the list below it.

    The text must be sound, and the key's value a list or nothing.
    """

    indent: int  # of the key
    colon: int  # where what follows the key's colon begins
    value: Span | None = None  # None: nothing is written there
    is_block: bool = False  # an entry a line, after a dash
    column: int = 0  # of the dashes
    parts: tuple[Span, ...] = ()  # entries, with their dashes, up to the last character that is no comment
    is_in_braces: bool = False  # the key itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A text without the key: where it could be written."""

    end: int
    is_in_braces: bool = False


def find(text: str, key: str) -> Layout | Page:
    """Find a top-level key, or where it could be written."""
    end, is_in_braces, depth, is_key = len(text), False, 0, True
    events = _events(text)
    for event in events:
        if isinstance(event, yaml.DocumentEndEvent) and event.explicit:
            end = _at(event.start_mark)
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            if is_key and isinstance(event, yaml.ScalarEvent) and event.value == key:
                return _below(text, event, events, is_in_braces=is_in_braces)
            is_key = not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            is_in_braces = is_in_braces if depth else bool(event.flow_style)
            depth += 1
        depth -= isinstance(event, yaml.CollectionEndEvent)
    return Page(end=end, is_in_braces=is_in_braces)


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_Loader))


def _below(text: str, key: Any, events: Iterator[Any], *, is_in_braces: bool) -> Layout:
    first = next(events)
    colon = text.index(":", _at(key.end_mark)) + 1
    indent = key.start_mark.column
    if isinstance(first, yaml.ScalarEvent | yaml.AliasEvent):
        start, end = _at(first.start_mark), _at(first.end_mark)
        value = Span(start=start, end=end) if end > start else None
        return Layout(indent=indent, colon=colon, value=value, is_in_braces=is_in_braces)
    parts, end = _parts(text, events, is_flow=first.flow_style)
    column = first.start_mark.column
    start = _at(first.start_mark)
    if not first.flow_style:
        starts = _dashes(text, start, end, column)
        parts = [Span(start=dash, end=part.end) for dash, part in zip(starts, parts, strict=True)]
    return Layout(
        indent=indent,
        colon=colon,
        value=Span(start=start, end=end),
        is_block=not first.flow_style,
        column=column,
        parts=tuple(parts),
        is_in_braces=is_in_braces,
    )


def _parts(text: str, events: Iterator[Any], *, is_flow: bool) -> tuple[list[Span], int]:
    """Return the entries of a list that has begun, and where the last thing that belongs to it ends."""
    parts: list[Span] = []
    flows = [is_flow]  # of every collection that is open, whether it is in brackets
    end = 0
    for event in events:
        if isinstance(event, yaml.NodeEvent) and len(flows) == 1:
            parts.append(Span(start=_at(event.start_mark), end=_at(event.start_mark)))
        if isinstance(event, yaml.CollectionStartEvent):
            flows.append(bool(event.flow_style))
            continue
        is_end = isinstance(event, yaml.CollectionEndEvent)
        if not is_end or flows.pop():
            end = max(end, _end(text, event))
        if is_end and not flows:
            break
        parts[-1] = Span(start=parts[-1].start, end=max(end, parts[-1].start))
    return parts, end


def _end(text: str, event: Any) -> int:
    """Return where the last character of something stands; a block of text does not own what follows it."""
    start, end = _at(event.start_mark), _at(event.end_mark)
    if getattr(event, "style", None) not in ("|", ">"):
        return end
    written = text[start:end]
    if "+" not in written.splitlines()[0]:  # it does not keep its last empty lines
        return start + len(written.rstrip())
    return end - 2 if written.endswith("\r\n") else end - written.endswith(tuple(BREAKS))


def _dashes(text: str, start: int, end: int, column: int) -> list[int]:
    return [
        _at(token.start_mark)
        for token in yaml.scan(text, Loader=_Loader)
        if isinstance(token, yaml.BlockEntryToken)
        and token.start_mark.column == column
        and start <= _at(token.start_mark) <= end
    ]


def _at(mark: Any) -> int:
    return int(mark.index)
