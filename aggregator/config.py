"""feeds.yaml to `Settings`, or all that is wrong with it at once, with line numbers.

The shape of the file is the shape of the dataclasses in `settings`: a pydantic model is derived from each,
so that a knob is declared once. What a type cannot say (one of two keys, no two alike) is checked below.
"""

import base64
import codecs
import dataclasses
import difflib
import hashlib
import re
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
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
    ValidationError,
    create_model,
)

from aggregator import settings as knobs
from aggregator import yamls
from aggregator.errors import ConfigError, Fault
from aggregator.settings import Output, Override, Settings, Site, Source
from aggregator.text import is_language, one_line, slug
from aggregator.urls import host_of, is_fetchable

MOST_BYTES = 4_000_000
LONGEST_SPAN = timedelta(days=3660)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(?:\d+[smhdw])+")
_SECRET = re.compile(r"(//)[^/@\s]*@")  # a user's name and password
_LOGIN = re.compile(r"(?:Basic|Bearer|Token) [\x21-\x7e]+")
_MOST_LOGIN = 4096  # bytes
RESERVED = frozenset(("archive", "source", "sources", "story", "tag"))  # folders of our own
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

T = TypeVar("T")


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises: ConfigError with every fault found, when the file cannot be read or is wrong.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        advice = "; make one, or name another with --config" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(str(path), (Fault(0, "", f"cannot be read: {error.strerror}{advice}"),)) from error
    except UnicodeDecodeError as error:
        mark = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0  # the error does not count it
        line = raw[: error.start + mark].count(b"\n") + 1
        raise ConfigError(str(path), (Fault(line, "", "is not UTF-8 text"),)) from error
    if len(raw) > MOST_BYTES:
        raise ConfigError(str(path), (Fault(0, "", f"is larger than {MOST_BYTES:,} bytes"),))
    return parse_settings(text, path=path)


def parse_settings(text: str, *, path: Path) -> Settings:
    """Check the text of a configuration file; `path` names it, and relative paths start in its folder."""
    loaded = yamls.load(text)
    faults, settings = list(loaded.faults), None
    value = {} if loaded.value is None else loaded.value
    if isinstance(value, dict):
        try:
            settings = _build(Settings, _model(Settings).model_validate(value))
        except ValidationError as error:
            faults.extend(_faults(error, loaded))
        faults.extend(_alike(value.get("sources"), loaded))
        if settings:
            settings, missing = _with_logins(settings, path.resolve().parent, loaded)
            faults.extend(missing)
        faults.extend(_alike_outputs(value.get("outputs"), loaded))
        # What could not be read as data is not also of the wrong kind.
        told = {(fault.line, fault.key) for fault in loaded.faults}
        faults = [f for f in faults if f in loaded.faults or (f.line, f.key) not in told]
    else:
        faults.append(Fault(1, "", "expected keys such as `site:` and `sources:`"))
    if faults or settings is None:
        raise ConfigError(str(path), tuple(sorted(faults)))
    return _complete(settings, path)


# ---------------------------------------------------------------- from dataclasses to a checked shape


def parse_span(value: object) -> timedelta:
    """Read `90s`, `30m`, `1h30m`, `7d`; a bare number has no unit and is refused."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and _SPAN.fullmatch(value):
        parts: Counter[str] = Counter()
        for number, unit in re.findall(r"(\d+)([smhdw])", value):
            parts[_UNITS[unit]] += int(number)
        with suppress(OverflowError):
            span = timedelta(**parts)
            if span <= LONGEST_SPAN:
                return span
        raise ValueError(f"expected a time span of at most {LONGEST_SPAN.days}d")
    raise ValueError("expected a time span such as 30m, 3h or 7d")


def _web_address(value: str) -> str:
    if value and not is_fetchable(value):
        if re.match(r"https?://[^/]*@", value, re.IGNORECASE):
            raise ValueError("expected an address without user name and password in it")
        raise ValueError("expected an http or https address such as https://example.org/feed.xml")
    return value


def _language(value: str) -> str:
    if not is_language(value):
        raise ValueError("expected a language tag such as en or pt-BR")
    return value


def _short_name(value: str) -> str:
    if value and not _SLUG.fullmatch(value):
        raise ValueError("expected up to 64 of a-z, 0-9 and inner hyphens")
    return value


def _output_name(value: str) -> str:
    if not value or value in RESERVED:
        raise ValueError(f"expected a name other than {', '.join(sorted(RESERVED))}")
    return _short_name(value)


def _token(value: str) -> str:
    if value and not _TOKEN.fullmatch(value):
        raise ValueError("expected 8 to 64 letters, digits, hyphens and underscores")
    return value


def _tags(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(one_line(value) for value in values):
        raise ValueError("expected no empty tag")
    return tuple(dict.fromkeys(one_line(value) for value in values))


def _one_place(source: BaseModel) -> BaseModel:
    if bool(getattr(source, "url", "")) == bool(getattr(source, "path", "")):
        raise ValueError("expected either `url` or `path`")
    return source


def _of_something(override: BaseModel) -> BaseModel:
    if not any(getattr(override, name) for name in ("ids", "source", "title")):
        raise ValueError("expected `ids`, `source` or `title`: of what it speaks")
    return override


def _short_form(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


_STRICT: dict[Any, Any] = {
    str: StrictStr,
    int: StrictInt,
    float: Annotated[StrictFloat, Field(allow_inf_nan=False)],
    bool: StrictBool,
    timedelta: Annotated[timedelta, BeforeValidator(parse_span)],
}
_CHECKS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Site, "url"): _web_address,
    (Site, "language"): _language,
    (Source, "url"): _web_address,
    (Source, "id"): _short_name,
    (Source, "tags"): _tags,
    (Output, "name"): _output_name,
    (Output, "tags"): _tags,
    (Output, "token"): _token,
}


@cache
def _model(kind: type) -> type[BaseModel]:
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
        model = _model(hint)
        if hint is Override:
            return Annotated[model, AfterValidator(_of_something)]
        if hint is Source:
            return Annotated[model, BeforeValidator(_short_form), AfterValidator(_one_place)]
        return model
    if get_origin(hint) is tuple:
        return tuple[_checked(get_args(hint)[0]), ...]  # type: ignore[misc]
    if get_origin(hint) in (Union, types.UnionType):
        return _checked(get_args(hint)[0]) | None
    if get_origin(hint) is Literal:
        return hint
    raise TypeError(f"no check for {hint}")


def _build(kind: type[T], model: BaseModel) -> T:
    return kind(**{name: _value(getattr(model, name)) for name in type(model).model_fields})


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(part) for part in value)
    return _build(getattr(knobs, type(value).__name__), value) if isinstance(value, BaseModel) else value


# ---------------------------------------------------------------- what the shape cannot say


def _complete(settings: Settings, path: Path) -> Settings:
    folder = path.resolve().parent
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    url = settings.site.url.rstrip("/") or f"http://{host}:{server.port}"
    site = dataclasses.replace(
        settings.site,
        url=f"{url}/",
        title=one_line(settings.site.title) or Site().title,
        subtitle=one_line(settings.site.subtitle),
        author=one_line(settings.site.author),
    )
    spelt: dict[str, str] = {}  # tags that differ only in case and the like are one, spelt as at first
    sources = tuple(
        dataclasses.replace(
            source,
            id=source.id or source_id(source),
            name=one_line(source.name),
            tags=tuple(dict.fromkeys(spelt.setdefault(slug(tag), tag) for tag in source.tags)),
        )
        for source in settings.sources
    )
    site = dataclasses.replace(site, templates=_theme(site.theme, folder, path))
    data = str(folder / Path(settings.data).expanduser())
    return dataclasses.replace(settings, site=site, sources=sources, data=data, folder=str(folder))


def _with_logins(
    settings: Settings, folder: Path, loaded: yamls.Loaded
) -> tuple[Settings, tuple[Fault, ...]]:
    """Read the logins of sources that have one; what they say is in no message."""
    sources, faults = [], []
    for number, source in enumerate(settings.sources):
        try:
            login = _login(folder / Path(source.login_file).expanduser()) if source.login_file else ""
            sources.append(dataclasses.replace(source, authorization=login))
        except (OSError, ValueError) as error:
            path = ("sources", number, "login_file")
            reason = getattr(error, "strerror", None) or str(error)
            faults.append(Fault(loaded.line(path), yamls.spell(path), f"{source.login_file!r}: {reason}"))
    return dataclasses.replace(settings, sources=tuple(sources)), tuple(faults)


def _login(path: Path) -> str:
    """Return the Authorization header that a file means: RFC 7617 for a name and password.

    Raises: OSError when it cannot be read; ValueError when others could, or it holds something else.
    """
    if path.stat().st_mode & 0o077:
        raise ValueError("expected a file that only you can read; `chmod 600` makes it one")
    text = path.read_bytes()[:_MOST_LOGIN].decode("utf-8", "replace").strip()
    if _LOGIN.fullmatch(text):
        return text
    if ":" not in text or not text.isprintable():
        raise ValueError("expected one line, `user:password` or `Bearer` and a token")
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _theme(given: str, folder: Path, path: Path) -> tuple[tuple[str, str], ...]:
    """Read the templates of a theme: name and text."""
    if not given:
        return ()
    place = folder / Path(given).expanduser()
    found = sorted(file for file in place.glob("*") if file.suffix in (".html", ".css") and file.is_file())
    if not found:
        fault = Fault(0, "site.theme", f"{place} holds no templates (.html) and no style (.css)")
        raise ConfigError(str(path), (fault,))
    try:
        return tuple((file.name, file.read_text(encoding="utf-8")) for file in found)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (Fault(0, "site.theme", f"cannot be read: {error}"),)) from error


def source_id(source: Source) -> str:
    """Make a short name from an address: stable while the address is, readable in tables."""
    host = re.sub(r"^(?:www\.|feeds?\.|rss\.)", "", host_of(source.url)) if source.url else source.path
    digest = hashlib.blake2b((source.url or source.path).encode(), digest_size=3).hexdigest()
    readable = re.sub(r"[^a-z0-9]+", "-", host.casefold()).strip("-")[:40]
    return f"{readable}-{digest}".lstrip("-")


def _alike(sources: object, loaded: yamls.Loaded) -> Iterator[Fault]:
    """Name every source whose address or id an earlier one has; reads what was written, right or wrong."""
    seen: dict[str, int] = {}
    for number, given in enumerate(sources if isinstance(sources, list) else ()):
        source = _short_form(given)
        if not isinstance(source, dict):
            continue
        place = {key: source[key] for key in ("url", "path") if isinstance(source.get(key), str)}
        name = source.get("id") or (source_id(Source(**place)) if place else None)
        for key, value in (*place.items(), ("id", name)):
            if value and (first := seen.setdefault(f"{key} {value}", number)) != number:
                path = ("sources", number, *((key,) if key in source else ()))
                message = f"{key} {value!r} is already on line {loaded.line(('sources', first))}"
                yield Fault(loaded.line(path), yamls.spell(path), message)
                break


def _alike_outputs(outputs: object, loaded: yamls.Loaded) -> Iterator[Fault]:
    """Name every output whose name an earlier one has, or that has none."""
    seen: dict[str, int] = {}
    for number, output in enumerate(outputs if isinstance(outputs, list) else ()):
        path = ("outputs", number)
        name = output.get("name") if isinstance(output, dict) else None
        if isinstance(output, dict) and not name:
            yield Fault(loaded.line(path), yamls.spell(path), "expected a `name`")
        elif name == "all" and output.get("token"):
            yield Fault(loaded.line((*path, "token")), yamls.spell(path), "the combined one is not private")
        elif isinstance(name, str) and (first := seen.setdefault(name, number)) != number:
            message = f"name {name!r} is already on line {loaded.line(('outputs', first))}"
            yield Fault(loaded.line(path), yamls.spell(path), message)


# ---------------------------------------------------------------- in words

_WANTED = {
    "string_type": "expected text{quoted}",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "literal_error": "expected {expected}",
}
_BOUNDS = {"greater_than_equal": "at_least", "less_than_equal": "at_most"}


def _faults(error: ValidationError, loaded: yamls.Loaded) -> Iterator[Fault]:
    for problem in error.errors(include_url=False):
        path = tuple(problem["loc"])
        kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
        if kind == "extra_forbidden":
            message = _unknown(str(path[-1]), _known_keys(path[:-1]))
        elif kind == "value_error":
            message = f"{context['error']}, got {_spell_value(given)}"
        elif kind in _WANTED:
            quoted = " in quotes" if isinstance(given, bool | int | float) else ""
            message = f"{_WANTED[kind].format(quoted=quoted, **context)}, got {_spell_value(given)}"
        elif kind in _BOUNDS:
            message = f"expected {_bound(path, _BOUNDS[kind])}, got {_spell_value(given)}"
        else:
            message = f"{problem['msg']}, got {_spell_value(given)}"
        yield Fault(loaded.line(path), yamls.spell(path), message)


def _part(path: Iterable[str | int]) -> Any:
    """Return the dataclass that holds the keys below a path."""
    kind: Any = Settings
    for step in path:
        if isinstance(step, str):
            hint = get_type_hints(kind)[step]
            kind = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return kind


def _known_keys(path: Iterable[str | int]) -> list[str]:
    return [knob.name for knob in dataclasses.fields(_part(path)) if not knob.metadata.get("is_derived")]


def _bound(path: tuple[str | int, ...], name: str) -> str:
    knob = next(knob for knob in dataclasses.fields(_part(path[:-1])) if knob.name == path[-1])
    unit = "s" if "timedelta" in str(knob.type) else ""
    return f"{name.replace('_', ' ')} {knob.metadata[name]}{unit}"


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return "unknown key; " + (f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(known)}")


def _spell_value(value: object) -> str:
    if isinstance(value, str):
        return repr(_SECRET.sub(r"\1…@", value))
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | BaseModel):
        return "a mapping"
    if isinstance(value, timedelta):
        return f"'{value.total_seconds():g}s'"
    return "a list" if isinstance(value, list | tuple) else repr(value)
