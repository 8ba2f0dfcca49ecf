"""Grouping: how fast entries as long as in feeds are placed, and what it remembers of each."""

import time
from collections.abc import Iterator
from pathlib import Path

from aggregator.model import Brief
from aggregator.pipeline import new_desk
from aggregator.settings import Stories
from benchmarks import feeds as world
from benchmarks.measure import apart
from benchmarks.results import Row, Target
from benchmarks.scale import Site

FEEDS = 500
TEXT = 300  # characters of most summaries
LEAST = {50_000: 1500, 200_000: 1000}  # entries a second, by entries in mind
MOST_KB = 4


def measure(site: Site) -> Iterator[Row]:
    """Fill a desk's memory, then see how it goes on."""
    for live in site.scale.live:
        found = [apart(_place, live, site.scale.placed) for _ in range(max(1, site.scale.rounds // 2))]
        least = LEAST.get(live, max(LEAST.values()))
        speeds, sizes = zip(*found, strict=True)
        what = f"{live:,} live entries"
        yield Row(
            stage="grouping",
            what=f"{what}: entries a second",
            unit="/s",
            ours=speeds,
            target=Target(least=least),
        )
        yield Row(
            stage="grouping",
            what=f"{what}: memory an entry",
            unit="KB",
            ours=sizes,
            target=Target(most=MOST_KB),
        )


def _place(live: int, more: int) -> tuple[float, float]:
    """Return how many are placed a second once so many are live, and the KB that one of these takes."""
    briefs = [_brief(number, live=live) for number in range(live + more)]
    desk = new_desk(Stories())
    before = _resident()
    for brief in briefs[:live]:
        desk.place(brief)
    size = (_resident() - before) / live
    started = time.process_time()
    for brief in briefs[live:]:
        desk.place(brief)
    return more / (time.process_time() - started), size


def _resident() -> float:
    """Return the KB that this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4.096


def _brief(number: int, *, live: int) -> Brief:
    """Return an entry; the window is as long as `live` of them."""
    told = world.item(number % FEEDS, number // FEEDS, feeds=FEEDS, items=live // FEEDS + 1)
    return Brief(
        seq=number,
        entry_id=f"{number:032x}",
        source_id=f"f{number % FEEDS}",
        outlet=f"Outlet {number % FEEDS}",
        language="en",
        url=told.url,
        title=told.title,
        text=told.text[:TEXT],
        date=world.START + Stories().window * (number / live),
    )
