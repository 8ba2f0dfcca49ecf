"""The one writer: how much it takes in of what others fetched and read, when it need not wait for them.

Harvests are made once and replayed from memory, as they come from elsewhere: pickled.
"""

import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.daemon.walk import MOST_AT_ONCE, MOST_SOURCE_PAGES, PUBLISH_EVERY
from benchmarks.measure import apart
from benchmarks.ours import configured
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import take_in, three_rounds

LEAST = 5000  # entries a second
FIRST, NEW, SAME = "first fetch", "one new entry", "unchanged"
CLOCK = "by the clock"  # which counts the disk, and whoever else is at work


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a phase cost: seconds of CPU and of the clock."""

    cpu: float
    wall: float


def measure(site: Site) -> Iterator[Row]:
    """Replay the harvests of a farm, without and with what the daemon does of them every ten seconds."""
    scale, folder = site.scale, site.folder / "writer"
    folder.mkdir()
    urls = [f"http://127.0.0.1:9/f/{number}" for number in range(scale.feeds)]
    harvests = folder / "harvests"
    told = zip((FIRST, NEW, SAME), three_rounds(urls, items=scale.items), strict=True)
    harvests.write_bytes(pickle.dumps({phase: list(map(pickle.dumps, round_)) for phase, round_ in told}))
    costs: dict[tuple[str, bool], list[_Taken]] = {}
    for number in range(scale.rounds):
        for is_published in (False, True):
            config = folder / f"{number}{is_published}"
            config.mkdir()
            found = apart(_replay, configured(config, urls), harvests, is_published=is_published)
            for phase, taken in found.items():
                costs.setdefault((phase, is_published), []).append(taken)
    for (phase, is_published), all_taken in costs.items():
        yield _row(phase, all_taken, scale.feeds, scale.items, is_published=is_published)


def _row(phase: str, costs: Sequence[_Taken], feeds: int, items: int, *, is_published: bool) -> Row:
    what, count = ("entries", feeds * items) if phase == FIRST else ("sources", feeds)
    done = "taken in, grouped, published" if is_published else "taken in"
    return Row(
        stage="writer",
        what=f"{phase} of {items}: {what} {done}, a second of CPU",
        unit="/s",
        ours=tuple(count / taken.cpu for taken in costs),
        others={CLOCK: tuple(count / taken.wall for taken in costs)},
        target=Target(least=LEAST) if phase == FIRST and not is_published else None,
    )


def _replay(config: Path, harvests: Path, *, is_published: bool) -> dict[str, _Taken]:
    """Take in all harvests, phase by phase; return what each phase cost."""
    settings, packed, found = load_settings(config), pickle.loads(harvests.read_bytes()), {}
    with pipeline.open_alone(settings) as store:
        pipeline.prepare(store, settings, now=datetime.now(UTC))
        desk, memory = pipeline.open_desk(store, settings), pipeline.Memory()

        def tell() -> None:
            pipeline.regroup(store, desk, now=datetime.now(UTC))
            pipeline.publish(store, settings, most_source_pages=MOST_SOURCE_PAGES, memory=memory)

        for phase, parcels in packed.items():
            cpu, wall = time.process_time(), time.perf_counter()
            told = cpu
            for at in range(0, len(parcels), MOST_AT_ONCE):
                take_in(store, settings, map(pickle.loads, parcels[at : at + MOST_AT_ONCE]))
                if is_published and time.process_time() - told >= PUBLISH_EVERY.total_seconds():
                    tell()
                    told = time.process_time()
            if is_published:
                tell()
            found[phase] = _Taken(time.process_time() - cpu, time.perf_counter() - wall)
        pipeline.save_desk(store, desk)
    return found
