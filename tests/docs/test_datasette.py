"""The queries that datasette is given run on a real store, and find what they say."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline, yamls
from aggregator.settings import Settings
from aggregator.store import open_store
from tests.docs import pages
from tests.stories.labelled import introduce, stream, take_in
from tests.world import DAY, NOW, a_brief, a_round, a_settings, a_source

FILE = pages.DOCS / "datasette.yaml"
SHOWN: dict[str, Any] = yamls.load(FILE.read_text(encoding="utf-8")).value["databases"]["aggregator"]
EMPTY = {"health", "tombstones"}  # where all is new


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the labelled stream in it, one source that fails, and one article taken down."""
    folder = tmp_path_factory.mktemp("store")
    settings = a_settings(folder, a_source("http://127.0.0.1:9/feed", id="failing"))
    briefs = [labelled.brief for labelled in stream()]
    a_round(settings)
    with open_store(pipeline.store_path(settings)) as store:
        introduce(store, [*briefs, a_brief(source_id="failing")])
        take_in(store, briefs)
        pipeline.regroup(store, pipeline.open_desk(store, Settings()), now=NOW + 20 * DAY)
        with store.transaction():
            store.takedowns.ask("url", briefs[0].url)
            store.takedowns.carry_out(at=NOW)
    return pipeline.store_path(settings)


@pytest.fixture(scope="module")
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
        yield opened


@pytest.mark.parametrize("name", SHOWN["queries"])
def test_a_query_runs_and_finds_something(name: str, connection: sqlite3.Connection) -> None:
    query = SHOWN["queries"][name]
    given = dict.fromkeys(query.get("params", ()), "")
    if "story" in given:
        given["story"] = connection.execute("SELECT id FROM stories LIMIT 1").fetchone()[0]
    rows = connection.execute(query["sql"], given).fetchall()
    assert bool(rows) is (name not in EMPTY)


def test_every_query_is_on_the_page() -> None:
    assert set(pages.first_column(pages.text_of(pages.DOCS / "datasette.md"))) == set(SHOWN["queries"])


def test_tables_that_it_speaks_of_exist(connection: sqlite3.Connection) -> None:
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert set(SHOWN["tables"]) <= there


def test_datasette_opens_the_store(path: Path) -> None:
    datasette = shutil.which("datasette")
    if datasette is None:
        pytest.skip("datasette is not installed; `pip install datasette` brings it")
    asked = "/aggregator/stories_by_outlets.json?_shape=array"
    done = subprocess.run(
        [datasette, "serve", str(path), "--metadata", str(FILE), "--get", asked],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["outlets"] > 1
