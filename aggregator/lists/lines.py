"""Lists of a feed a line: rawdog's configuration, newsboat's `urls`, or nothing but addresses."""

import re
import shlex
from collections.abc import Iterator

from aggregator.lists.decoding import text_of
from aggregator.model import Outline

_RAWDOG = re.compile(rb"^feed[ \t]+\d+[a-z]?[ \t]+\S", re.MULTILINE)
_NEWSBOAT = re.compile(rb'^"?(?:https?://|feed:|query:|exec:|filter:|file://)', re.MULTILINE)
_FEED = re.compile(r"feed\s+(\d+)([smhdw]?)\s+(\S+)(.*)")
_ARGUMENT = re.compile(r'(\w+)(?:\s*=\s*|\s+)("[^"]*"|.*)')
_MADE = ("query:", "exec:", "filter:")


def looks_like_rawdog(body: bytes) -> bool:
    return bool(_RAWDOG.search(body))


def read_rawdog(body: bytes) -> Iterator[Outline]:
    """Read `feed` lines, with arguments behind them or indented below; a bare number is of minutes."""
    feed: Outline | None = None
    for line in text_of(body).splitlines():
        if feed and line[:1] in (" ", "\t") and line.strip():
            feed = _named(feed, line.strip())
            continue
        if feed:
            yield feed
        feed = None
        if found := _FEED.fullmatch(line.rstrip()):
            number, unit, url, arguments = found.groups()
            feed = Outline(url=url, every=f"{number}{unit or 'm'}" if int(number) else "")
            feed = _named(feed, arguments.strip())
    if feed:
        yield feed


def _named(feed: Outline, arguments: str) -> Outline:
    """Take the one argument that says something here: what its templates call the feed."""
    found = re.search(r"define_name\b", arguments)
    argument = _ARGUMENT.fullmatch(arguments[found.start() :]) if found else None
    return Outline(url=feed.url, every=feed.every, name=argument[2].strip('"')) if argument else feed


def looks_like_newsboat(body: bytes) -> bool:
    return bool(_NEWSBOAT.search(body))


def read_newsboat(body: bytes) -> Iterator[Outline]:
    """Read an address a line, with tags behind it; `~` begins a title, `!` hides a feed from the list."""
    for line in text_of(body).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            url, *tags = shlex.split(line)
        except ValueError:
            yield Outline(url=line.strip(), trouble="a quote in its line does not end")
            continue
        titles = [tag[1:] for tag in tags if tag.startswith("~")]
        trouble = "newsboat makes this feed itself" if url.startswith(_MADE) else ""
        kept = tuple(tag for tag in tags if not tag.startswith(("~", "!")))
        yield Outline(url=url, name=titles[0] if titles else "", tags=kept, trouble=trouble)
