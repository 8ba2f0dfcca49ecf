"""Write sources into the text of a configuration, or take some out, and leave every other character alone.

What is written follows the hand that wrote the rest: its indentation, its ends of lines, braces or a key a
line. The result is read again before anyone sees it: it must say what the text said, and the change.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aggregator import yamls
from aggregator.errors import EditError
from aggregator.yamls.layout import BREAKS, Layout, Page, find

KEY = "sources"

Given = Mapping[str, Any]  # what is said of a source: texts, yes or no, lists of texts

_PLAIN = re.compile(r"[^\W_](?:[\w /.~=&+;()'?%@–—’-]|:(?! ))*(?<![ :])")
_NEWLINE = re.compile(f"\r\n|[{BREAKS}]")
_SPAN = re.compile(r"(?:\d+[smhdw])+")
_COMMENT = re.compile(r"[ \t]*#")
_COMMENTED_OUT = re.compile(r"[ \t]*#[# \t]*- ")
_EMPTY = " []"


def with_sources(text: str, sources: Sequence[Given]) -> str:
    """Add sources at the end of the list.

    Raises: EditError when the list is written in a way that cannot be added to.
    """
    place = find(text, KEY)
    if isinstance(place, Page):
        changed = _with_list(text, place, sources)
    elif place.is_block:
        gap, is_braced = _hand(text, place)
        lines = _lines(sources, place.column, gap=gap, is_braced=is_braced)
        changed = _insert(text, _end_of(text, place, -1), lines)
    elif _is_bare(text, place):
        end = place.value.end if place.value else place.colon
        bare = text[: place.colon] + text[end:]
        changed = _insert(bare, _line_end(bare, place.colon), _lines(sources, place.indent + 2))
    else:
        changed = _in_brackets(text, place, sources)
    return _checked(text, changed, [*_given(text), *map(_short, sources)])


def without_sources(text: str, numbers: Collection[int]) -> str:
    """Take sources out, by their places in the list from 0, each with the comments that are its own.

    Raises: EditError when the list is written in a way that cannot be taken from.
    """
    kept = [given for number, given in enumerate(_given(text)) if number not in numbers]
    changed = text
    for number in sorted(numbers, reverse=True):
        place = find(changed, KEY)
        if isinstance(place, Layout):
            changed = _without(changed, place, number)
    return _checked(text, changed, kept)


def _given(text: str) -> list[Any]:
    value = yamls.load(text).value or {}
    return list(value.get(KEY) or ())


def _checked(text: str, changed: str, sources: list[Any]) -> str:
    """Return a changed text if it says what it should, and nothing else."""
    wanted = {**(yamls.load(text).value or {}), KEY: sources}
    loaded = yamls.load(changed)
    if loaded.faults or loaded.value != wanted:
        raise EditError("`sources:` is written in a way that cannot be edited here; please do it by hand")
    return changed


# ---------------------------------------------------------------- adding


def _with_list(text: str, page: Page, sources: Sequence[Given]) -> str:
    newline = _newline(text, 0)
    before, after = text[: page.end], text[page.end :]
    if before and not before.endswith(tuple(BREAKS)):
        before += newline
    if before.strip():
        before += newline
    return before + "".join(f"{line}{newline}" for line in [f"{KEY}:", *_lines(sources, 2)]) + after


def _is_bare(text: str, place: Layout) -> bool:
    """Say whether nothing is listed, in so few words that a list of lines may take their place."""
    if place.is_in_braces or place.parts:
        return False
    written = text[place.colon : place.value.end] if place.value else ""
    return written in ("", _EMPTY) or not written.endswith("]")


def _in_brackets(text: str, place: Layout, sources: Sequence[Given]) -> str:
    if place.value is None:
        raise EditError("`sources:` has nothing after it; write `[]` there")
    at = place.parts[-1].end if place.parts else text.rindex("[", place.value.start, place.value.end) + 1
    added = ", ".join(_braced(source) for source in sources)
    return text[:at] + (", " if place.parts else "") + added + text[at:]


def _hand(text: str, place: Layout) -> tuple[int, bool]:
    """Return how the last entries are written: spaces after the dash, and whether in braces."""
    last = text[place.parts[-1].start + 1 : place.parts[-1].end]
    gap = len(last) - len(last.lstrip(" "))
    mappings = [written for part in place.parts if (written := text[part.start + 1 : part.end].lstrip(" "))]
    told = [written for written in mappings if written.startswith("{") or _NEWLINE.search(written)]
    return gap if 1 <= gap <= 8 else 1, bool(told) and told[-1].startswith("{")


def _lines(sources: Sequence[Given], column: int, *, gap: int = 1, is_braced: bool = False) -> list[str]:
    """Spell sources as entries of a list."""
    lines = []
    for source in sources:
        parts = [_braced(source)]
        if len(source) > 1 and not is_braced:
            parts = [f"{key}: {_spelt(value, is_braced=False)}" for key, value in source.items()]
        lines.append(f"{' ' * column}-{' ' * gap}{parts[0]}")
        lines += [f"{' ' * (column + 1 + gap)}{part}" for part in parts[1:]]
    return lines


def _short(source: Given) -> Any:
    return source["url"] if list(source) == ["url"] else dict(source)


def _braced(source: Given) -> str:
    short = _short(source)
    if isinstance(short, str):
        return _spelt(short, is_braced=False)
    return "{" + ", ".join(f"{key}: {_spelt(value, is_braced=True)}" for key, value in short.items()) + "}"


def _spelt(value: Any, *, is_braced: bool) -> str:
    """Spell a value so that any reader of YAML takes it for what it is; addresses in braces go in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return "[" + ", ".join(_spelt(part, is_braced=True) for part in value) + "]"
    is_plain = _PLAIN.fullmatch(value) and not (is_braced and "://" in value)
    if is_plain and not _is_puzzling(value):
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _is_puzzling(value: str) -> bool:
    """Say whether a bare word would be a number, a date, a yes or a no to some reader of YAML."""
    if value[0].isdigit():
        return not _SPAN.fullmatch(value)
    return value.casefold() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


# ---------------------------------------------------------------- taking out


def _without(text: str, place: Layout, number: int) -> str:
    if not place.is_block:
        start, end = _cut_in_brackets(place, number)
        return text[:start] + text[end:]
    end = _end_of(text, place, number)
    start = _start_of(text, place, number, end)
    newline = _NEWLINE.match(text, end)
    if newline:
        end = newline.end()
    else:
        start -= len(_newline(text, start - 2))
    rest = text[:start] + text[end:]
    is_last = len(place.parts) == 1
    return rest[: place.colon] + _EMPTY + rest[place.colon :] if is_last else rest


def _cut_in_brackets(place: Layout, number: int) -> tuple[int, int]:
    """Return from where to where an entry goes, with one of the commas beside it."""
    part = place.parts[number]
    if number:
        return place.parts[number - 1].end, part.end
    return part.start, place.parts[1].start if len(place.parts) > 1 else part.end


def _end_of(text: str, place: Layout, number: int) -> int:
    """Return where the lines of an entry end, with comments below that are indented as its keys are."""
    end = _line_end(text, place.parts[number].end)
    while newline := _NEWLINE.match(text, end):
        line = text[newline.end() : _line_end(text, newline.end())]
        if not _COMMENT.match(line) or len(line) - len(line.lstrip(" ")) <= place.column:
            break
        end = newline.end() + len(line)
    return end


def _start_of(text: str, place: Layout, number: int, end: int) -> int:
    """Return where the lines of an entry begin, with a comment above that speaks of it alone.

    A comment below the key itself, or after an empty line and above several entries, speaks of them all.
    """
    dash = place.parts[number].start - place.column
    above = _end_of(text, place, number - 1) if number else _line_end(text, place.colon)
    lines = text[above:dash].splitlines(keepends=True)[1:]  # the first is the end of a line
    own = []
    while lines and _COMMENT.match(lines[-1]) and not _COMMENTED_OUT.match(lines[-1]):
        own.append(lines.pop())
    is_heading = not lines[-1].strip() if lines else not number
    if is_heading and (not lines or _has_company(text, place, number, end)):
        return dash
    return dash - sum(map(len, own))


def _has_company(text: str, place: Layout, number: int, end: int) -> bool:
    """Say whether another entry follows at once."""
    if number + 1 == len(place.parts):
        return False
    between = text[end : place.parts[number + 1].start]
    return not between.strip() and len(_NEWLINE.findall(between)) == 1


# ---------------------------------------------------------------- lines


def _insert(text: str, at: int, lines: Sequence[str]) -> str:
    newline = _newline(text, at)
    return text[:at] + "".join(f"{newline}{line}" for line in lines) + text[at:]


def _line_end(text: str, at: int) -> int:
    found = _NEWLINE.search(text, at)
    return found.start() if found else len(text)


def _newline(text: str, at: int) -> str:
    """Return what ends lines here, else what ends the first one."""
    found = _NEWLINE.search(text, max(0, at)) or _NEWLINE.search(text)
    return found[0] if found else "\n"
