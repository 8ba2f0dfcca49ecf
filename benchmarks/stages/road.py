"""The whole road: a first fetch, a round in which nothing changed, one in which a twentieth did."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.farm import Farm
from benchmarks.measure import Spent, run
from benchmarks.ours import Running, configured
from benchmarks.peers import program, told
from benchmarks.results import Row, Target
from benchmarks.scale import Site

EVERY = 20  # one of so many feeds changes
PHASES = ("first fetch", "nothing changed", "5 % changed")
NAMES = {
    "reader": "lemon24_reader",
    "bound": "bound",
    "lb aiohttp": "lower_bound",
    "feedparser loop": "feedparser_loop",
}
OURS, STORED = "ours", "ours, stored only"

Costs = dict[tuple[str, str], list[Spent]]  # by contender and phase


def measure(site: Site) -> Iterator[Row]:
    """Let us and others do the same, phase by phase, in turn."""
    scale, costs = site.scale, Costs()
    with Farm(feeds=scale.feeds, items=scale.items) as farm:
        urls = site.folder / "urls"
        urls.write_text("\n".join(farm.urls()))
        for number in range(scale.rounds):
            farm.reset()
            folder = site.folder / f"road{number}"
            folder.mkdir()
            _round(_contenders(site, folder, urls), folder, farm, costs)
    yield from _rows(costs, f"{scale.feeds:,} feeds × {scale.items}")


Contender = Callable[[], Spent]


def _round(peers: Mapping[str, Contender], folder: Path, farm: Farm, costs: Costs) -> None:
    with Running(configured(folder, farm.urls())) as ours:
        for phase in PHASES:
            if phase == PHASES[2]:
                farm.turn(EVERY)
            farm.asked()
            stored = ours.tell("refresh")
            _check(OURS, phase, farm)
            costs.setdefault((STORED, phase), []).append(stored)
            whole = stored + ours.tell("regroup") + ours.tell("publish")
            costs.setdefault((OURS, phase), []).append(whole)
            for name, peer in peers.items():
                costs.setdefault((name, phase), []).append(peer())
                _check(name, phase, farm)


def _check(name: str, phase: str, farm: Farm) -> None:
    """See that a contender has asked for every feed.

    Raises: RuntimeError when it has done less than the others.
    """
    asked = len({number for number, _ in farm.asked()})
    if asked != farm.feeds:
        raise RuntimeError(f"{phase}: {name} asked for {asked} of {farm.feeds} feeds")


def _contenders(site: Site, folder: Path, urls: Path) -> dict[str, Contender]:
    """Return what is there to compare with, each with a database of its own."""
    found: dict[str, Contender] = {}
    for name, module in NAMES.items():
        if site.peers.has(module):
            database = str(folder / f"{module}.db")
            order = ["update"] if name == "reader" else []
            command = site.peers.command(module, database, *order, str(urls))
            found[name] = _Script(command)
    if "reader" in found:
        run(site.peers.command(NAMES["reader"], str(folder / "lemon24_reader.db"), "add", str(urls)))
    if newsboat := program("newsboat"):
        found["newsboat"] = _newsboat(newsboat, folder, urls)
    return found


@dataclass(frozen=True, slots=True)
class _Script:
    """A peer that says itself what its work cost, its start not included."""

    command: list[str]

    def __call__(self) -> Spent:
        spent, said = run(self.command)
        work = told(said)
        return replace(spent, cpu=work["cpu"], wall=work["wall"])


def _newsboat(path: str, folder: Path, urls: Path) -> Contender:
    config = folder / "newsboat"
    config.write_text("reload-threads 10\nmax-items 0\nauto-reload no\n")
    cache = folder / "newsboat.db"
    command = [path, "-u", str(urls), "-c", str(cache), "-C", str(config), "-x", "reload"]

    def refresh() -> Spent:
        spent, _ = run(command)
        with closing(sqlite3.connect(cache)) as db:
            if not db.execute("SELECT count(*) FROM rss_item").fetchone()[0]:
                raise RuntimeError("newsboat read nothing")
        return spent

    return refresh


def _rows(costs: Costs, size: str) -> Iterator[Row]:
    def figures(name: str, phase: str, figure: str) -> tuple[float, ...]:
        return tuple(getattr(spent, figure) for spent in costs.get((name, phase), ()))

    def row(
        phase: str, what: str, target: Target | None, *, ours: str = OURS, figure: str = "cpu", **more: str
    ) -> Row:
        others = [*NAMES, "newsboat"]
        return Row(
            stage="road",
            what=f"{phase}, {what}, {size}",
            unit=more.get("unit", "s"),
            ours=figures(ours, phase, figure),
            others={name: figures(name, phase, figure) for name in others},
            target=target,
        )

    first, same, changed = PHASES
    yield row(first, "whole road: CPU", Target(most=1 / 6, of="reader"))
    yield row(first, "whole road: wall", Target(most=1 / 8, of="reader"), figure="wall")
    yield row(first, "fetched and stored: CPU", Target(most=2, of="bound"), ours=STORED)
    yield row(first, "whole road: memory", Target(most=200), figure="peak_mb", unit="MB")
    yield row(same, "fetched: CPU", Target(most=1.5, of="lb aiohttp"), ours=STORED)
    yield row(same, "fetched: CPU against reader", Target(most=1 / 5, of="reader"), ours=STORED)
    yield row(changed, "whole road: CPU", Target(most=2.5, of="lb aiohttp"))
    yield row(changed, "whole road: CPU against reader", Target(most=1 / 6, of="reader"))
    yield row(changed, "fetched and stored: CPU", None, ours=STORED)
