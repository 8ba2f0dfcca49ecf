"""What is published, and what is held back."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stored entry, and the rule that holds it back."""

    seq: int  # the order in which the store took entries in
    entry: Entry
    date: datetime  # UTC
    by: str = ""  # empty: none does


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some entries, and the titles of the newest few."""

    count: int = 0
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    """What one rule does."""

    name: str
    kind: str  # "exclude", "include", "at_most"
    found: Sample  # of which it speaks; with "at_most": that are too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What the rules of a configuration do with what is stored, against those in force."""

    entries: int
    held: int  # back, by the configuration
    in_force: int  # held back now
    rules: tuple[RuleTally, ...]
    going: Sample  # that are shown, and would not be
    coming: Sample  # that are not, and would be
