"""robots.txt (RFC 9309): what an origin asks of us, by our name or of all crawlers.

A feed that the operator named is fetched for its readers, not crawled: what is said to everybody is said to
crawlers. But a group that names our product token means us, and is obeyed. A page is asked for because a feed
led there, by nobody's word: that is crawling, and where no group names us, the one for everybody counts. The
parsers there are cannot tell the two groups apart, so this reads the file itself.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from aggregator.urls import absolute, origin_of, scheme_of

OUR_NAME = "aggregator"  # of our User-Agent, in lower case
EVERYBODY = "*"
MOST_BYTES = 512_000
MOST_RULES = 1000
KEPT_SECONDS = 86_400.0
MOST_KEPT = 10_000  # origins

_NAME = re.compile(r"[a-z_-]+|\*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of paths, and whether it allows them."""

    pattern: str
    is_allowed: bool


def rules_for(name: str, body: bytes) -> tuple[Rule, ...] | None:
    """Return the rules of the groups that name somebody, as if they were one (RFC 9309, 2.2.1).

    Returns: None where no group does; nothing where one asks for nothing.
    """
    found: list[Rule] = []
    is_named = is_theirs = is_naming = False
    for line in body[:MOST_BYTES].decode("utf-8-sig", "replace").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            given = _NAME.match(value.lower())
            is_theirs = (is_theirs and is_naming) or (given is not None and given[0] == name)
            is_named, is_naming = is_named or is_theirs, True
        elif key in ("allow", "disallow"):
            is_naming = False
            if is_theirs and value:
                found.append(Rule(_spelt(value), is_allowed=key == "allow"))
    return tuple(found[:MOST_RULES]) if is_named else None


def is_allowed(url: str, rules: tuple[Rule, ...]) -> bool:
    """Say whether an address may be asked: the longest rule that fits counts, of equal ones the kinder."""
    parts = urlsplit(url)
    path = _spelt((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    fitting = (rule for rule in rules if _fits(rule.pattern, path))
    best = max(fitting, key=lambda rule: (len(rule.pattern), rule.is_allowed), default=None)
    return best is None or best.is_allowed


def _fits(pattern: str, path: str) -> bool:
    """Say whether a path begins as a pattern says: `*` is anything, and `$` at its end is the path's end."""
    first, *others = pattern.removesuffix("$").split("*")
    is_whole, place = pattern.endswith("$"), len(first)
    if not path.startswith(first):
        return False
    for number, part in enumerate(others, start=1):
        is_last = number == len(others)
        found = path.rfind(part, place) if is_last and is_whole else path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return not is_whole or place == len(path)


def _spelt(text: str) -> str:
    """Make the spellings of a path one: what is escaped needlessly, and what should be (RFC 9309, 2.2.2)."""
    plain = _ESCAPE.sub(lambda found: _kept(int(found[1], 16)), text)
    return quote(plain, safe=_ASCII)


def _kept(octet: int) -> str:
    return chr(octet) if chr(octet) in _UNRESERVED else f"%{octet:02X}"


@dataclass(slots=True)
class _Known:
    """What an origin said, and until when that is kept by the loop's clock; one asks, the others wait."""

    of_us: tuple[Rule, ...] | None = None
    of_everybody: tuple[Rule, ...] | None = None
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Robots:
    """What origins ask of us, each asked once a day, and only when it is asked for something anyway."""

    def __init__(self) -> None:
        self._origins: dict[str, _Known] = {}

    async def allow(
        self, url: str, ask: Callable[[str], Awaitable[bytes]], *, is_crawled: bool = False
    ) -> bool:
        """Say whether an address may be asked.

        Args:
            is_crawled: whether nobody named it, so that what is asked of all crawlers is asked of us.
            ask: brings the file at an address, empty where there is none; what it raises is passed on.
        """
        if len(self._origins) > MOST_KEPT:
            self._origins.clear()
        known = self._origins.setdefault(f"{scheme_of(url)}://{origin_of(url)}", _Known())
        now = asyncio.get_running_loop().time
        async with known.lock:
            if known.until <= now():
                body = await ask(absolute(url, "/robots.txt"))
                known.of_us, known.of_everybody = rules_for(OUR_NAME, body), rules_for(EVERYBODY, body)
                known.until = now() + KEPT_SECONDS
        rules = known.of_everybody if is_crawled and known.of_us is None else known.of_us
        return is_allowed(url, rules or ())
