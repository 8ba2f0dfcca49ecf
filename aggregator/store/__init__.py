"""The memory: one SQLite file, one writer, one transaction per decision. It carries out and decides nothing.

`Store` is the door. Its parts share the connection: `sources` (what is asked and when), `entries` (what
they told), `stories` (how entries belong together), `shelf` (what is published), `shown` (what went out),
`past` (all stories placed anew). Readers in other threads or processes open their own connection; WAL lets
them read while the one writer writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from aggregator.errors import StoreError
from aggregator.store.archive import Archive
from aggregator.store.entries import Entries
from aggregator.store.followups import FollowUps
from aggregator.store.health import Health
from aggregator.store.past import Past
from aggregator.store.schema import APPLICATION_ID, migrate
from aggregator.store.shelf import Shelf
from aggregator.store.shown import ShownCoverage
from aggregator.store.sources import Sources
from aggregator.store.stories import Stories
from aggregator.store.takedowns import Takedowns

BUSY_MILLISECONDS = 10_000

_READING = (
    f"busy_timeout = {BUSY_MILLISECONDS}",
    "trusted_schema = off",
    "cache_size = -16000",  # KiB
)
_WRITING = (
    *_READING,
    "journal_mode = wal",
    "synchronous = full",  # 313 commits a second on a plain disk: a hundred times what we need
    "foreign_keys = on",
    "journal_size_limit = 67108864",
)


class Store:
    """All that is remembered. Made by `open_store`; belongs to one thread at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.sources = Sources(db)
        self.entries = Entries(db)
        self.stories = Stories(db)
        self.shelf = Shelf(db)
        self.shown = ShownCoverage(db)
        self.follow_ups = FollowUps(db)
        self.archive = Archive(db)
        self.health = Health(db)
        self.takedowns = Takedowns(db)
        self.past = Past(db)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside durable as a whole, or not at all.

        It takes the write lock at once: one that reads first and writes later fails under a second writer.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        try:
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    def fact(self, name: str, *, at_first: str) -> str:
        """Return what was written down under a name the first time anyone asked."""
        self._db.execute(
            "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", [name, at_first]
        )
        return str(self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()[0])

    def remember(self, name: str, value: str) -> bool:
        """Write something down under a name; return whether it was another before."""
        cursor = self._db.execute(
            "INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT DO UPDATE"
            " SET value = excluded.value WHERE value <> excluded.value",
            {"name": name, "value": value},
        )
        return cursor.rowcount > 0

    def close(self) -> None:
        self._db.close()


@contextmanager
def open_store(path: Path, *, is_read_only: bool = False) -> Iterator[Store]:
    """Open the store, made or migrated as needed, and close it afterwards.

    Raises: StoreError when the file cannot be opened, is no store of ours, or is newer than this program.
    """
    try:
        if not is_read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        where = f"file:{quote(str(path))}?mode={'ro' if is_read_only else 'rwc'}"
        connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be opened: {error}") from error
    try:
        _check(connection, path)
        for pragma in _READING if is_read_only else _WRITING:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        db = Database(connection, execute_plugins=False, strict=True)
        migrate(db, path, is_read_only=is_read_only)
        store = Store(db)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path} cannot be used: {error}") from error
    except StoreError:
        connection.close()
        raise
    try:
        yield store
    finally:
        store.close()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and mark != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not an aggregator's; name another folder with `data:`")
