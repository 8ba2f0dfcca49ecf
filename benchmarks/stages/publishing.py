"""Publishing: what a few new stories cost where outputs are long, in every format, compressed."""

import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from feedgen.feed import FeedGenerator

from aggregator import pipeline
from aggregator.config import load_settings
from benchmarks import feeds as world
from benchmarks.measure import apart
from benchmarks.results import Row, Target
from benchmarks.scale import Site
from benchmarks.stocked import ITEMS, harvest_of, stock, take_in

GZIP_LEVEL = 6
THEIRS = "feedgen + zlib"


def measure(site: Site) -> Iterator[Row]:
    """Publish some new stories, then one; a library writes Atom and RSS of the same length beside."""
    scale, folder = site.scale, site.folder / "publishing"
    feeds = max(2, scale.carried * 2 // ITEMS)  # of its entries most make a story
    urls = [f"http://127.0.0.1:9/f/{number}" for number in range(feeds)]
    config = stock(folder, urls, publish=f"{{limit: {scale.carried}}}", defaults="{full_text: true}")
    costs = [apart(_publish, config, 1, scale.new, 1)[1:] for _ in range(scale.rounds)]  # the first gets warm
    theirs = tuple(apart(_written_by_feedgen, scale.carried) for _ in range(scale.rounds))
    for number, (new, most) in enumerate(((scale.new, 0.35), (1, 0.1))):
        yield Row(
            stage="publishing",
            what=f"{new} new in outputs of {scale.carried:,}: CPU",
            unit="s",
            ours=tuple(cost[number] for cost in costs),
            others={THEIRS: theirs},
            target=Target(most=most, of=THEIRS),
        )


def _publish(config: Path, *numbers: int) -> list[float]:
    """Take in so many entries and publish them, for each of some numbers; return the CPU seconds of each."""
    settings, costs = load_settings(config), []
    with pipeline.open_alone(settings) as store:
        desk = pipeline.open_desk(store, settings)
        memory = pipeline.Memory()
        pipeline.publish(store, settings, memory=memory)
        for new in numbers:
            told = store.entries.count()
            for number in range(told, told + new):
                at, feed = divmod(number, len(settings.sources))
                url = settings.sources[feed].url
                take_in(store, settings, [harvest_of(feed, url, at + 1, feeds=10**6, only=1)])
            pipeline.regroup(store, desk, now=datetime.now(UTC))
            started = time.process_time()
            pipeline.publish(store, settings, memory=memory)
            costs.append(time.process_time() - started)
        pipeline.save_desk(store, desk)
    return costs


def _written_by_feedgen(carried: int) -> float:
    """Write as many items as Atom and RSS, compressed; return the CPU seconds."""
    items = [world.item(0, number, feeds=1, items=carried) for number in range(carried)]
    started = time.process_time()
    feed = FeedGenerator()
    feed.id("https://site.example/")
    feed.title("Bench")
    feed.description("Bench")
    feed.link(href="https://site.example/")
    for item in items:
        entry = feed.add_entry(order="append")
        entry.id(item.url)
        entry.title(item.title)
        entry.link(href=item.url)
        entry.published(item.at)
        entry.updated(item.at)
        entry.content(item.html, type="html")
    for written in (feed.atom_str(), feed.rss_str()):
        gzip.compress(written, GZIP_LEVEL)
    return time.process_time() - started
