"""Configurations in sections: Planet, Planet Venus (a section's name is an address) and Pluto (a key is)."""

import configparser
import re
from collections.abc import Iterator

from aggregator.errors import ListError
from aggregator.lists.decoding import text_of
from aggregator.model import Outline

_SECTION = re.compile(rb"^\[[^\]\r\n]+\]\s*$", re.MULTILINE)
_LISTS = ("opml", "foaf", "csv", "ini", "config", "sparql")  # Venus' reading lists


def looks_like_ini(body: bytes) -> bool:
    return bool(_SECTION.search(body))


def read_ini(body: bytes) -> Iterator[Outline]:
    """Read the sections that name feeds.

    Raises: ListError when a line is of no kind.
    """
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(f"[planet]\n{text_of(body)}")  # Pluto's first keys are of no section
    except configparser.ParsingError as error:
        line = error.errors[0][0] - 1
        raise ListError(f"line {line}: it is neither a section nor a key and its value") from error
    for section in parser.sections():
        given = parser[section]
        kind = given.get("content_type") or ""
        url = given.get("feed") or (section if "://" in section else "")
        name = given.get("name") or given.get("title") or ""
        if any(word in kind for word in _LISTS):
            trouble = "it is a reading list; `aggregator import` reads it"
            yield Outline(url=url or section, name=name, trouble=trouble)
        elif url:
            yield Outline(url=url, name=name)
