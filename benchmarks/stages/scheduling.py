"""Scheduling: what it costs to have many sources and little to do, and how punctually they are asked."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import quantiles

from benchmarks.farm import Farm
from benchmarks.measure import cpu_of
from benchmarks.ours import Daemon, free_port, serving
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import stock

SETTLING = 4  # seconds until it is up, and half as many as it is watched to do all that comes at first
LATER = 86_400


def measure(site: Site) -> Iterator[Row]:
    """Watch an aggregator with many sources, of which each is asked once an hour."""
    scale, folder = site.scale, site.folder / "scheduling"
    due = max(3, round(scale.scheduled * scale.seconds / 3600))  # while it is watched
    with Farm(feeds=10, items=5) as farm:
        port = free_port()
        urls = farm.urls(scale.scheduled)
        config = stock(folder, urls, filled=10, items=5, server=f"{{port: {port}}}")
        first = int(time.time() + SETTLING + scale.seconds / 2)
        _appoint(folder / "data" / "aggregator.db", due, first, scale.seconds)
        with Daemon(config) as daemon:
            serving(port)
            time.sleep(max(0, first - time.time()))
            before = cpu_of(daemon.pid)
            time.sleep(scale.seconds)
            load = (cpu_of(daemon.pid) - before) / scale.seconds
            time.sleep(2)  # for the last
            late = [at - (first + number * scale.seconds / due // 1) for number, at in farm.asked()]
        yield Row(
            stage="scheduling",
            what=f"{scale.scheduled:,} sources, each once an hour: share of a core",
            unit="%",
            ours=(load * 100,),
            target=Target(most=1),
        )
        yield Row(
            stage="scheduling",
            what=f"{scale.scheduled:,} sources: 99 % are asked within",
            unit="s",
            ours=(quantiles(late, n=100)[98],),
            target=Target(most=1),
        )


def _appoint(database: Path, due: int, first: int, seconds: float) -> None:
    """Let some sources be due one after the other, and the rest much later; all have been asked before."""
    with closing(sqlite3.connect(database)) as db, db:
        place = "CAST(substr(id, 2) AS INTEGER)"
        db.execute(
            f"UPDATE sources SET etag = '\"' || substr(id, 2) || '-0\"', leased_until = 0,"
            f" next_due = :first + iif({place} < :due, CAST({place} * :seconds / :due AS INTEGER), :later)",
            {"first": first, "due": due, "seconds": seconds, "later": LATER},
        )
