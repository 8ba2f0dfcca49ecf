"""What is wrong with a configuration, in words: where it stands, what was expected, what was given."""

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from aggregator import yamls
from aggregator.errors import Fault
from aggregator.settings import Settings

_SECRET = re.compile(r"(//)[^/@\s]*@")  # a user's name and password
_WANTED = {
    "string_type": "expected text{quoted}",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "finite_number": "expected a number",
    "bool_type": "expected true or false",
    "tuple_type": "expected a list",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "literal_error": "expected {expected}",
}
_BOUNDS = {"greater_than_equal": "at_least", "less_than_equal": "at_most"}


def faults_of(error: ValidationError, loaded: yamls.Loaded) -> Iterator[Fault]:
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
