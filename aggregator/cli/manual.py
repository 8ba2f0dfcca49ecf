"""The manual page as roff, in the macros of man(7)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from inspect import cleandoc
from typing import Any, get_args, get_type_hints

import click

from aggregator import __version__
from aggregator.cli.exits import EXIT_CODES
from aggregator.config import spell_span
from aggregator.settings import Settings

FILES = {
    "feeds.yaml": "The configuration; -c names another.",
    "data/aggregator.db": "All that is remembered, in SQLite; `data` names another folder.",
    "data/public/": "What is published, for any web server.",
    "data/backups/": "A backup of every day; `storage.backup_folder` names another folder.",
}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def manual(root: click.Context) -> str:
    """Return the page of a program, all commands included."""
    name = str(root.info_name)
    group = root.command
    lines = [
        f'.TH {name.upper()} 1 "" "{name} {__version__}" "User Commands"',
        *_section("NAME", f"{name} \\- {_text(_first(group))}"),
        *_section("SYNOPSIS", f".B {name}", _text(" ".join(group.collect_usage_pieces(root)))),
        *_section("DESCRIPTION", _text(_told(group))),
        *_section("OPTIONS", *_options(group, root)),
        *_section("COMMANDS", *_commands(root)),
        *_section("CONFIGURATION", *_terms((key, told) for key, _, told in configuration_keys())),
        *_section("FILES", *_terms(FILES.items())),
        *_section("ENVIRONMENT", *_terms((("AGGREGATOR_CONFIG", "The configuration, as by -c."),))),
        *_section("EXIT STATUS", *_terms((str(code), told) for code, told in EXIT_CODES.items())),
    ]
    return "\n".join(lines) + "\n"


def configuration_keys(
    kind: Any = Settings, prefix: str = "", told: frozenset[Any] = frozenset()
) -> Iterator[tuple[str, str, str]]:
    """Yield every key of the configuration, its default as it is written there, and what it is for.

    Args:
        told: the parts whose keys are told elsewhere.
    """
    hints = get_type_hints(kind)
    for knob in fields(kind):
        inner = next(
            (part for part in (hints[knob.name], *get_args(hints[knob.name])) if is_dataclass(part)), None
        )
        many = "[]" if get_args(hints[knob.name]) else ""
        if inner is not None and inner not in told:
            yield from configuration_keys(inner, f"{prefix}{knob.name}{many}.", told)
            told |= {inner, *_parts_of(inner)}
        elif not knob.metadata.get("is_derived"):
            yield f"{prefix}{knob.name}", spelt(knob), _with_default(knob)


def _parts_of(kind: Any) -> Iterator[Any]:
    """Yield the parts that a part is made of."""
    for hint in get_type_hints(kind).values():
        for part in filter(is_dataclass, (hint, *get_args(hint))):
            yield part
            yield from _parts_of(part)


def spelt(knob: Field[Any]) -> str:
    """Spell a default as it stands in the configuration; empty where there is none."""
    default = knob.default
    if isinstance(default, timedelta):
        return spell_span(default)
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default in (None, "", (), MISSING) else str(default)


def _with_default(knob: Field[Any]) -> str:
    default = spelt(knob)
    return str(knob.metadata["help"]) + (f" Default: {default}." if default else "")


def _commands(root: click.Context) -> Iterator[str]:
    group = root.command
    assert isinstance(group, click.Group)  # noqa: S101 -- it is ours
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        assert command is not None  # noqa: S101 -- it is listed
        ctx = click.Context(command, parent=root, info_name=name)
        yield f".SS {name}"
        yield f".B {root.info_name} {name}"
        yield _text(" ".join(command.collect_usage_pieces(ctx)))
        for paragraph in f"{_told(command)}\n\n{command.epilog or ''}".strip().split("\n\n"):
            yield from _paragraph(paragraph)
        yield from _options(command, ctx)


def _paragraph(text: str) -> Iterator[str]:
    """Yield a paragraph of a help; one that keeps its lines begins as click wants it."""
    is_kept = text.startswith("\b")
    yield ".PP"
    if is_kept:
        yield from (".nf", *(_text(line) for line in text.splitlines()[1:]), ".fi")
    else:
        yield _text(" ".join(text.split()))


def _options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    records = (param.get_help_record(ctx) for param in command.get_params(ctx))
    yield from _terms(record for record in records if record and record[1])


def _terms(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, told in pairs:
        yield from (".TP", f".B {_text(term)}", _text(" ".join(told.split())))


def _section(title: str, *lines: str) -> tuple[str, ...]:
    return (f".SH {title}", *lines)


def _told(command: click.Command) -> str:
    return cleandoc(command.help or "")  # as click does when it shows it


def _first(command: click.Command) -> str:
    return _told(command).partition("\n")[0].removesuffix(".")


def _text(text: str) -> str:
    """Escape what roff takes for itself: backslashes, hyphens, what begins a request; and beyond ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = _BEYOND_ASCII.sub(lambda found: f"\\[u{ord(found[0]):04X}]", text)
    return re.sub(r"^([.'])", r"\\&\1", text)
