"""A month of real news replayed: what went out keeps its id and its dates, seldom changes, and is never lost.

The small stream in `tests/data/stories` stands in where the collection does not lie beside the project; the
month, run by `pytest -m full`, is made of feeds as they stood (7 to 24 November) and of news items as they
were first seen (24 November to 4 December).
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator import pipeline
from aggregator.harvest import read
from aggregator.model import Document, Fetched, FetchJob
from aggregator.settings import Output, Publish, Settings, Site, Source
from aggregator.store import Store, open_store
from tests.test_archive import ids, walked
from tests.test_past import ROWS, when
from tests.test_real_feeds import SHARED, needs_collection, rows_of
from tests.test_takedown import stones
from tests.world import Post, files_below, rss

STEP = timedelta(hours=1)
FRESH = 8  # publishes, after which one begins anew
MOST_OUTLETS = 40
MOST_POSTS = 60  # in a feed
WEEK = SHARED / "week" / "items.jsonl.gz"
FROM, UNTIL = datetime(2025, 11, 4, tzinfo=UTC), datetime(2025, 12, 5, tzinfo=UTC)

Snapshot = tuple[datetime, str, bytes]  # when it stood there, in which source, the document
Told = dict[str, list[tuple[datetime, Post]]]  # by outlet: what, and when it was there first


# ---------------------------------------------------------------- news


def of_the_series() -> Iterator[Snapshot]:
    """Yield feeds as they stood in the month."""
    for row in rows_of(SHARED / "series" / "SERIES.tsv"):
        moment = datetime.strptime(row["commit_time_utc"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if FROM <= moment < UNTIL:
            body = gzip.decompress((SHARED / row["file"]).read_bytes())
            yield moment, "-".join(Path(row["file"]).parts[1:3]).lower().replace("_", "-"), body


def of_the_week() -> Told:
    """Read what the largest outlets of the week told."""
    told = defaultdict(list)
    with gzip.open(WEEK, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            seen = datetime.fromisoformat(item["first_seen"].replace("Z", ":00+00:00"))
            date = datetime.fromisoformat(item["published"].replace("Z", "+00:00"))
            post = Post(title=item["title"], text=item["summary"], link=item["url"], at=min(date, seen))
            told[urlsplit(item["url"]).hostname or "none"].append((seen, post))
    largest = sorted(told, key=lambda host: -len(told[host]))[:MOST_OUTLETS]
    return {host: told[host] for host in sorted(largest)}


def of_the_stream() -> Told:
    told = defaultdict(list)
    for row in ROWS:
        post = Post(title=row["title"], text=row["summary"], link=row["url"], at=when(row))
        told[row["publisher"]].append((when(row), post))
    return told


def as_snapshots(told: Told, step: timedelta) -> Iterator[Snapshot]:
    """Write a feed of an outlet at the end of each step in which it told something."""
    for outlet, pairs in told.items():
        posts: list[Post] = []
        by_step = defaultdict(list)
        for seen, post in sorted(pairs, key=lambda pair: pair[0]):
            by_step[int(seen.timestamp() // step.total_seconds()) + 1].append(post)
        for number, new in by_step.items():
            posts = (posts + new)[-MOST_POSTS:]
            moment = datetime.fromtimestamp(number * step.total_seconds(), UTC)
            yield moment, outlet, rss(*posts, title=outlet)


# ---------------------------------------------------------------- living through it


@dataclass
class Witness:
    """Reads what is published each time, as a reader who misses nothing."""

    publishes: int = 0
    lines: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))  # by id: lists of coverage
    told: dict[str, list[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(list))
    published: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ids_of: dict[str, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  # by entry: a page may be told of by several
    buried: set[str] = field(default_factory=set)

    def look(self, root: Path, store: Store) -> None:
        self.publishes += 1
        feed = (root / "atom.xml").read_bytes()
        self.buried |= set(stones({"atom.xml": feed}))
        for item in json.loads((root / "feed.json").read_bytes())["items"]:
            coverage, id_ = item["_coverage"], item["id"]
            parts = (coverage.get(part, ()) for part in ("more_recent", "earlier", "also_in"))
            self.lines[id_].add(tuple((line["url"], line["title"]) for part in parts for line in part))
            state = (item["date_modified"], item["title"], item.get("summary", ""))
            if not self.told[id_] or self.told[id_][-1] != state:
                self.told[id_].append(state)
            self.published[id_].add(item["date_published"])
            self.ids_of.update(
                {entry_id: self.ids_of[entry_id] | {id_} for entry_id in store.entries.find(id_)}
            )

    def moved_by_links(self) -> set[str]:
        """Return ids whose date of change moved though their own text had not changed."""
        return {
            id_
            for id_, states in self.told.items()
            for before, after in pairwise(states)
            if before[0] != after[0] and before[1:] == after[1:]
        }


def live(
    folder: Path, snapshots: Iterable[Snapshot], *, limit: int, takedown_at: int
) -> tuple[Witness, dict[str, bytes], Settings]:
    """Take in, group and publish as time goes by; take one entry down; return who saw it, and what is out."""
    in_order = sorted(snapshots)
    names = {name: f"s{number}" for number, name in enumerate(sorted({name for _, name, _ in in_order}))}
    sources = tuple(Source(id=id_, url=f"https://{id_}.example/feed", name=n) for n, id_ in names.items())
    settings = Settings(
        site=Site(url="https://planet.example/"),
        sources=sources,
        data=str(folder),
        publish=Publish(limit=limit),
        outputs=(Output(name="followed", update="followup", formats=("atom",)),),
    )
    witness, root, memory = Witness(), pipeline.public_folder(settings), pipeline.Memory()
    by_moment: dict[datetime, list[tuple[str, bytes]]] = defaultdict(list)
    for moment, name, body in in_order:
        by_moment[moment].append((names[name], body))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=in_order[0][0])
        desk = pipeline.open_desk(store, settings)
        for moment, documents in by_moment.items():
            for source_id, body in documents:
                take_in(store, settings, source_id, body, moment)
            pipeline.regroup(store, desk, now=moment)
            if witness.publishes == takedown_at:
                with store.transaction():
                    (lead,) = store.entries.find(next(iter(ids((root / "atom.xml").read_bytes()))))
                    store.takedowns.ask("entry", lead)
            pipeline.publish(store, settings, memory=memory)
            witness.look(root, store)
            if witness.publishes % FRESH == 0:
                assert pipeline.publish(store, settings) == (0, 0)  # without a memory the same comes out
    return witness, files_below(root), settings


def take_in(store: Store, settings: Settings, source_id: str, body: bytes, now: datetime) -> None:
    state = store.sources.get(source_id)
    job = FetchJob(source_id=source_id, kind="http", address=state.address, known=state.known)
    document = Document(address=state.address, body=body)
    pipeline.take_in(store, settings, read(job, Fetched(documents=(document,))), now=now)


def judge(witness: Witness, files: dict[str, bytes], settings: Settings) -> str:
    """Fail where something that went out did not stay; return the figures."""
    archived = Counter(id_ for page in walked(files) for id_ in ids(files[page]))
    current = set(ids(files["atom.xml"]))
    with open_store(pipeline.store_path(settings), is_read_only=True) as store:
        merged = {row[0] for row in store._db.execute("SELECT guid FROM story_aliases WHERE guid <> ''")}
        stories = store._db.execute("SELECT count(*) FROM stories").fetchone()[0]
        entries = store.entries.count()
        gone = {row[0] for row in store._db.execute("SELECT guid FROM entries WHERE is_withdrawn")}
        merges = store._db.execute("SELECT count(*) FROM story_aliases").fetchone()[0]
        copies = store._db.execute("SELECT count(*) FROM entries WHERE copy_of <> ''").fetchone()[0]
    versions = Counter(len(found) for found in witness.lines.values())
    changed_ids = {entry_id for entry_id, found in witness.ids_of.items() if len(found) > 1}
    followed = len(ids(files["followed/atom.xml"]))
    figures = (
        f"{witness.publishes} publishes, {entries} entries, {copies} copies, {stories} stories,"
        f" {merges} merged; {len(witness.lines)} went out;"
        f" versions of coverage {dict(sorted(versions.items()))};"
        f" {len(witness.moved_by_links())} dates moved by links; {len(changed_ids)} ids changed;"
        f" {len(walked(files))} pages of the archive with {len(archived)} entries,"
        f" {sum(n > 1 for n in archived.values())} twice; {len(witness.buried)} tombstones for"
        f" {len(merged)} ids merged and {len(gone)} taken down; {followed} in the output with follow-ups"
    )
    assert witness.moved_by_links() == set(), figures
    assert max(versions) <= 3, figures
    assert [id_ for id_, dates in witness.published.items() if len(dates) > 1] == [], figures
    assert changed_ids == set(), figures
    assert set(archived.values()) <= {1}, figures
    assert set(archived) | current >= set(witness.lines) - gone, figures
    assert merged | gone <= witness.buried, figures
    assert not (current | set(archived)) & gone, figures
    return figures


def test_a_small_stream_stays_as_it_went_out(tmp_path: Path) -> None:
    snapshots = as_snapshots(of_the_stream(), timedelta(hours=36))
    witness, files, settings = live(tmp_path, snapshots, limit=30, takedown_at=6)
    judge(witness, files, settings)
    assert witness.publishes >= FRESH
    assert len(walked(files)) > 3
    assert any(len(found) > 1 for found in witness.lines.values())
    assert len(witness.buried) >= 1


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(7200)
def test_a_month_of_news_stays_as_it_went_out(tmp_path: Path) -> None:
    snapshots = [*of_the_series(), *as_snapshots(of_the_week(), STEP)]
    witness, files, settings = live(tmp_path, snapshots, limit=100, takedown_at=60)
    print(f"\n{judge(witness, files, settings)}")  # noqa: T201 -- the figures are what it is run for
    days = (max(snapshots)[0] - min(snapshots)[0]).days
    assert days >= 29
    assert len(witness.lines) > 3000
