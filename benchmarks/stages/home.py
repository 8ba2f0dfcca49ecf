"""At home: what each step costs the one process that decides, stores and publishes.

Together with `engines` this is what `benchmarks.simulation` reckons with.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Settings
from aggregator.store import Store
from benchmarks.measure import apart
from benchmarks.ours import all_due, configured
from benchmarks.results import Row
from benchmarks.scale import Site
from benchmarks.stocked import take_in, three_rounds

PAGES = 10  # of sources, in a publish
ITEMS = 30  # of a feed

Costs = dict[str, float]  # milliseconds of CPU


def measure(site: Site) -> Iterator[Row]:
    """Walk the steps with few sources configured and with many: by the difference, what each of them adds."""
    many, folder = site.scale.scheduled, site.folder / "home"
    folder.mkdir()
    few = many // 10
    told = min(site.scale.feeds, few)
    rounds: list[Costs] = []
    for number in range(site.scale.rounds):
        little, much = (apart(_walk, _config(folder / f"{number} {n}", n), told) for n in (few, many))
        rounds.append(_each(little, much, many - few))
    for what in rounds[0]:
        yield Row(stage="home", what=what, unit="ms", ours=tuple(costs[what] for costs in rounds))


def _config(folder: Path, count: int) -> Path:
    folder.mkdir()
    return configured(folder, [f"http://127.0.0.1:9/f/{number}" for number in range(count)])


def _each(little: Costs, much: Costs, others: int) -> Costs:
    """Return what one of each costs."""
    return {
        "a source sent out": little["sent"],
        "an unchanged source taken in": little["unchanged"],
        "a new entry taken in": little["new"] - little["unchanged"],
        "a new entry grouped": little["grouped"],
        "a publish": little["publish"],
        "a story in a publish": little["stories"],
        "the page of a source in a publish": little["pages"],
        "another source, each publish": max(0.0, much["publish"] - little["publish"]) / others,
    }


def _walk(config: Path, told: int) -> Costs:
    """Return what the steps cost when all sources are configured and some of them tell something."""
    settings = load_settings(config)
    first, new, same = three_rounds([source.url for source in settings.sources[:told]], items=ITEMS)
    with pipeline.open_alone(settings) as store:
        pipeline.prepare(store, settings, now=datetime.now(UTC))
        take_in(store, settings, first)
        return {
            "sent": _sent_out(store, settings),
            "unchanged": _spent(lambda: take_in(store, settings, same), times=told),
            **_published(store, settings, new),
        }


def _spent(step: Callable[[], object], *, times: int = 1) -> float:
    """Return the milliseconds that a step takes each of some times."""
    started = time.process_time()
    step()
    return (time.process_time() - started) * 1000 / times


class _Nobody:
    """An engine that is given jobs, and no more."""

    under_way: frozenset[str] = frozenset()
    trouble = ""

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        """Take them in."""

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:  # noqa: ARG002
        return ()

    def close(self) -> None:
        """End."""


def _sent_out(store: Store, settings: Settings) -> float:
    """Return what it costs to send out each of the sources that are due."""
    now, sent = datetime.now(UTC), []
    all_due(store, settings, now)
    spent = _spent(lambda: sent.append(pipeline.send_out(store, settings, _Nobody(), now=now)))
    return spent / sent[0]


def _published(store: Store, settings: Settings, new: Sequence[Harvest]) -> Costs:
    """Return what it costs to take in, group and publish new entries, and the pages of who told them."""
    memory, desk = pipeline.Memory(), pipeline.open_desk(store, settings)

    def group() -> None:
        pipeline.regroup(store, desk, now=datetime.now(UTC))

    def publish(pages: int = 0) -> None:
        pipeline.publish(store, settings, most_source_pages=pages, memory=memory)

    group()
    publish()
    alone = _spent(publish)
    taken = _spent(lambda: take_in(store, settings, new), times=len(new))
    grouped = _spent(group, times=len(new))
    stories = _spent(publish)
    paged = _spent(lambda: publish(min(PAGES, len(new))))
    return {
        "new": taken,
        "grouped": grouped,
        "publish": alone,
        "stories": (stories - alone) / len(new),
        "pages": (paged - alone) / min(PAGES, len(new)),
    }
