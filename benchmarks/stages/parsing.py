"""Parse and make safe: from the bytes of clean feeds to entries that are vouched for."""

import time
from collections.abc import Iterator
from pathlib import Path

from aggregator.harvest import read
from aggregator.model import FetchJob
from benchmarks import feeds as world
from benchmarks.measure import apart, run
from benchmarks.peers import told
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import as_fetched

JOB = FetchJob(source_id="f0", kind="http", address="http://127.0.0.1/f/0")
NAMES = {"feedparser_rs": "rust_parser", "feedparser": "feedparser_alone"}


def measure(site: Site) -> Iterator[Row]:
    """Let each read the same feeds."""
    scale, folder = site.scale, site.folder / "clean"
    folder.mkdir()
    for number in range(scale.clean_feeds):
        body = world.document(number, scale.items, feeds=scale.clean_feeds, items=scale.items)
        (folder / f"{number:04}.xml").write_bytes(body)
    there = {name: module for name, module in NAMES.items() if site.peers.has(module)}
    entries = scale.clean_feeds * scale.items
    ours: list[float] = []
    others: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(scale.rounds):
        ours.append(apart(_read_all, folder) / entries * 1e6)
        for name, module in there.items():
            work = told(run(site.peers.command(module, str(folder)))[1])
            others[name].append(work["cpu"] / work["entries"] * 1e6)
    yield Row(
        stage="parsing",
        what="parse and make safe, clean feeds: CPU an entry",
        unit="µs",
        ours=tuple(ours),
        others={name: tuple(values) for name, values in others.items()},
        target=Target(most=2, of="feedparser_rs"),
    )


def _read_all(folder: Path) -> float:
    """Read all once to get warm, and once more; return the CPU seconds of that."""
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())]
    spent = 0.0
    for _ in range(2):
        started = time.process_time()
        for body in bodies:
            read(JOB, as_fetched(JOB.address, body))
        spent = time.process_time() - started
    return spent
