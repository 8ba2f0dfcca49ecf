"""Simulate many sources: how late they are asked, what waits, and how busy home is.

`python -m benchmarks.simulate` takes a minute or two and draws docs/scale.svg.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.curves import Panel, curves
from benchmarks.simulation.costs import Costs
from benchmarks.simulation.queues import Times
from benchmarks.simulation.run import Outcome, Simulation
from benchmarks.simulation.world import World, drawn

SOURCES = 1_000_000
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
WORKERS = (1, 2, 4, 8, 32, 128)
ENOUGH = 32  # workers, where sources are counted
HOURS = 0.5
AS_IS, STORING = "as it is", "storing only"  # what home does; see `Costs.only_storing`
RHYTHM, HOURLY = "own rhythm", "each hourly"  # when sources are asked
HEAD = (
    "| sources | asked | workers | home | asked /s | new /s | late, median | 99 % | at crowded hosts | queue"
    " | home busy | workers busy | MB/s |\n" + "|---" * 13 + "|"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One simulation, and what came of it."""

    sources: int
    workers: int
    pace: str
    home: str
    outcome: Outcome


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    costs = Costs.measured(options.costs) if options.costs else Costs()
    print(HEAD)
    by_workers = list(map(_printed, _over_workers(options, costs)))
    by_sources = list(map(_printed, _over_sources(options, costs)))
    options.plot.write_text(
        curves([*_panels(by_workers, "workers"), *_panels(by_sources, "sources")], columns=3)
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--sources", type=int, default=SOURCES, help="where workers are compared")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of sources to compare")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=WORKERS, help="numbers of workers to compare"
    )
    parser.add_argument("--hours", type=float, default=HOURS, help="that count, after as many that do not")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--costs", type=Path, metavar="FILE.json", help="of `python -m benchmarks --save`")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", default=Path("docs/scale.svg"))
    return parser.parse_args(arguments)


def _over_workers(options: argparse.Namespace, costs: Costs) -> Iterator[Case]:
    for pace in (RHYTHM, HOURLY):
        world = _world(options.sources, pace, options.seed)
        for workers in options.workers:
            yield _case(world, costs, options, workers=workers, pace=pace, home=STORING)


def _over_sources(options: argparse.Namespace, costs: Costs) -> Iterator[Case]:
    for home in (AS_IS, STORING):
        for size in options.sizes:
            world = _world(size, RHYTHM, options.seed)
            yield _case(world, costs, options, workers=ENOUGH, pace=RHYTHM, home=home)


def _world(count: int, pace: str, seed: int) -> World:
    every = timedelta(hours=1) if pace == HOURLY else None
    return drawn(count, np.random.default_rng(seed), every=every)


def _case(
    world: World, costs: Costs, options: argparse.Namespace, *, workers: int, pace: str, home: str
) -> Case:
    costs = costs.only_storing() if home == STORING else costs
    found = Simulation(world, costs, workers=workers, seed=options.seed).run(options.hours)
    return Case(sources=len(world), workers=workers, pace=pace, home=home, outcome=found)


def _printed(case: Case) -> Case:
    found = case.outcome
    figures = (
        f"{case.sources:,}",
        case.pace,
        f"{case.workers}",
        case.home,
        f"{found.asked:.1f}",
        f"{found.entries:.1f}",
        f"{_quantile(found.late, 0.5):.1f} s",
        f"{_quantile(found.late, 0.99):.1f} s",
        f"{_quantile(found.crowded, 0.99):.0f} s",
        f"{found.queue:,}",
        f"{found.home:.0%}",
        f"{found.workers:.1%}",
        f"{found.bytes / 1e6:.2f}",
    )
    print(f"| {' | '.join(figures)} |", flush=True)
    return case


def _quantile(found: Times, share: float) -> float:
    return float(np.quantile(found, share)) if len(found) else 0.0


def _panels(cases: Sequence[Case], across: str) -> Iterator[Panel]:
    """Draw lateness, queue and load over the numbers of workers, or of sources."""
    is_of_workers = across == "workers"
    lines: dict[str, list[Case]] = {}
    for case in cases:
        lines.setdefault(case.pace if is_of_workers else case.home, []).append(case)
    size = f"{max(case.sources for case in cases):,} sources" if is_of_workers else "Each in its rhythm"

    def panel(what: str, least: float, figure: Callable[[Outcome], float]) -> Panel:
        points = {
            name: [(getattr(case, across), figure(case.outcome)) for case in line]
            for name, line in lines.items()
        }
        return Panel(title=f"{size}: {what}", across=across, lines=points, least=least)

    yield panel("99 % begin within … seconds", 0.1, lambda found: _quantile(found.late, 0.99))
    yield panel("due and not asked yet", 1, lambda found: found.queue)
    yield panel("share of the writer that is busy", 0.001, lambda found: found.home)


if __name__ == "__main__":
    main()
