"""Days of real news replayed: what went out keeps its id and its dates, and seldom changes."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator import pipeline
from aggregator.harvest import read
from aggregator.model import Document, Fetched, FetchJob
from aggregator.settings import Output, Settings, Site, Source
from aggregator.store import Store, open_store
from tests.test_real_feeds import SHARED, needs_collection
from tests.world import Post, rss

STEP = timedelta(hours=6)
MOST_OUTLETS = 40
WEEK = SHARED / "week" / "items.jsonl.gz"


def arrivals() -> dict[str, list[tuple[datetime, Post]]]:
    """Read the week: for each of its largest outlets what it told, by when it was first seen."""
    told = defaultdict(list)
    with gzip.open(WEEK, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            seen = datetime.fromisoformat(item["first_seen"].replace("Z", ":00+00:00"))
            date = datetime.fromisoformat(item["published"].replace("Z", "+00:00"))
            post = Post(title=item["title"], text=item["summary"], link=item["url"], at=min(date, seen))
            told[urlsplit(item["url"]).hostname or "none"].append((seen, post))
    largest = sorted(told, key=lambda host: -len(told[host]))[:MOST_OUTLETS]
    return {host: sorted(told[host], key=lambda pair: pair[0]) for host in sorted(largest)}


def take_in(store: Store, settings: Settings, source: Source, posts: list[Post], now: datetime) -> None:
    state = store.sources.get(source.id)
    job = FetchJob(source_id=source.id, kind="http", address=source.url, known=state.known)
    document = Document(address=source.url, body=rss(*posts, title=source.name))
    pipeline.take_in(store, settings, read(job, Fetched(documents=(document,))), now=now)


def replayed(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """Publish every few hours; yield the items of the combined feed each time."""
    told = arrivals()
    sources = tuple(
        Source(id=f"s{number}", url=f"https://{host}/feed", name=host) for number, host in enumerate(told)
    )
    settings = Settings(
        site=Site(url="https://planet.example/"),
        sources=sources,
        data=str(folder),
        outputs=(Output(name="all", limit=500),),
    )
    begin = min(pairs[0][0] for pairs in told.values())
    end = max(pairs[-1][0] for pairs in told.values())
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=begin)
        desk = pipeline.open_desk(store, settings)
        now = begin
        while now < end + STEP:
            for source, pairs in zip(sources, told.values(), strict=True):
                posts = [post for seen, post in pairs if seen <= now][-60:]
                if any(now - STEP < seen <= now for seen, _ in pairs):
                    take_in(store, settings, source, posts, now)
            pipeline.regroup(store, desk, now=now)
            pipeline.publish(store, settings)
            yield json.loads((pipeline.public_folder(settings) / "feed.json").read_bytes())["items"]
            now += STEP


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(1800)
def test_days_of_news_change_what_went_out_seldom_and_never_its_dates(tmp_path: Path) -> None:
    contents, dates, urls = defaultdict(set), defaultdict(set), defaultdict(set)
    for items in replayed(tmp_path):
        for item in items:
            coverage = item["_coverage"]
            lines = [(line["url"], line["title"]) for part in ("more_recent", "earlier", "also_in")
                     for line in coverage.get(part, ())]  # fmt: skip
            contents[item["id"]].add(tuple(lines))
            dates[item["id"]].add((item["date_published"], item["date_modified"]))
            urls[item["url"]].add(item["id"])
    assert len(contents) > 1000
    assert max(map(len, contents.values())) <= 3
    assert any(len(versions) > 1 for versions in contents.values())
    assert {id_ for id_, found in dates.items() if len({p for p, _ in found}) > 1} == set()
    assert {id_ for id_, found in dates.items() if len({m for _, m in found}) > 1} == set()
    assert {url for url, ids in urls.items() if len(ids) > 1} == set()
