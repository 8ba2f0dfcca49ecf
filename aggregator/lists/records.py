"""Lists of records, under the names that programs give to their parts.

JSON of Miniflux, of the Google Reader API (FreshRSS and many more) and of `aggregator export`; YAML of
osmosfeed and of our own.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from aggregator import yamls
from aggregator.errors import ListError
from aggregator.lists.decoding import text_of
from aggregator.model import Outline
from aggregator.text import one_line

_JSON = re.compile(rb"[\xef\xbb\xbf\s]*(?:\{|\[\s*[\[{\"\]])")
_YAML = re.compile(rb"^(?:sources|feeds|subscriptions)[ \t]*:", re.MULTILINE)
_LISTS = ("sources", "feeds", "subscriptions")
_ADDRESSES = ("feed_url", "xmlUrl", "href", "url", "feed")
_NAMES = ("name", "title")
_TAGS = ("tags", "categories", "category", "folder")


def looks_like_json(body: bytes) -> bool:
    return bool(_JSON.match(body))


def read_json(body: bytes) -> Iterator[Outline]:
    """Read a list of records, or the one in an object.

    Raises: ListError when there is none.
    """
    try:
        value = json.loads(text_of(body))
    except json.JSONDecodeError as error:
        raise ListError(f"line {error.lineno}: it is not JSON: {error.msg}") from error
    except (RecursionError, ValueError) as error:
        raise ListError(f"it cannot be read: {error}") from error
    return _outlines(value)


def looks_like_yaml(body: bytes) -> bool:
    return bool(_YAML.search(body))


def read_yaml(body: bytes) -> Iterator[Outline]:
    """Read the list of records in a configuration.

    Raises: ListError when there is none, or it is no YAML.
    """
    loaded = yamls.load(text_of(body))
    if loaded.faults:
        fault = loaded.faults[0]
        raise ListError(f"line {fault.line}: {one_line(fault.message)}")
    return _outlines(loaded.value)


def _outlines(value: Any) -> Iterator[Outline]:
    found = value
    if isinstance(value, dict):
        found = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
    if not isinstance(found, list):
        raise ListError(f"it has no list under {', '.join(_LISTS)}")
    return map(_outline, found)


def _outline(record: Any) -> Outline:
    if isinstance(record, str):
        return Outline(url=record)
    if not isinstance(record, dict):
        return Outline(url="", trouble="it is neither an address nor a record")
    url, name = _text(record, _ADDRESSES), _text(record, _NAMES)
    trouble = "" if url or "path" not in record else "it is a file, not a feed"
    tags = tuple(tag for key in _TAGS for tag in _labels(record.get(key)))
    return Outline(url=url, name=name or _text(record, ("path",)), tags=tags, trouble=trouble)


def _text(record: dict[str, Any], names: Iterable[str]) -> str:
    return next((record[name] for name in names if isinstance(record.get(name), str) and record[name]), "")


def _labels(value: Any) -> Iterator[str]:
    """Yield the labels that are given as text, as records, or as lists of these."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield _text(value, ("label", "title", "name"))
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, str | dict):
                yield from _labels(part)
