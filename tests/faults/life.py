"""One store from its first day on: what every trial needs, and the figures that come of it."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Self

from tests.faults.audit import LIMITS, PUBLIC, Auditor, Verdict
from tests.faults.deeds import HOURS_OF_A_WALK, a_walk
from tests.faults.nursery import Fate, Nursery
from tests.faults.subscriber import Seen, subscribed
from tests.faults.truth import Truth
from tests.webservers import serving
from tests.world import NOW, Origin

FEEDS = 3


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of a trial."""

    tried: Counter[str] = field(default_factory=Counter)  # kinds of fault
    walks: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def __iadd__(self, other: Self) -> Self:
        self.tried += other.tried
        self.walks += other.walks
        self.verdicts += other.verdicts
        self.seen += other.seen
        self.unexpected += other.unexpected
        return self

    def sum(self, name: str) -> int:
        """Add up what verdicts or subscribers say under a name."""
        parts = [*self.verdicts, *self.seen]
        return sum(getattr(part, name) for part in parts if hasattr(part, name))

    @property
    def faults(self) -> int:
        return self.sum("faults") + len(self.unexpected)

    @property
    def examples(self) -> list[str]:
        told = [
            f"{name}: {value}"
            for v in self.verdicts
            for name in ("unsound", "differs")
            if (value := getattr(v, name))
        ]
        return [*self.unexpected, *told, *(text for seen in self.seen for text in seen.examples)][:10]


class Life:
    """One store from its first day on, its origins, and a subscriber who watches."""

    def __init__(self, folder: Path, nursery: Nursery, origin: Origin, *, seed: int) -> None:
        self.folder, self.nursery = folder, nursery
        self.truth = Truth(origin, feeds=FEEDS, seed=seed)
        self.dice = random.Random(seed)
        self.auditor = Auditor(folder)
        self.figures = Figures()
        self.now = NOW
        self._seconds: list[float] = []  # of walks that nothing disturbed

    def task(self, **given: Any) -> dict[str, Any]:
        """Write the next walk down, at a time when every feed is due."""
        self.now += HOURS_OF_A_WALK
        return a_walk(self.folder, self.truth.addresses, self.now, **given)

    def walk(self, **given: Any) -> Fate:
        self.figures.walks += 1
        return self.nursery.do(self.task(**given))

    def calm_walk(self, *, is_due: bool = True) -> Fate:
        """Walk undisturbed."""
        self.now -= timedelta() if is_due else HOURS_OF_A_WALK
        fate = self.walk()
        if fate.refused:
            self.figures.unexpected.append(f"an undisturbed walk: {fate.told.get('detail')}")
        self._seconds.append(fate.seconds)
        return fate

    @property
    def seconds(self) -> float:
        return median(self._seconds[-5:])

    def settle(self) -> Verdict:
        """Let all calm down, and judge."""
        self.calm_walk()
        self.calm_walk()
        self.figures.verdicts.append(self.auditor.judge(self.truth.told, self.nursery))
        return self.figures.verdicts[-1]


@contextmanager
def a_life(folder: Path, nursery: Nursery, *, seed: int, is_watched: bool = True) -> Iterator[Life]:
    """Yield a life that has taken its first walk."""
    folder.mkdir(parents=True, exist_ok=True)
    origin = Origin()
    try:
        life = Life(folder, nursery, origin, seed=seed)
        life.calm_walk()
        if not is_watched:
            yield life
            return
        with (
            serving(folder / PUBLIC, now=datetime.max.replace(tzinfo=UTC)) as address,
            subscribed(folder / PUBLIC, address, limits=LIMITS) as seen,
        ):
            life.figures.seen.append(seen)
            yield life
    finally:
        origin.close()
