"""Decide the past anew: what other settings would make of it, and making it so."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from aggregator.model import Backtest, Brief, Cluster, Finding, Placed
from aggregator.pipeline.regroup import LEARNED, as_it_stands, new_desk
from aggregator.settings import Stories
from aggregator.store import Store
from aggregator.stories import Desk
from aggregator.stories.heritage import inherited_leads
from aggregator.stories.measure import Group, Ledger, compare

MOST_EXAMPLES = 5  # of a kind
MOST_TOLD = 3  # entries of a story in an example

Step = tuple[Brief, Placed]
Watch = Callable[[Iterable[Step]], Iterable[Step]]


def backtest(store: Store, settings: Stories, *, watch: Watch) -> Backtest:
    """Replay what is stored, and say what would be otherwise; nothing is changed.

    Args:
        watch: passes the entries on, and may say how far it is.
    """
    before, after, desk = _Before(), Ledger(), new_desk(as_it_stands(store, settings))
    for brief in before.pass_on(watch(store.entries.in_order())):
        after.take(desk.place(brief))
    return _report(store, before, after)


def rewrite(store: Store, settings: Stories, *, of: Store, now: datetime, watch: Watch) -> Backtest:
    """Put what a replay decides in the place of what was decided, in one transaction.

    Args:
        store: to write into, for the one process that may.
        of: the same store, opened once more: it tells how all was while the other is rewritten.
    """
    before, after, desk = _Before(), Ledger(), new_desk(as_it_stands(of, settings))
    with store.transaction():
        standing = store.past.begin()
        articles: list[Brief] = []  # that came in together: they gather when the last of them is placed
        for brief in before.pass_on(watch(of.entries.in_order())):
            if articles and not brief.is_article:
                _gather(store, desk, of, after, articles)
                articles = []
            placement = desk.place(brief)
            store.stories.place(placement, now=now)
            store.stories.forget(desk.forgotten())
            after.take(placement)
            articles += [brief] if brief.is_article and not placement.copy_of else []
        _gather(store, desk, of, after, articles)
        store.stories.remember(LEARNED, desk.dump())
        store.past.settle(standing, inherited_leads(standing.published, after.story_of), now=now)
    return _report(of, before, after)


class _Before:
    """How all was, as the store tells it by the way."""

    def __init__(self) -> None:
        self.story_of: dict[str, str] = {}
        self.copy_of: dict[str, str] = {}

    def pass_on(self, steps: Iterable[Step]) -> Iterator[Brief]:
        for brief, placed in steps:
            self.story_of[brief.entry_id] = placed.story_id
            if placed.copy_of in self.story_of:  # what it copied may have been taken down
                self.copy_of[brief.entry_id] = placed.copy_of
            yield brief


def _gather(store: Store, desk: Desk, of: Store, after: Ledger, articles: Iterable[Brief]) -> None:
    """Relate articles to all that is placed by now, in the order in which `regroup` does it."""
    seqs: dict[str, int] = {}
    relations = desk.gather(articles, _placed(of, after, seqs) if articles else ())
    store.stories.relate(sorted(relations, key=lambda relation: seqs[relation.entry_id]))


def _placed(of: Store, after: Ledger, seqs: dict[str, int]) -> Iterator[tuple[Brief, str]]:
    for brief, _ in of.entries.in_order():
        entry_id = brief.entry_id
        if entry_id in after.story_of and entry_id not in after.copy_of:
            seqs[entry_id] = brief.seq
            yield brief, after.story_of[entry_id]


# ---------------------------------------------------------------- reporting


def _report(store: Store, before: _Before, after: Ledger) -> Backtest:
    told = _Teller(store, before, after)
    difference = compare(before.story_of, after.story_of)
    copies, copies_now = before.copy_of.items(), after.copy_of.items()
    return Backtest(
        entries=len(before.story_of),
        before=len(set(before.story_of.values())),
        after=len(set(after.story_of.values())),
        copies=len(after.copy_of),
        kept=difference.kept,
        gained=told.stories((group,) for group in difference.gained),
        lost=told.stories((group,) for group in difference.lost),
        merged=told.stories(difference.merged),
        split=told.stories(difference.split),
        moved=told.moves(difference.moved),
        copies_gained=told.copies(copies_now - copies),
        copies_lost=told.copies(copies - copies_now),
    )


class _Teller:
    """Finds words for differences, the first few of many."""

    def __init__(self, store: Store, before: _Before, after: Ledger) -> None:
        self._store, self._after = store, after
        self._before = before.story_of
        self._order = {entry: number for number, entry in enumerate(before.story_of)}

    def stories(self, found: Iterable[tuple[Group, ...]]) -> Finding:
        kept = list(found)
        return Finding(
            count=len(kept),
            examples=tuple(tuple(map(self._cluster, parts)) for parts in kept[:MOST_EXAMPLES]),
        )

    def moves(self, entries: Sequence[str]) -> Finding:
        examples = []
        for entry in entries[:MOST_EXAMPLES]:
            was = {other for other, story in self._before.items() if story == self._before[entry]}
            now = self._after.members(self._after.story_of[entry])
            others = (self._cluster(set(group) - {entry}) for group in (was, now))
            examples.append((self._cluster({entry}), *others))
        return Finding(count=len(entries), examples=tuple(examples))

    def copies(self, pairs: Collection[tuple[str, str]]) -> Finding:
        first = sorted(pairs, key=lambda pair: self._order[pair[0]])[:MOST_EXAMPLES]
        return Finding(
            count=len(pairs),
            examples=tuple(tuple(self._cluster({entry}) for entry in pair) for pair in first),
        )

    def _cluster(self, entries: Collection[str]) -> Cluster:
        first = sorted(entries, key=self._order.__getitem__)[:MOST_TOLD]
        told = (self._store.entries.brief(entry) for entry in first)
        return Cluster(size=len(entries), entries=tuple(found[0] for found in told if found))
