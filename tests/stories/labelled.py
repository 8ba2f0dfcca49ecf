"""The labelled sets of `tests/data/stories` as briefs, where their entries end up, and how good that is.

All times are after `NOW`; where the numbers lie is the business of the sets, not of the tests.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aggregator.model import Brief, Placement
from aggregator.store import Store
from aggregator.text import slug
from aggregator.yamls import load
from tests.world import NOW, a_name, a_state, an_arrival, under

FOLDER = Path(__file__).parents[1] / "data" / "stories"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One entry, which story it tells, and which entry it copies."""

    brief: Brief
    story: str
    copy_of: str = ""  # an entry id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A few entries that are easily taken for one story, or for several; in the order of coming in."""

    name: str
    kind: str
    entries: tuple[Labelled, ...]


@cache
def traps() -> tuple[Trap, ...]:
    found = load((FOLDER / "traps.yaml").read_text(encoding="utf-8")).value
    return tuple(
        Trap(
            name=trap["trap"],
            kind=trap["kind"],
            entries=tuple(_of_trap(trap, number) for number in range(1, len(trap["entries"]) + 1)),
        )
        for trap in found
    )


def _of_trap(trap: Mapping[str, Any], number: int) -> Labelled:
    given = trap["entries"][number - 1]
    brief = Brief(
        seq=number,
        entry_id=a_name(f"{trap['trap']} {number}"),
        source_id=slug(given["from"]),
        outlet=given["from"],
        url=given.get("url", ""),
        title=given["title"],
        text=given["text"],
        date=NOW + timedelta(hours=given["hours"]),
    )
    copied = given.get("copy_of")
    return Labelled(
        brief=brief, story=given["story"], copy_of=a_name(f"{trap['trap']} {copied}") if copied else ""
    )


@cache
def stream() -> tuple[Labelled, ...]:
    """Return the labelled stream, in the order of its dates."""
    lines = (FOLDER / "stream.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_of_stream(number, json.loads(line)) for number, line in enumerate(lines, start=1))


def _of_stream(number: int, given: Mapping[str, Any]) -> Labelled:
    brief = Brief(
        seq=number,
        entry_id=a_name(given["id"]),
        source_id=slug(given["publisher"]),
        outlet=given["publisher"],
        language=given["lang"],
        url=given["url"],
        title=given["title"],
        text=given["summary"],
        date=datetime.fromtimestamp(given["ts"], tz=UTC),
    )
    copied = given.get("copy_of")
    return Labelled(brief=brief, story=given["story"], copy_of=a_name(copied) if copied else "")


# ---------------------------------------------------------------- where entries end up


class Ledger:
    """Which entry belongs to which story by now: follows mergers and splits as the store does."""

    def __init__(self) -> None:
        self.story_of: dict[str, str] = {}  # entry id → story id
        self.copy_of: dict[str, str] = {}  # entry id → entry id

    def write(self, placement: Placement) -> tuple[str, ...]:
        """Write a placement down; return the entries that change their story by it."""
        before = dict(self.story_of)
        for merger in placement.mergers:
            for entry_id, story_id in self.story_of.items():
                if story_id == merger.gone_id:
                    self.story_of[entry_id] = merger.story_id
        if split := placement.split:
            leaving = {*split.entry_ids, *(e for e, lead in self.copy_of.items() if lead in split.entry_ids)}
            self.story_of |= {e: split.new_id for e in leaving if e in self.story_of}
        moved = tuple(e for e, story_id in before.items() if self.story_of[e] != story_id)
        self.story_of[placement.entry_id] = placement.story_id
        self.copy_of[placement.entry_id] = placement.copy_of
        return moved


def ledger_of(placements: Iterable[Placement]) -> Ledger:
    ledger = Ledger()
    for placement in placements:
        ledger.write(placement)
    return ledger


# ---------------------------------------------------------------- through the store


def introduce(store: Store, briefs: Iterable[Brief]) -> None:
    """Configure the sources of entries."""
    names = {brief.source_id: brief.outlet for brief in briefs}
    with store.transaction():
        states = [a_state(source_id, name=name) for source_id, name in names.items()]
        store.sources.configure(states, paused=frozenset())


def take_in(store: Store, briefs: Iterable[Brief]) -> None:
    """Put entries into a store that knows their sources."""
    with store.transaction():
        for brief in briefs:
            arrival = an_arrival(
                id=brief.entry_id,
                source_id=brief.source_id,
                keys=(f"id:{brief.entry_id}",),
                url=brief.url,
                title=brief.title,
                text=brief.text,
                language=brief.language,
                is_article=brief.is_article,
                date=brief.date,
            )
            store.entries.add([under(arrival, f"urn:{brief.entry_id}")], first_seen=NOW)


# ---------------------------------------------------------------- how good it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def b_cubed(gold: Sequence[str], found: Sequence[str]) -> Figures:
    """Compare two groupings of the same entries, each given as one label an entry.

    Source: Bagga and Baldwin 1998, "Entity-based cross-document coreferencing using the vector space model".
    """
    by_gold, by_found, both = Counter(gold), Counter(found), Counter(zip(gold, found, strict=True))
    return Figures(
        precision=sum(n * n / by_found[label] for (_, label), n in both.items()) / len(gold),
        recall=sum(n * n / by_gold[label] for (label, _), n in both.items()) / len(gold),
    )


def of_pairs(gold: set[frozenset[str]], found: set[frozenset[str]]) -> Figures:
    """Compare two sets of pairs."""
    right = len(gold & found)
    return Figures(precision=right / max(1, len(found)), recall=right / max(1, len(gold)))
