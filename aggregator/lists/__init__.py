"""Lists of feeds that other programs keep: one module per family, chosen by what the text looks like.

Such a list may come from anywhere: it is bounded in size, length and depth, names http and https addresses
alone, and nothing in it is expanded or run.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from aggregator.errors import ListError
from aggregator.lists.lines import looks_like_newsboat, looks_like_rawdog, read_newsboat, read_rawdog
from aggregator.lists.opml import looks_like_xml, read_opml
from aggregator.lists.records import looks_like_json, looks_like_yaml, read_json, read_yaml
from aggregator.lists.venus import looks_like_ini, read_ini
from aggregator.model import Outline, Sifted
from aggregator.text import one_line
from aggregator.urls import canonical, host_of, is_fetchable

__all__ = ["MOST_BYTES", "MOST_OUTLINES", "READERS", "key_of", "read_list", "sift", "why_not"]

MOST_BYTES = 5_000_000
MOST_OUTLINES = 5000
MOST_NAME = 200  # characters, of a name or a tag
MOST_TAGS = 20  # of a feed: each becomes a feed and a page

_LOGIN = re.compile(r"https?://[^/]*@", re.IGNORECASE)

Reader = Callable[[bytes], Iterable[Outline]]

# In the order of asking: what each looks like, and how it is read.
READERS: dict[str, tuple[Callable[[bytes], bool], Reader]] = {
    "OPML": (looks_like_xml, read_opml),
    "JSON of Miniflux, FreshRSS and others": (looks_like_json, read_json),
    "a configuration of Planet Venus or Pluto": (looks_like_ini, read_ini),
    "a configuration of rawdog": (looks_like_rawdog, read_rawdog),
    "a configuration of osmosfeed": (looks_like_yaml, read_yaml),
    "newsboat's urls": (looks_like_newsboat, read_newsboat),
}


def read_list(body: bytes) -> tuple[Outline, ...]:
    """Read a list of feeds of any known kind, in its order.

    Raises: ListError when it is of none, too large, or broken.
    """
    if len(body) > MOST_BYTES:
        raise ListError(f"it is larger than {MOST_BYTES:,} bytes")
    if body.startswith(b"PK\x03\x04"):
        raise ListError("it is a ZIP archive; unpack it, and import the OPML that is in it")
    for looks_like, read in READERS.values():
        if looks_like(body):
            found = []
            for outline in read(body):
                found.append(_tidy(outline))
                if len(found) > MOST_OUTLINES:
                    raise ListError(f"it names more than {MOST_OUTLINES:,} feeds")
            return tuple(found)
    raise ListError(f"it is no list of feeds that is known here: {', '.join(READERS)}")


def sift(outlines: Iterable[Outline], present: Mapping[str, str]) -> Sifted:
    """Tell what is new from what is there and what cannot be; a feed in two folders has the tags of both.

    Args:
        present: what is there already, by `key_of` its address.
    """
    added: dict[str, Outline] = {}
    skipped: list[tuple[Outline, str]] = []
    invalid: list[tuple[Outline, str]] = []
    for outline in outlines:
        key = key_of(outline.url)
        if outline.trouble or not is_fetchable(outline.url):
            invalid.append((outline, outline.trouble or why_not(outline.url)))
        elif first := added.get(key):
            added[key] = replace(first, tags=tuple(dict.fromkeys(first.tags + outline.tags)))
            skipped.append((outline, "it is named before"))
        elif key in present:
            skipped.append((outline, f"it is there already, as {present[key]}"))
        else:
            added[key] = outline
    return Sifted(added=tuple(added.values()), skipped=tuple(skipped), invalid=tuple(invalid))


def key_of(url: str) -> str:
    """Make the key under which two spellings of a feed's address meet."""
    return canonical(url) or url.partition("://")[2].rstrip("/").casefold() or url


def why_not(url: str) -> str:
    """Say why an address cannot be a source's."""
    if not url:
        return "it has no address"
    if _LOGIN.match(url):
        return "name and password stand in the address; use `login_file:`"
    return "it is no http or https address"


def _tidy(outline: Outline) -> Outline:
    """Make text of what is shown and written; a name that is just the address is none."""
    url = one_line(outline.url)
    if url.startswith("feed:"):
        url = url.removeprefix("feed:").removeprefix("//")
        url = url if "://" in url else f"http://{url}"
    name = one_line(outline.name)[:MOST_NAME].rstrip()
    tags = tuple(dict.fromkeys(one_line(tag)[:MOST_NAME].rstrip() for tag in outline.tags if one_line(tag)))
    is_address = name.casefold().removeprefix("www.") in (url.casefold(), key_of(url), host_of(url))
    return replace(outline, url=url, name="" if is_address else name, tags=tags[:MOST_TAGS])
