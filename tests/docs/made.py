"""Pages that are made from the code: every setting, every command."""

import dataclasses
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click

from aggregator.cli import cli
from aggregator.config import spell_span
from aggregator.config.schema import schema_text
from aggregator.settings import Settings

HERE = Path(__file__).parent
BY_HAND = "<!-- Made by `python -m tests.docs`; what is written here by hand is lost. -->"


# ---------------------------------------------------------------- settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some keys that stand together."""

    name: str  # `site`, `sources[]`, "" for those at the top
    help: str
    keys: tuple["Key", ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting."""

    path: str
    default: str
    takes: str
    help: str


def parts() -> list[Part]:
    """Return all settings, in the order of their declaration; the keys at the top come last."""
    top = [key for key, kind in _keys(Settings, "") if kind is None]
    inner = [
        part
        for knob, kind in _knobs(Settings)
        if (part_of := _part_of(kind, knob.name))
        for part in _parts(knob, part_of)
    ]
    return [*inner, Part(name="", help="At the top of the file.", keys=tuple(top))]


def _parts(knob: Any, kind: tuple[type, str], above: str = "") -> Iterator[Part]:
    inner, mark = kind
    name = f"{above}{knob.name}{mark}"
    keys = tuple(key for key, part in _keys(inner, f"{name}.") if part is None)
    yield Part(name=name, help=knob.metadata["help"], keys=keys)
    for below, hint in _knobs(inner):
        if part_of := _part_of(hint, f"{name}.{below.name}"):
            yield from _parts(below, part_of, f"{name}.")


def _keys(kind: type, prefix: str) -> Iterator[tuple[Key, Any]]:
    for knob, hint in _knobs(kind):
        path = f"{prefix}{knob.name}"
        part = _part_of(hint)
        key = Key(
            path=path,
            default=_spelt(knob.default),
            takes=f"as `{_homes()[part[0]]}`" if part else _takes(hint, knob.metadata),
            help=knob.metadata["help"],
        )
        yield key, _part_of(hint, path)


def _knobs(kind: type) -> Iterator[tuple[Any, Any]]:
    hints = get_type_hints(kind)
    for knob in dataclasses.fields(kind):
        if not knob.metadata.get("is_derived"):
            yield knob, hints[knob.name]


@cache
def _homes() -> dict[type, str]:
    """Return where each part is told; what stands in two places is told in the first."""
    return dict(reversed(list(_places(Settings, ""))))


def _places(kind: type, prefix: str) -> Iterator[tuple[type, str]]:
    for knob, hint in _knobs(kind):
        if part := _part_of(hint):
            yield part[0], f"{prefix}{knob.name}"
            yield from _places(part[0], f"{prefix}{knob.name}{part[1]}.")


def _part_of(hint: Any, path: str = "") -> tuple[type, str] | None:
    """Return the dataclass that a knob holds, and `[]` where it holds many.

    Args:
        path: of the knob, where it only counts if it is told there.
    """
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    if not (dataclasses.is_dataclass(inner) and isinstance(inner, type)):
        return None
    if path and path != _homes()[inner]:
        return None
    return inner, "" if inner is hint else "[]"


def _spelt(default: Any) -> str:
    if isinstance(default, timedelta):
        return f"`{spell_span(default)}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "" if default in (None, "", (), dataclasses.MISSING) else f"`{default}`"


def _takes(hint: Any, bounds: Any) -> str:
    if get_origin(hint) is tuple:
        inner = _takes(get_args(hint)[0], bounds)
        return f"a list: {inner}" if "`" in inner else "a list"
    if get_origin(hint) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(hint))
    if get_args(hint):
        return _takes(get_args(hint)[0], bounds)
    names = {str: "text", int: "a number", float: "a fraction", bool: "`true`, `false`", timedelta: "a span"}
    return f"{names.get(hint, 'a part')}{_bounded(hint, bounds)}"


def _bounded(hint: Any, bounds: Any) -> str:
    spell = (lambda n: spell_span(timedelta(seconds=n))) if hint is timedelta else "{:,}".format
    least, most = (spell(bounds[name]) if name in bounds else "" for name in ("at_least", "at_most"))
    if least and most:
        return f", {least} to {most}"
    return f" from {least}" if least else f" up to {most}" if most else ""


def configuration() -> str:
    """Write the reference of feeds.yaml: each part with its keys, and an example of all of them."""
    text, made = (HERE / "configuration.md").read_text(encoding="utf-8"), []
    for part in parts():
        heading = f"`{part.name}`" if part.name else "The rest"
        rows = [(f"`{key.path}`", key.default, key.takes, key.help) for key in part.keys]
        table = _table(("key", "default", "takes", "what"), rows)
        made += [f"## {heading}", "", part.help, "", *table, ""]
        if example := _example(part.name.removesuffix("[]")):
            made += ["```yaml", example, "```", ""]
    return text.replace("SETTINGS\n", "\n".join(made)).replace("MADE", BY_HAND)


def _example(name: str) -> str:
    """Return what `examples.yaml` says of a part; nested ones stand in the example of the outer."""
    text = (HERE / "examples.yaml").read_text(encoding="utf-8")
    names = ("data", "engine") if not name else (name,)
    found = [re.search(rf"^{re.escape(key)}:.*\n(?:(?:[ -].*)?\n)*", text, re.MULTILINE) for key in names]
    return "".join(match[0] for match in found if match).rstrip()


# ---------------------------------------------------------------- commands

# What commands take from the one above; they keep what they are first asked in.
ABOVE = click.Context(cli, info_name="aggregator", **cli.context_settings)


def command_tree() -> dict[str, click.Command]:
    """Return every command by the words that call it; "" is what stands before them all."""
    found: dict[str, click.Command] = {"": cli}
    for name in cli.list_commands(ABOVE):
        command = cli.get_command(ABOVE, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": inner for below, inner in command.commands.items()}
    return found


def commands() -> str:
    """Write the reference of the commands, from their help."""
    text = (HERE / "commands.md").read_text(encoding="utf-8")
    tree = command_tree()
    made = [line for name, command in tree.items() if name for line in _command(name, command)]
    return (
        text.replace("OPTIONS\n", "\n".join(_options(cli)) + "\n")
        .replace("COMMANDS\n", "\n".join(made))
        .replace("MADE", BY_HAND)
    )


def _command(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, parent=ABOVE, info_name=name)
    usage = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    paragraphs = [*re.split(r"\n{2,}", textwrap.dedent(command.help or "")), command.epilog or ""]
    told = [_wrapped(paragraph) for paragraph in paragraphs if paragraph.strip()]
    options = _options(command)
    return [
        f"## `{f'aggregator {name} {usage}'.strip()}`",
        "",
        *"\n\n".join(told).splitlines(),
        "",
        *options,
        *([""] if options else []),
    ]


def _wrapped(paragraph: str) -> str:
    """Break lines, but not within code; what is to be kept as it is becomes a block."""
    if paragraph.lstrip().startswith("\b"):
        return f"```sh\n{textwrap.dedent(paragraph).strip().removeprefix(chr(8)).strip()}\n```"
    whole = re.sub(r"`[^`]+`", lambda code: code[0].replace(" ", "\0"), " ".join(paragraph.split()))
    return "\n".join(textwrap.wrap(whole, 120)).replace("\0", " ")


def _options(command: click.Command) -> list[str]:
    context = click.Context(command, parent=ABOVE)
    records = [
        record
        for param in command.params
        if isinstance(param, click.Option) and (record := param.get_help_record(context))
    ]
    return _table(("option", "what"), [(f"`{names}`", told) for names, told in records]) if records else []


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    first, *others = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows))
    return [f"| {first} |", "|---" * len(head) + "|", *(f"| {other} |" for other in others)]


MADE: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "commands.md": commands,
    "feeds.schema.json": schema_text,
}
