"""Which entries are held back: by the operator's rules, and beyond so many a day of their source.

What is held back stays in the store, and takes part in nothing. What is excluded comes first, everywhere and
then of the source; then what is included: of each of the two lists, where it says anything, one rule must
speak of an entry.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from hashlib import blake2b

from aggregator.model import Entry, FeedInfo
from aggregator.patterns import Pattern, Reading, is_expression, pattern_of
from aggregator.settings import Rule, Rules, Source

_BREAKS = re.compile(r"[^\w*]+|_+")  # between the words of an address
_ASKED = {"anywhere": ("title", "content")}  # of a field that is several


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One rule, ready to be asked."""

    name: str  # where it stands, and as it is written: "rules.exclude: title: sponsored"
    is_exclude: bool
    tests: tuple[tuple[tuple[str, ...], tuple[Pattern, ...]], ...]  # fields: one of them has one pattern

    def speaks_of(self, evidence: "Evidence") -> bool:
        for asked, patterns in self.tests:  # loops, for speed: this is asked of every entry
            for field in asked:
                if evidence.has(field, patterns) or (not self.is_exclude and evidence.is_unknown(field)):
                    break
            else:
                return False
        return True


class Evidence:
    """What rules ask of an entry, read and folded when one asks."""

    def __init__(self, entry: Entry, feed: FeedInfo) -> None:
        self._entry, self._feed = entry, feed
        self._readings: dict[str, Reading] = {}

    def has(self, field: str, patterns: Iterable[Pattern]) -> bool:
        """Say whether a field has one of some patterns."""
        reading = self._readings.get(field)
        if reading is None:
            values = _FIELDS[field](self._entry, self._feed)
            spelt = map(_spaced, values) if field == "url" else None
            reading = self._readings[field] = Reading(values, spelt=spelt)
        return any(reading.has(pattern, is_first=field == "language") for pattern in patterns)

    def is_unknown(self, field: str) -> bool:
        """Say whether a field may have held anything: the text of an old entry was let go."""
        return field == "content" and not self._entry.text and bool(self._entry.summary)


class Bench:
    """The rules that the entries of one source stand before.

    `digest` is another when other entries may be held back, and empty where none can be.
    """

    def __init__(self, general: Rules, source: Source) -> None:
        scopes = (("rules", general), (f"sources[{source.id}].rules", source.rules))
        self.excludes = tuple(
            c for scope, rules in scopes for c in _clauses(f"{scope}.exclude", rules.exclude)
        )
        self.includes = tuple(tuple(_clauses(f"{scope}.include", rules.include)) for scope, rules in scopes)
        self.at_most = source.at_most
        self.full = f"sources[{source.id}].at_most: {source.at_most}"  # why one is held back that is too much
        given = (general, source.rules, source.at_most)
        is_idle = given == (Rules(), Rules(), None)
        self.digest = "" if is_idle else blake2b(repr(given).encode(), digest_size=16).hexdigest()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return (*self.excludes, *(clause for clauses in self.includes for clause in clauses))

    def verdict(self, evidence: Evidence) -> str:
        """Return the rule by which an entry is held back; empty where it is not."""
        for clause in self.excludes:
            if clause.speaks_of(evidence):
                return clause.name
        for clauses in self.includes:
            if clauses and not any(clause.speaks_of(evidence) for clause in clauses):
                return f"{clauses[0].name.partition(':')[0]}: none speaks of it"
        return ""


def _clauses(scope: str, rules: Iterable[Rule]) -> Iterator[Clause]:
    for rule in rules:
        given = {field.name: patterns for field in fields(rule) if (patterns := getattr(rule, field.name))}
        told = "; ".join(f"{name}: {', '.join(patterns)}" for name, patterns in given.items())
        yield Clause(
            name=f"{scope}: {told}",
            is_exclude=scope.endswith("exclude"),
            tests=tuple(
                (_ASKED.get(name, (name,)), tuple(_pattern(name, text) for text in patterns))
                for name, patterns in given.items()
            ),
        )


def _pattern(field: str, text: str) -> Pattern:
    return pattern_of(_spaced(text) if field == "url" and not is_expression(text) else text)


def _spaced(address: str) -> str:
    """Part an address into its words, points as well."""
    return _BREAKS.sub(" ", address)


def _authors(entry: Entry, feed: FeedInfo) -> tuple[str, ...]:
    people = entry.authors or feed.authors
    return tuple(filter(None, (said for person in people for said in (person.name, person.email))))


_FIELDS: dict[str, Callable[[Entry, FeedInfo], tuple[str, ...]]] = {
    "title": lambda entry, _: (entry.title,),
    "content": lambda entry, _: (entry.summary, entry.text),
    "author": _authors,
    "category": lambda entry, _: entry.categories,
    "url": lambda entry, _: (entry.url,),
    "language": lambda entry, feed: (entry.language or feed.language,),
    "enclosure": lambda entry, _: tuple(enclosure.media_type for enclosure in entry.enclosures),
}
