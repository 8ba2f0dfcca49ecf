"""Flat in history: what many stored entries make dearer, and how soon an aggregator with them is there."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aggregator import pipeline
from aggregator.config import load_settings
from benchmarks.farm import Farm
from benchmarks.measure import Spent
from benchmarks.ours import Daemon, Running, all_due, free_port, serving
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import ITEMS, aged, stock

MOST = 1.3  # times as much
EVERY = 4  # one of so many feeds changes
ORDERS = ("refresh", "regroup", "publish")


def measure(site: Site) -> Iterator[Row]:
    """Do the same with few and with many entries stored, in turn; then start with the many."""
    few, many = site.scale.history
    with Farm(feeds=few // ITEMS or 1, items=ITEMS) as farm:
        port = free_port()  # one, or all pages would be stale at each start: they say where they are
        config = stock(site.folder / "few", farm.urls(), server=f"{{port: {port}}}")
        large = aged(config, site.folder / "many", times=many // few)
        costs: dict[tuple[Path, str], list[Spent]] = {}
        with Running(config) as little, Running(large) as much:
            for number in range(1 + site.scale.rounds):
                farm.turn(EVERY)
                for path, running in ((config, little), (large, much)):
                    for order in ORDERS:
                        spent = running.tell(order)
                        if number:  # before, what was put there made pages stale, and lay on the disk alone
                            costs.setdefault((path, order), []).append(spent)
        for order in ORDERS:
            yield Row(
                stage="history",
                what=f"{order} with {many:,} entries: CPU",
                unit="s",
                ours=tuple(spent.cpu for spent in costs[large, order]),
                others={f"{few:,}": tuple(spent.cpu for spent in costs[config, order])},
                target=Target(most=MOST, of=f"{few:,}"),
            )
        starts = [_start(large, farm, port) for _ in range(max(1, site.scale.rounds // 2))]
        for number, (what, most) in enumerate((("first output served", 1), ("a source asked", 5))):
            yield Row(
                stage="history",
                what=f"start with {many:,} entries, {what}: wall",
                unit="s",
                ours=tuple(start[number] for start in starts),
                target=Target(most=most),
            )


def _start(config: Path, farm: Farm, port: int) -> tuple[float, float]:
    """Start an aggregator that has sources to ask, and was ended well; return when it served, and asked."""
    settings, now = load_settings(config), datetime.now(UTC)
    with pipeline.open_alone(settings, now=now) as store:
        all_due(store, settings, now)
    farm.asked()
    started = time.time()
    with Daemon(config):
        served = serving(port)
        while not (asked := farm.asked()):
            time.sleep(0.1)
        return served, asked[0][1] - started
