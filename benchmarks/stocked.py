"""Stores that have something in them, filled without a network."""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.daemon.walk import MOST_AT_ONCE
from aggregator.harvest import read
from aggregator.model import Document, Fetched, FetchJob, Harvest, Validators
from aggregator.settings import Settings
from aggregator.store import Store
from benchmarks import feeds as world
from benchmarks.ours import configured

ITEMS = 50  # of a feed

# Each copy is as old again as all of the window, and like what it copies was published once. Its ids begin as
# no other does.
_AGE = 864_000
_COPY = """
INSERT INTO stories (id, lead_id, date, published, is_dirty)
    SELECT :mark || substr(id, 5), :mark || substr(lead_id, 5), date - :age, published, 0
    FROM base_stories;
INSERT INTO entries (seq, id, source_id, guid, url, title, title_key, html, text, summary, date, updated,
        first_seen, digest, more, story_id, copy_of)
    SELECT seq - :step, :mark || substr(id, 5), source_id, guid || :mark, url || '/' || :mark, title,
        title_key, html, text, summary, date - :age, updated - :age, first_seen - :age, digest, more,
        :mark || substr(story_id, 5), iif(copy_of = '', '', :mark || substr(copy_of, 5)) FROM base_entries;
INSERT INTO entry_keys (source_id, key, entry_id, rank)
    SELECT source_id, key || :mark, :mark || substr(entry_id, 5), rank FROM base_keys;
INSERT INTO decisions (n, entry_id, near, rung, score, threshold, shared, parts, veto)
    SELECT n - :step, :mark || substr(entry_id, 5), '', rung, score, threshold, shared, parts, veto
    FROM base_decisions;
INSERT INTO entries_words (rowid, title, summary) SELECT seq - :step, title, summary FROM base_entries
"""


def harvest_of(
    number: int,
    url: str,
    newest: int,
    *,
    feeds: int,
    items: int = ITEMS,
    only: int = 0,
    known: Mapping[str, str] | None = None,
) -> Harvest:
    """Return what a feed on a farm would bring; see `feeds.document`, and `FetchJob.known`."""
    body = world.document(number, newest, feeds=feeds, items=items, only=only)
    job = FetchJob(source_id=f"f{number}", kind="http", address=url, known=known or {})
    return read(job, as_fetched(url, body, etag=f'"{number}-0"'))


def as_fetched(url: str, body: bytes, *, etag: str = "") -> Fetched:
    document = Document(address=url, body=body, media_type="application/xml")
    return Fetched(documents=(document,), validators=Validators(etag=etag), status=200)


def three_rounds(
    urls: Sequence[str], *, items: int
) -> tuple[Sequence[Harvest], Sequence[Harvest], Sequence[Harvest]]:
    """Return what feeds bring at first, then with one new item each, and when they are unchanged."""
    feeds = len(urls)
    first = [harvest_of(n, url, items, feeds=feeds, items=items) for n, url in enumerate(urls)]
    new = [
        harvest_of(n, url, items + 1, feeds=feeds, items=items, known=first[n].present)
        for n, url in enumerate(urls)
    ]
    same = [
        Harvest(
            source_id=harvest.source_id,
            kind=harvest.kind,
            is_unchanged=True,
            validators=harvest.validators,
            body_digest=harvest.body_digest,
            status=304,
        )
        for harvest in new
    ]
    return first, new, same


def take_in(store: Store, settings: Settings, harvests: Iterable[Harvest]) -> None:
    """Store harvests as the daemon does what has come back: some in a transaction."""
    ahead = iter(harvests)
    while together := list(islice(ahead, MOST_AT_ONCE)):
        with store.transaction():
            for harvest in together:
                pipeline.take_in(store, settings, harvest, now=datetime.now(UTC))


def stock(
    folder: Path, urls: Sequence[str], *, filled: int | None = None, items: int = ITEMS, **more: str
) -> Path:
    """Fill a store as if feeds had been asked, published; return the configuration.

    Args:
        filled: how many of the feeds have told something; all when not given.
        more: see `configured`.
    """
    folder.mkdir(exist_ok=True)
    config = configured(folder, urls, **more)
    settings = load_settings(config)
    with pipeline.open_alone(settings) as store:
        pipeline.prepare(store, settings, now=datetime.now(UTC))
        told = enumerate(urls[:filled])
        harvests = (harvest_of(n, url, items, feeds=len(urls), items=items) for n, url in told)
        take_in(store, settings, harvests)
        desk = pipeline.open_desk(store, settings)
        pipeline.regroup(store, desk, now=datetime.now(UTC))
        pipeline.save_desk(store, desk)
        pipeline.publish(store, settings)
        store.checkpoint()
    return config


def aged(config: Path, folder: Path, *, times: int) -> Path:
    """Copy a folder, and put so many times its entries before them; return the configuration there."""
    shutil.copytree(config.parent, folder)
    with closing(sqlite3.connect(folder / "data" / "aggregator.db", isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = off")
        db.execute("PRAGMA synchronous = off")
        tables = {"entries": "entries", "keys": "entry_keys", "stories": "stories", "decisions": "decisions"}
        for name, table in tables.items():
            db.execute(f"CREATE TEMP TABLE base_{name} AS SELECT * FROM {table}")
        step = db.execute("SELECT max(max(seq), (SELECT max(n) FROM decisions)) FROM entries").fetchone()[0]
        for number in range(1, times):
            db.execute("BEGIN")
            values = {"mark": f"g{number:03x}", "age": _AGE * number, "step": step * number}
            for statement in _COPY.split(";\n"):
                db.execute(statement, values)
            db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(truncate)")
    return folder / config.name
