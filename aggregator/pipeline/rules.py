"""Hold back what the rules speak of: as it comes in, and all that is stored when the rules are others."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from aggregator.model import FeedInfo, Held, Rehearsal, RuleTally, Sample
from aggregator.pipeline.following import followed
from aggregator.policy.rules import Bench, Evidence
from aggregator.settings import Settings
from aggregator.store import Store

BATCH = 1000  # entries in one transaction
MOST_TITLES = 3  # of a sample

Verdict = tuple[Held, Evidence, str]


def judge(store: Store, bench: Bench, entry_ids: Iterable[str], feed: FeedInfo) -> None:
    """Hold back what came in or changed, or let it through; part of the caller's transaction."""
    for held in store.held.those(entry_ids):
        rule = bench.verdict(Evidence(held.entry, feed))
        if not rule and bench.at_most and store.held.before(held) >= bench.at_most:
            rule = bench.full
        if rule != held.by:
            store.held.hold({held.entry.id: rule})


def enforce(store: Store, settings: Settings) -> None:
    """Judge anew what sources told whose rules are others now."""
    judged = store.held.judged_by()
    for source in settings.sources:
        bench = Bench(settings.rules, source)
        if judged.get(source.id, "") != bench.digest:
            for batch in _judged(store, source.id, bench):
                with store.transaction():
                    store.held.hold({held.entry.id: rule for held, _, rule in batch if rule != held.by})
            with store.transaction():
                store.held.judge(source.id, bench.digest)


def _judged(store: Store, source_id: str, bench: Bench) -> Iterator[list[Verdict]]:
    """Yield what a source told, in the order in which it came in, with the rule that holds each back."""
    feed, of_day, last = store.sources.get(source_id).feed, Counter[date](), 0
    while batch := list(store.held.entries(source_id, after=last, limit=BATCH)):
        yield [_verdict(bench, held, feed, of_day) for held in batch]
        last = batch[-1].seq


def _verdict(bench: Bench, held: Held, feed: FeedInfo, of_day: Counter[date]) -> Verdict:
    evidence, day = Evidence(held.entry, feed), held.date.date()
    rule = bench.verdict(evidence)
    if not rule:
        rule = bench.full if bench.at_most and of_day[day] >= bench.at_most else ""
        of_day[day] += not rule
    return held, evidence, rule


# ---------------------------------------------------------------- looking


def rehearse(store: Store, settings: Settings) -> Rehearsal:
    """Say what the rules would do with all that is stored; nothing is changed."""
    known, found = store.held.judged_by(), _Count()
    for source in followed(store, settings).sources:
        bench = Bench(settings.rules, source)
        found.expect(bench)
        if source.id in known:
            for batch in _judged(store, source.id, bench):
                found.take(bench, batch)
    return found.told()


class _Count:
    """Counts what rules do, and keeps examples."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._found: dict[str, _Newest] = {}
        self._going, self._coming = _Newest(), _Newest()
        self._entries = self._held = self._in_force = 0

    def expect(self, bench: Bench) -> None:
        for clause in bench.clauses:
            self._kinds[clause.name] = "exclude" if clause.is_exclude else "include"
        if bench.at_most:
            self._kinds[bench.full] = "at_most"

    def take(self, bench: Bench, batch: Iterable[Verdict]) -> None:
        for held, evidence, rule in batch:
            self._entries += 1
            self._held += bool(rule)
            self._in_force += bool(held.by)
            speaking = {clause.name for clause in bench.clauses if clause.speaks_of(evidence)}
            for name in speaking | ({rule} & {bench.full}):
                self._found.setdefault(name, _Newest()).add(held)
            if bool(rule) != bool(held.by):
                (self._going if rule else self._coming).add(held)

    def told(self) -> Rehearsal:
        return Rehearsal(
            entries=self._entries,
            held=self._held,
            in_force=self._in_force,
            rules=tuple(
                RuleTally(name=name, kind=kind, found=self._found.get(name, _Newest()).told())
                for name, kind in self._kinds.items()
            ),
            going=self._going.told(),
            coming=self._coming.told(),
        )


class _Newest:
    """Counts entries and keeps the titles of the newest, however many there are."""

    def __init__(self) -> None:
        self._count, self._newest = 0, list[tuple[datetime, int, str]]()

    def add(self, held: Held) -> None:
        self._count += 1
        self._newest.append((held.date, held.seq, held.entry.title))
        self._newest = sorted(self._newest, reverse=True)[:MOST_TITLES]

    def told(self) -> Sample:
        return Sample(count=self._count, titles=tuple(title for _, _, title in self._newest))
