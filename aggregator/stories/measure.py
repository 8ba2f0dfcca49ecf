"""Measure stories: against labels that people gave, or against other stories of the same entries.

It decides nothing. What a desk decided comes in as placements, one after the other, as the store gets them.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from aggregator.model import Brief, Placement

MOST_LINKS = 3  # earlier members shown to who reads a new entry

Partition = Mapping[str, str]  # entry → the story that it is in
Group = frozenset[str]  # the entries of a story


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled entry; None where the label is not known. Background has no story: placed, not scored."""

    brief: Brief
    story: str | None = None
    saga: str | None = None  # the longer affair that the story is part of
    copy_of: str | None = None  # the id of another sample that carries the same text


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much of what was found is right, and how much of what is right was found; both 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well labelled entries were placed. Only entries with a story count, but for `entries`."""

    entries: int
    scored: int
    gold_stories: int
    stories: int
    largest: int  # entries
    bcubed: Score
    pairwise: Score
    saga_precision: float | None  # BCubed, of entries with a saga
    copies: Score | None  # of pairs that carry one text, where copies are labelled
    links: Score  # `recall`: of entries with an earlier one of their story, the share that get a right link
    links_in_saga: float | None  # the share of links that stay within the saga
    per_second: float  # entries


class Ledger:
    """Which entries are in which story, as one placement after the other tells; named as in the store."""

    def __init__(self) -> None:
        self.story_of: dict[str, str] = {}
        self.copy_of: dict[str, str] = {}  # of copies only
        self._members: defaultdict[str, list[str]] = defaultdict(list)

    def members(self, story_id: str) -> tuple[str, ...]:
        """Return the entries of a story, copies included."""
        return tuple(self._members.get(story_id, ()))

    def take(self, placement: Placement) -> None:
        """Write a placement down, with what it does to others."""
        for merger in placement.mergers:
            self._move(self.members(merger.gone_id), merger.story_id)
        if split := placement.split:
            leaving = set(split.entry_ids)
            members = self.members(split.story_id)
            self._move([e for e in members if e in leaving or self.copy_of.get(e) in leaving], split.new_id)
        if placement.copy_of:
            self.copy_of[placement.entry_id] = placement.copy_of
        self._move([placement.entry_id], placement.story_id)

    def _move(self, entry_ids: Sequence[str], story_id: str) -> None:
        moving = set(entry_ids)
        for left in {self.story_of[e] for e in moving if e in self.story_of}:
            self._members[left] = [e for e in self._members[left] if e not in moving]
            if not self._members[left]:
                del self._members[left]
        self._members[story_id].extend(entry_ids)
        self.story_of.update(dict.fromkeys(entry_ids, story_id))


# ---------------------------------------------------------------- against labels


def measure(samples: Sequence[Sample], placements: Iterable[Placement], *, seconds: float) -> Figures:
    """Compare what a desk made of labelled entries with their labels.

    Args:
        placements: of the samples, in their order.
        seconds: that placing them took.
    Raises: ValueError when there is not one placement for each sample.
    """
    ledger, links = Ledger(), _Links(samples)
    for sample, placement in zip(samples, placements, strict=True):
        ledger.take(placement)
        links.count(sample, placement, ledger.members(placement.story_id))
    scored = [sample for sample in samples if sample.story is not None]
    gold = [sample.story for sample in scored]
    found = [ledger.story_of[sample.brief.entry_id] for sample in scored]
    sizes = Counter(found)
    return Figures(
        entries=len(samples),
        scored=len(scored),
        gold_stories=len(set(gold)),
        stories=len(sizes),
        largest=max(sizes.values(), default=0),
        bcubed=bcubed(gold, found),
        pairwise=pairwise(gold, found),
        saga_precision=_saga_precision(samples, ledger),
        copies=_copies(samples, ledger),
        links=links.score(),
        links_in_saga=links.in_saga(),
        per_second=len(samples) / seconds if seconds else 0.0,
    )


def bcubed(gold: Sequence[Hashable], found: Sequence[Hashable]) -> Score:
    """Score a clustering entry by entry: how pure its cluster is for each, and how complete.

    Args:
        gold, found: the label of each entry, in one order.
    Returns: means over all entries; 1.0 where there is none.
    Source: Bagga and Baldwin 1998, "Algorithms for scoring coreference chains"; that it asks of a measure
        what one should: Amigó et al. 2009, "A comparison of extrinsic clustering evaluation metrics".
    """
    if not gold:
        return Score(precision=1.0, recall=1.0)
    of_gold, of_found, of_both = Counter(gold), Counter(found), Counter(zip(gold, found, strict=True))
    precision = sum(n * n / of_found[label] for (_, label), n in of_both.items()) / len(gold)
    recall = sum(n * n / of_gold[label] for (label, _), n in of_both.items()) / len(gold)
    return Score(precision=precision, recall=recall)


def pairwise(gold: Sequence[Hashable], found: Sequence[Hashable]) -> Score:
    """Score a clustering pair by pair: two entries are together, or they are not.

    Returns: 1.0 for precision where no two are found together, for recall where no two belong together.
    """
    right = _pairs(Counter(zip(gold, found, strict=True)))
    together, belonging = _pairs(Counter(found)), _pairs(Counter(gold))
    return Score(precision=_share(right, together), recall=_share(right, belonging))


def _pairs(sizes: Mapping[Hashable, int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes.values())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _saga_precision(samples: Sequence[Sample], ledger: Ledger) -> float | None:
    known = [sample for sample in samples if sample.saga is not None]
    found = [ledger.story_of[sample.brief.entry_id] for sample in known]
    return bcubed([sample.saga for sample in known], found).precision if known else None


def _copies(samples: Sequence[Sample], ledger: Ledger) -> Score | None:
    """Score pairs that carry one text; background that is neither a copy nor copied is left out."""
    gold = {sample.brief.entry_id: sample.copy_of for sample in samples if sample.copy_of is not None}
    if not gold:
        return None
    labelled = {*gold, *gold.values(), *(s.brief.entry_id for s in samples if s.story is not None)}
    ids = [sample.brief.entry_id for sample in samples if sample.brief.entry_id in labelled]
    return pairwise([_first(gold, one) for one in ids], [_first(ledger.copy_of, one) for one in ids])


def _first(copy_of: Mapping[str, str | None], entry_id: str) -> str:
    """Return what a copy of a copy of … carries."""
    seen = {entry_id}
    while (before := copy_of.get(entry_id)) is not None and before not in seen:
        seen.add(before)
        entry_id = before
    return min(seen) if before is not None else entry_id  # where they name each other, any of them


class _Links:
    """Counts the links that a reader of each new entry would see: members of the story that it joined."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = {sample.brief.entry_id: sample for sample in samples}
        self._told: set[str] = set()  # gold stories
        self._shown = self._right = self._sagas = self._same_saga = self._due = self._served = 0

    def count(self, sample: Sample, placement: Placement, members: Sequence[str]) -> None:
        if sample.story is None:
            return
        links = [self._samples[one] for one in self._nearest(sample.brief, placement.near, members)]
        stories = [link.story for link in links if link.story is not None]
        right = stories.count(sample.story)
        self._shown, self._right = self._shown + len(stories), self._right + right
        self._due += sample.story in self._told
        self._served += right > 0
        self._told.add(sample.story)
        if sample.saga is not None:
            sagas = [link.saga for link in links if link.saga is not None]
            self._sagas, self._same_saga = (
                self._sagas + len(sagas),
                self._same_saga + sagas.count(sample.saga),
            )

    def _nearest(self, brief: Brief, near: str, members: Sequence[str]) -> list[str]:
        """Return earlier members: the one that the entry was compared with, then the nearest in time."""
        others = (one for one in reversed(members) if one != brief.entry_id)
        return nsmallest(
            MOST_LINKS,
            others,
            key=lambda one: (one != near, abs((self._samples[one].brief.date - brief.date).total_seconds())),
        )

    def score(self) -> Score:
        return Score(precision=_share(self._right, self._shown), recall=_share(self._served, self._due))

    def in_saga(self) -> float | None:
        return self._same_saga / self._sagas if self._sagas else None


# ---------------------------------------------------------------- against another partition


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How two partitions of the same entries differ; a story is its entries, whatever its name.

    Stories come largest first, entries in the order of the first partition.
    """

    kept: int  # stories of just the same entries
    gained: tuple[Group, ...] = ()
    lost: tuple[Group, ...] = ()
    merged: tuple[tuple[Group, ...], ...] = ()  # whole stories that are one afterwards
    split: tuple[tuple[Group, ...], ...] = ()  # the whole stories that one became
    moved: tuple[str, ...] = ()  # entries whose story is not the heir of the one they were in


def compare(before: Partition, after: Partition) -> Difference:
    """Say how two partitions differ.

    A story that is one with whole others has merged; one that fell into whole others was split; what is
    neither, nor the same, is lost, or gained. The heir of a story is the one with which it shares most
    entries, each of one only, largest shares first. Of equals the one whose first entry comes first in
    `before` goes first.

    Raises: ValueError when they are not of the same entries.
    Cost: O(n log n).
    """
    if before.keys() != after.keys():
        raise ValueError("two partitions must be of the same entries")
    old, new = _groups(before, before), _groups(before, after)
    shared = Counter((before[entry], after[entry]) for entry in before)
    kept = {(a, b) for (a, b), n in shared.items() if n == len(old[a]) == len(new[b])}
    merged = _unions({(b, a): n for (a, b), n in shared.items()}, old)
    split = _unions(shared, new)
    settled_old = {a for a, _ in kept} | split.keys() | {a for parts in merged.values() for a in parts}
    settled_new = {b for _, b in kept} | merged.keys() | {b for parts in split.values() for b in parts}
    heirs = _heirs(shared)
    return Difference(
        kept=len(kept),
        gained=_largest_first(group for name, group in new.items() if name not in settled_new),
        lost=_largest_first(group for name, group in old.items() if name not in settled_old),
        merged=_most_first(_largest_first(old[a] for a in parts) for parts in merged.values()),
        split=_most_first(_largest_first(new[b] for b in parts) for parts in split.values()),
        moved=tuple(entry for entry in before if (before[entry], after[entry]) not in heirs),
    )


def _groups(order: Iterable[str], partition: Partition) -> dict[str, Group]:
    """Return the stories of a partition, the one with the first entry first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for entry in order:
        groups[partition[entry]].append(entry)
    return {story: frozenset(entries) for story, entries in groups.items()}


def _unions(shared: Mapping[tuple[str, str], int], parts: Mapping[str, Group]) -> dict[str, list[str]]:
    """Return the groups that are made of two or more whole parts; `shared` counts (group, part)."""
    made: defaultdict[str, list[str]] = defaultdict(list)
    torn = set()
    for (group, part), n in shared.items():
        made[group].append(part)
        if n < len(parts[part]):
            torn.add(group)
    return {group: names for group, names in made.items() if len(names) > 1 and group not in torn}


def _heirs(shared: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
    heirs: dict[str, str] = {}
    taken: set[str] = set()
    for a, b in sorted(shared, key=shared.__getitem__, reverse=True):
        if a not in heirs and b not in taken:
            heirs[a] = b
            taken.add(b)
    return set(heirs.items())


def _largest_first(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=len, reverse=True))


def _most_first(found: Iterable[tuple[Group, ...]]) -> tuple[tuple[Group, ...], ...]:
    return tuple(sorted(found, key=lambda parts: sum(map(len, parts)), reverse=True))
