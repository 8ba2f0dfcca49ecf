"""A store of any earlier version comes up to date with its ids, also when it is killed on the way."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator.store import open_store
from aggregator.store.schema import APPLICATION_ID, migrations

NAMES = [migration.name for migration in migrations._migrations]
ENTRIES = 2000

# Stops itself at the n-th statement of the migrations, as a power cut would.
VICTIM = """
import os, signal, sqlite3, sys
from pathlib import Path
from aggregator import store
from aggregator.store import schema
left = int(sys.argv[2])
def count(statement):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
migrate = schema.migrate
def watched(db):
    db.conn.set_trace_callback(count)
    migrate(db)
    db.conn.set_trace_callback(None)
store.migrate = watched
with store.open_store(Path(sys.argv[1])):
    pass
"""


def an_old_store(path: Path, version: str, *, entries: int = ENTRIES) -> None:
    """Make a store as the program of a version left it, with entries in three stories."""
    with closing(Database(path)) as db:
        db.execute("PRAGMA synchronous = off")  # no power cut here
        later = NAMES[NAMES.index(version) + 1 :]
        migrations.apply(db, stop_before=later[0] if later else None)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(
            "INSERT INTO sources (id, kind, address, next_due)"
            " VALUES ('north', 'http', 'https://n.example/', 0)"
        )
        db.conn.executemany(
            "INSERT INTO stories (id, lead_id, date, published) VALUES (?, ?, 9, 1)",
            [("0", "0"), ("1", "1"), ("2", "2")],
        )
        db.conn.executemany(
            "INSERT INTO entries (seq, id, source_id, guid, title, title_key, date, updated, first_seen,"
            " digest, text, story_id) VALUES (?, ?, 'north', ?, 't', 't', 9, 9, 9, 'd', 'words', ?)",
            [(n, str(n), f"urn:{n}", str(n % 3)) for n in range(entries)],
        )
        db.conn.executemany(
            "INSERT INTO decisions (entry_id, rung, score, threshold) VALUES (?, 'event', 1, 0)",
            [(str(n),) for n in range(entries)],
        )
        db.conn.commit()


def ids(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT entries.id, guid, story_id, lead_id, published FROM entries JOIN stories"
            " ON stories.id = story_id JOIN decisions ON entry_id = entries.id ORDER BY seq"
        ).fetchall()


def applied(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]


def schema(path: Path) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(
            connection.execute(
                "SELECT t.type, t.name, c.name, c.type FROM sqlite_schema AS t"
                " LEFT JOIN pragma_table_info(t.name) AS c WHERE t.name NOT LIKE 'sqlite_%'"
            )
        )


@pytest.mark.parametrize("version", NAMES)
def test_a_store_of_every_version_keeps_its_ids(tmp_path: Path, version: str) -> None:
    path = tmp_path / "store.db"
    an_old_store(path, version)
    before = ids(path)
    with open_store(path), open_store(tmp_path / "new.db"):
        pass
    assert ids(path) == before
    assert len(before) == ENTRIES
    assert schema(path) == schema(tmp_path / "new.db")
    assert applied(path) == NAMES


@pytest.mark.parametrize(
    "times", [5, pytest.param(50 * len(NAMES), marks=[pytest.mark.full, pytest.mark.timeout(3000)])]
)
def test_a_store_that_is_killed_in_a_migration_is_of_one_version_or_the_next(
    tmp_path: Path, times: int
) -> None:
    an_old_store(tmp_path / "old.db", NAMES[0])
    before, dice, killed = ids(tmp_path / "old.db"), random.Random(6), 0
    for turn in range(times):
        path = tmp_path / str(turn) / "store.db"
        path.parent.mkdir()
        shutil.copy(tmp_path / "old.db", path)
        stop_at = dice.randrange(90)
        run = subprocess.run(
            [sys.executable, "-c", VICTIM, str(path), str(stop_at)], env=_environment(), check=False
        )
        killed += run.returncode == -signal.SIGKILL
        assert run.returncode in (0, -signal.SIGKILL)
        assert applied(path) == NAMES[: len(applied(path))]
        with open_store(path):
            pass
        assert ids(path) == before
        assert applied(path) == NAMES
        shutil.rmtree(path.parent)
    assert killed > times / 2
    print(f"{killed} of {times} killed inside, 0 between versions, 0 ids lost")  # noqa: T201 -- the figures


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
