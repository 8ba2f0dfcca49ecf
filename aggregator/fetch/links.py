"""Link headers (RFC 8288): what else an answer points to."""

import re
from collections.abc import Iterable, Iterator

from aggregator.model import Offer
from aggregator.text import one_line
from aggregator.urls import absolute, is_fetchable

_VALUE = r'"((?:[^"\\]|\\.)*)"|([^\s;,"]*)'
_PARAMETER = re.compile(rf';\s*([^\s=;,"]+)(?:\s*=\s*(?:{_VALUE}))?\s*')
_TARGET = re.compile(r"<([^<>]*)>\s*")


def offered(headers: Iterable[str], *, base: str) -> tuple[Offer, ...]:
    """Return the alternates of a page, each with what it is said to be; which are feeds is for others."""
    return tuple(
        Offer(url=url, title=one_line(parameters.get("title", "")), media_type=parameters.get("type", ""))
        for header in headers
        for target, parameters in _links(header)
        if "alternate" in parameters.get("rel", "").lower().split()
        and is_fetchable(url := absolute(base, target))
    )


def linked(headers: Iterable[str], relation: str, *, base: str) -> tuple[str, ...]:
    """Return where links of a relation lead, each place once, in their order.

    Args:
        relation: in lower case.
        base: of relative addresses; a link that says it is of another page does not count.
    """
    found = (
        absolute(base, target)
        for header in headers
        for target, parameters in _links(header)
        if relation in parameters.get("rel", "").lower().split()
        and absolute(base, parameters.get("anchor") or base) == absolute(base, base)
    )
    return tuple(dict.fromkeys(url for url in found if is_fetchable(url)))


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the targets of a header, each with its parameters; of two of one name the first counts."""
    place = 0
    while target := _TARGET.search(header, place):
        place = target.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, place):
            name, quoted, plain = parameter.groups()
            parameters.setdefault(name.lower(), plain or re.sub(r"\\(.)", r"\1", quoted or ""))
            place = parameter.end()
        yield target[1].strip(), parameters
