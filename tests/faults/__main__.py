"""The long form of the faults: `python -m tests.faults`, or `python -m tests.faults --only storm,locked`.

Prints a line of figures for each, and ends with 1 when there is one that must not be.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.faults import trials
from tests.faults.life import Figures, Life, a_life
from tests.faults.nursery import Nursery
from tests.faults.population import populate
from tests.faults.soak import slopes, soak
from tests.faults.storm import storm

KILLS_OF_A_LIFE = 250  # then another begins: a walk takes longer, the more there is
SEEDS = range(100, 10_000)


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every trial is given, and whether all went well."""

    folder: Path
    nursery: Nursery
    kills: int
    reads: int
    minutes: float
    is_well: bool = True

    def say(self, name: str, told: str, *, is_well: bool = True) -> None:
        self.is_well &= is_well
        print(f"{'ok ' if is_well else 'BAD'} {name:<16} {told}", flush=True)  # noqa: T201 -- the figures

    def tell(self, name: str, figures: Figures) -> None:
        """Say what came of a trial with lives."""
        tried = ", ".join(f"{count} {kind}" for kind, count in figures.tried.items())
        counts = "told lost duplicated renamed leaks reads torn missing backwards".split()
        found = ", ".join(f"{figures.sum(name)} {name}" for name in counts)
        self.say(name, f"{tried}; {figures.walks} walks; {found}", is_well=not figures.faults)
        for example in figures.examples:
            self.say("", example, is_well=False)

    @contextmanager
    def life(self, seed: int, *, folder: str = "life") -> Iterator[Life]:
        with a_life(self.folder / folder, self.nursery, seed=seed) as life:
            yield life
        shutil.rmtree(self.folder / folder, ignore_errors=True)


def _kills(bench: Bench) -> None:
    total, seeds = Figures(), iter(SEEDS)
    while sum(total.tried.values()) < bench.kills or total.sum("reads") < bench.reads:
        seed = next(seeds)
        with bench.life(seed) as life:
            trials.kills(life, count=min(KILLS_OF_A_LIFE, bench.kills), seed=seed)
        total += life.figures
        bench.tell("F-01 so far", total)
    bench.tell("F-01 kills", total)


def _failing_calls(bench: Bench) -> None:
    with bench.life(3) as life:
        trials.failing_calls(life, every=10)
    bench.tell("F-03 failing", life.figures)


def _full_disk(bench: Bench) -> None:
    with trials.a_small_disk(bench.folder / "disk", megabytes=32) as is_there:
        if not is_there:
            bench.say("F-04 full disk", "left out: mounting a small disk takes root")
            return
        with a_life(bench.folder / "disk", bench.nursery, seed=4) as life:
            trials.full_disk(life, rooms=[2_000 * turn for turn in range(50)])
        bench.tell("F-04 full disk", life.figures)


def _corruption(bench: Bench) -> None:
    with bench.life(5) as life:
        for _ in range(30):
            life.calm_walk()
        for name, damage in trials.corruption(life, each=50).items():
            told = (
                f"{name}: {damage.found} of {damage.done} found at once, {damage.changed_nothing} changed"
                f" nothing, {damage.restored} restored to the same bytes"
            )
            bench.say("F-05 damage", "; ".join([told, *damage.bad]), is_well=not damage.bad)
        trials.journal_gone(life, count=20)
    bench.tell("F-05 no journal", life.figures)


def _locked(bench: Bench) -> None:
    with bench.life(6) as life:
        trials.locked(life, seconds=5)
        for _ in range(10):
            trials.locked(life, sabotage=["patience"])
    bench.tell("F-06 locked", life.figures)


def _population(bench: Bench) -> None:
    found = populate(bench.folder / "population", count=10_000, hours=24, beat=timedelta(seconds=10))
    is_well = found.late_p99 <= 60 and found.memory_mb <= 600 and found.fallen >= 0.9
    bench.say("F-10 population", f"{found}; asked {found.fallen:.1%} less often", is_well=is_well)


def _pairs(bench: Bench) -> None:
    with bench.life(12) as life:
        trials.pairs(life, count=100)
    bench.tell("F-12 pairs", life.figures)


def _migrations(bench: Bench) -> None:
    bench.tell("F-13 upgrades", trials.migrations(bench.nursery, bench.folder / "old", every=2))


def _restarts(bench: Bench) -> None:
    with bench.life(15) as life:
        trials.restarts(life, count=100)
    bench.tell("F-15 restarts", life.figures)


def _storm(bench: Bench) -> None:
    found = storm(bench.folder / "storm", clients=1000, seconds=60, publishes=100)
    bench.say("F-16 storm", str(found), is_well=not found.errors and found.p99 <= 50)


def _restores(bench: Bench) -> None:
    with bench.life(18) as life:
        trials.interrupted_restores(life, every=2)
    bench.tell("F-18 restores", life.figures)


def _soak(bench: Bench) -> None:
    samples = soak(
        bench.folder / "soak", minutes=bench.minutes, factor=500, say=lambda told: bench.say("", told)
    )
    for slope in slopes(samples, warm_up=0.3):
        bench.say("F-14 soak", str(slope))


TRIALS: dict[str, Callable[[Bench], None]] = {
    "kills": _kills,
    "calls": _failing_calls,
    "disk": _full_disk,
    "damage": _corruption,
    "locked": _locked,
    "population": _population,
    "pairs": _pairs,
    "upgrades": _migrations,
    "restarts": _restarts,
    "storm": _storm,
    "restores": _restores,
    "soak": _soak,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--reads", type=int, default=200_000, help="of published files, at least")
    parser.add_argument("--minutes", type=float, default=60, help="of the soak, which runs 500 times as fast")
    parser.add_argument("--only", default=",".join(TRIALS), help="of: %(default)s")
    parser.add_argument("--folder", type=Path, help="to work in; best in memory: a disk is not what is tried")
    given = parser.parse_args()
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=given.folder or (memory if memory.is_dir() else None)))
    began = time.monotonic()
    try:
        with Nursery() as nursery:
            bench = Bench(
                folder=folder, nursery=nursery, kills=given.kills, reads=given.reads, minutes=given.minutes
            )
            for name in given.only.split(","):
                TRIALS[name](bench)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bench.say("", f"{time.monotonic() - began:.0f} s", is_well=bench.is_well)
    return int(not bench.is_well)


if __name__ == "__main__":
    sys.exit(main())
