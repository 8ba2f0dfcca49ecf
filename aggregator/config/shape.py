"""From the dataclasses in `settings` to a checked shape: a pydantic model for each, made once."""

import dataclasses
import re
import string
import types
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    create_model,
)

from aggregator import settings as knobs
from aggregator.addresses import is_loopback
from aggregator.patterns import expression_of, is_expression, pattern_of
from aggregator.settings import Cluster, Output, Override, Piece, Publish, Rule, Site, Source, Words
from aggregator.text import is_language, one_line
from aggregator.urls import is_fetchable

LONGEST_SPAN = timedelta(days=3660)
PLACES = ("url", "path", "opml")  # of which a source has one
RESERVED = frozenset(("archive", "source", "sources", "story", "tag", "websub"))  # folders of our own

TITLE_PARTS = ("title", "source", "author")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPAN = re.compile(r"(?:\d+[smhdw])+")
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
SCHEDULER = re.compile(r"(?P<scheme>tcp|tls)://(?P<host>\[[0-9a-fA-F:]+\]|[^\s/:@\[\]]+):\d{1,5}")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

T = TypeVar("T")


def parse_span(value: object) -> timedelta:
    """Read `90s`, `30m`, `1h30m`, `7d`; a bare number has no unit and is refused."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and SPAN.fullmatch(value):
        parts: Counter[str] = Counter()
        for number, unit in re.findall(r"(\d+)([smhdw])", value):
            parts[_UNITS[unit]] += int(number)
        with suppress(OverflowError):
            span = timedelta(**parts)
            if span <= LONGEST_SPAN:
                return span
        raise ValueError(f"expected a time span of at most {LONGEST_SPAN.days}d")
    raise ValueError("expected a time span such as 30m, 3h or 7d")


def spell_span(span: timedelta) -> str:
    """Spell a span of whole seconds as `parse_span` reads it, in its largest unit below weeks."""
    seconds = int(span.total_seconds())
    lengths = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
    unit, length = next((u for u in lengths if seconds and seconds % u[1] == 0), lengths[-1])
    return f"{seconds // length}{unit}"


def _web_address(value: str) -> str:
    if value and not is_fetchable(value):
        if re.match(r"https?://[^/]*@", value, re.IGNORECASE):
            raise ValueError("expected an address without user name and password in it")
        raise ValueError("expected an http or https address such as https://example.org/feed.xml")
    return value


def _web_addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    if "" in values:
        raise ValueError("expected no empty address")
    return tuple(dict.fromkeys(map(_web_address, values)))


def _scheduler(value: str) -> str:
    found = SCHEDULER.fullmatch(value)
    if not found:
        raise ValueError("expected an address such as tls://scheduler.example:8786")
    if found["scheme"] == "tcp" and not is_loopback(found["host"].strip("[]")):
        raise ValueError(
            "expected tls:// in front: whoever reaches an open scheduler can run anything on every machine of"
            " the cluster; tcp:// is for this machine alone (127.0.0.1)"
        )
    return value


def _language(value: str) -> str:
    if not is_language(value):
        raise ValueError("expected a language tag such as en or pt-BR")
    return value


def _short_name(value: str) -> str:
    if value and not SLUG.fullmatch(value):
        raise ValueError("expected up to 64 of a-z, 0-9 and inner hyphens")
    return value


def _output_name(value: str) -> str:
    if not value or value in RESERVED:
        raise ValueError(f"expected a name other than {', '.join(sorted(RESERVED))}")
    return _short_name(value)


def _token(value: str) -> str:
    if value and not TOKEN.fullmatch(value):
        raise ValueError("expected 8 to 64 letters, digits, hyphens and underscores")
    return value


def _tags(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(one_line(value) for value in values):
        raise ValueError("expected no empty tag")
    return tuple(dict.fromkeys(one_line(value) for value in values))


def _one_place(source: BaseModel) -> BaseModel:
    if sum(bool(getattr(source, name, "")) for name in PLACES) != 1:
        raise ValueError("expected one of `url`, `path` and `opml`")
    return source


def _of_something(override: BaseModel) -> BaseModel:
    if not any(getattr(override, name) for name in ("ids", "source", "title")):
        raise ValueError("expected `ids`, `source` or `title`: of what it speaks")
    return override


def _of_entries(rule: BaseModel) -> BaseModel:
    names = type(rule).model_fields
    if not any(getattr(rule, name) for name in names):
        raise ValueError(f"expected one of {', '.join(names)}: of what it speaks")
    return rule


def _words(value: str) -> str:
    pattern_of(value)
    return value


def _piece(value: str) -> str:
    if is_expression(value):
        expression_of(value)
    elif not value.strip():
        raise ValueError("expected text")
    return value


def _title(value: str) -> str:
    try:
        parts = [part[1:] for part in string.Formatter().parse(value) if part[1] is not None]
    except ValueError as error:
        raise ValueError(f"expected each brace closed, or doubled: {error}") from error
    if any(name not in TITLE_PARTS or spec or conversion for name, spec, conversion in parts):
        known = ", ".join(f"{{{name}}}" for name in TITLE_PARTS)
        raise ValueError(f"expected nothing in braces but {known}")
    if value and "title" not in (name for name, _, _ in parts):
        raise ValueError("expected {title} in it")
    return value


def _title_of(value: object) -> object:
    return {"title": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple | dict | None) else [value]


def short_form(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


_STRICT: dict[Any, Any] = {
    str: StrictStr,
    int: StrictInt,
    float: Annotated[StrictFloat, Field(allow_inf_nan=False)],
    bool: StrictBool,
    timedelta: Annotated[timedelta, BeforeValidator(parse_span)],
    Words: Annotated[StrictStr, AfterValidator(_words)],
    Piece: Annotated[StrictStr, AfterValidator(_piece)],
}
_CHECKS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Cluster, "scheduler"): _scheduler,
    (Site, "url"): _web_address,
    (Site, "language"): _language,
    (Source, "url"): _web_address,
    (Source, "opml"): _web_address,
    (Source, "id"): _short_name,
    (Source, "tags"): _tags,
    (Source, "title"): _title,
    (Publish, "hubs"): _web_addresses,
    (Output, "name"): _output_name,
    (Output, "tags"): _tags,
    (Output, "token"): _token,
}


@cache
def model_of(kind: type) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    hints = get_type_hints(kind)
    for knob in dataclasses.fields(kind):
        if knob.metadata.get("is_derived"):
            continue
        bounds = {"ge": "at_least", "le": "at_most"}
        limits = {bound: knob.metadata[name] for bound, name in bounds.items() if name in knob.metadata}
        if "timedelta" in str(hints[knob.name]):
            limits = {bound: timedelta(seconds=seconds) for bound, seconds in limits.items()}
        default: Any = (
            Field(default_factory=knob.default_factory, description=knob.metadata["help"])
            if knob.default_factory is not dataclasses.MISSING
            else Field(default=knob.default, description=knob.metadata["help"], **limits)
        )
        shape = _checked(hints[knob.name])
        check = _CHECKS.get((kind, knob.name))
        fields[knob.name] = (Annotated[shape, AfterValidator(check)] if check else shape, default)
    return create_model(kind.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _checked(hint: Any) -> Any:
    if hint in _STRICT:
        return _STRICT[hint]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        model = model_of(hint)
        if hint is Override:
            return Annotated[model, AfterValidator(_of_something)]
        if hint is Rule:
            return Annotated[model, BeforeValidator(_title_of), AfterValidator(_of_entries)]
        if hint is Source:
            return Annotated[model, BeforeValidator(short_form), AfterValidator(_one_place)]
        return model
    if get_origin(hint) is tuple:
        (part, _) = get_args(hint)
        shape: Any = tuple[_checked(part), ...]  # type: ignore[misc]
        return Annotated[shape, BeforeValidator(_listed)] if part in (Words, Piece) else shape
    if get_origin(hint) in (Union, types.UnionType):
        return _checked(get_args(hint)[0]) | None
    if get_origin(hint) is Literal:
        return hint
    raise TypeError(f"no check for {hint}")


def build(kind: type[T], model: BaseModel) -> T:
    return kind(**{name: _value(getattr(model, name)) for name in type(model).model_fields})


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(part) for part in value)
    return build(getattr(knobs, type(value).__name__), value) if isinstance(value, BaseModel) else value
