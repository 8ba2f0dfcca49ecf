"""The memory: one SQLite file, one writer, one transaction per decision. It carries out and decides nothing.

`Store` is the door. Its parts share the connection: `sources` (what is asked and when), `lists` (what those
name that are followed), `entries` (what sources told), `words` (by which entries are found), `texts` (what
their pages say), `held` (what rules hold back), `stories` (how entries belong together), `shelf` (what is
published), `shown` (what went out), `source_pages` (what stands on them, and which are stale),
`subscriptions` and `pings` (what is agreed with hubs), `past` (all stories placed anew), `retention` (what is
let go). Readers in other threads or processes open their own connection; WAL lets them read while the one
writer writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from aggregator.errors import DamagedError, StoreError
from aggregator.store.archive import Archive
from aggregator.store.backup import back_up
from aggregator.store.entries import Entries
from aggregator.store.followups import FollowUps
from aggregator.store.health import Health
from aggregator.store.held import HeldBack
from aggregator.store.lists import Lists
from aggregator.store.pages import SourcePages
from aggregator.store.past import Past
from aggregator.store.pings import Pings
from aggregator.store.place import advice, refuse_network
from aggregator.store.retention import Retention
from aggregator.store.rows import to_seconds
from aggregator.store.schema import APPLICATION_ID, migrate, refuse_newer
from aggregator.store.seal import Seal, break_seal, put_seal
from aggregator.store.shelf import Shelf
from aggregator.store.shown import ShownCoverage
from aggregator.store.sound import DATABASE_ERRORS, ailment, examine
from aggregator.store.sources import Sources
from aggregator.store.stories import Stories
from aggregator.store.subscriptions import Subscriptions
from aggregator.store.takedowns import Takedowns
from aggregator.store.texts import Texts
from aggregator.store.words import Words

BACKUPS = "backups"  # the folder beside a store where it is backed up to before it is migrated
BUSY_MILLISECONDS = 10_000

_AT_FIRST = (  # before its first page is written
    "page_size = 8192",  # most entries fit into one, texts and all; behind the next it counts for nothing
    "auto_vacuum = incremental",
)
_PAST = {"sources": ("last_tried", "last_success"), "shown": ("first", "since")}
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
        self.seal = Seal()
        self.sources = Sources(db)
        self.entries = Entries(db)
        self.words = Words(db)
        self.stories = Stories(db)
        self.shelf = Shelf(db)
        self.shown = ShownCoverage(db)
        self.lists = Lists(db)
        self.follow_ups = FollowUps(db)
        self.archive = Archive(db)
        self.health = Health(db)
        self.takedowns = Takedowns(db)
        self.held = HeldBack(db)
        self.subscriptions = Subscriptions(db)
        self.pings = Pings(db)
        self.source_pages = SourcePages(db)
        self.texts = Texts(db)
        self.past = Past(db)
        self.retention = Retention(db)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside durable as a whole, or not at all; inside another, as a part of that.

        It takes the write lock at once: one that reads first and writes later fails under a second writer.
        """
        is_part = self._db.conn.in_transaction
        self._db.execute("SAVEPOINT part" if is_part else "BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("RELEASE part" if is_part else "COMMIT")
        except BaseException:
            self._undo(is_part=is_part)
            raise

    def _undo(self, *, is_part: bool) -> None:
        if not is_part:
            self._db.rollback()
        elif self._db.conn.in_transaction:  # a full disk undoes all of it at once
            self._db.execute("ROLLBACK TO part")
            self._db.execute("RELEASE part")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read all that is read inside as of one moment, whatever the writer does."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.rollback()

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

    def recall(self, name: str) -> str:
        """Return what was written down last under a name; "" when nothing was."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def census(self) -> tuple[int, int, int]:
        """Count the sources that are configured, those of them that failed last, and the entries."""
        sources, failing = self._db.execute(
            "SELECT count(*), coalesce(sum(failures > 0), 0) FROM sources WHERE is_configured"
        ).fetchone()
        return int(sources), int(failing), self.entries.count()

    def forget_future(self, now: datetime) -> None:
        """Let nothing have happened later than now: what a clock that was ahead has left."""
        for table, columns in _PAST.items():
            for column in columns:
                self._db.execute(
                    f"UPDATE {table} SET {column} = :now WHERE {column} > :now", {"now": to_seconds(now)}
                )

    def examine(self) -> None:
        """Read all of it through. Raises: DamagedError when it is not sound."""
        path = self._db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
        examine(self._db.conn, Path(path), is_thorough=True)

    def checkpoint(self) -> None:
        """Bring the journal into the file itself."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def bounded(self, steps: int) -> Iterator[None]:
        """Let no query inside take more steps of SQLite's machine than so; a million take some 50 ms.

        Raises: StoreError when one does, or the store cannot be read.
        """
        self._db.conn.set_progress_handler(lambda: 1, steps)
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"not read: {error}") from error
        finally:
            self._db.conn.set_progress_handler(None, 0)

    def close(self) -> None:
        self._db.close()


@contextmanager
def open_store(path: Path, *, is_read_only: bool = False, is_checked: bool = False) -> Iterator[Store]:
    """Open the store, made or migrated as needed, and close it afterwards.

    Args:
        is_checked: whether all of it is read first, to see that it is sound.
    Raises: StoreError when the file cannot be opened, is no store of ours, or is newer than this program;
        DamagedError when it is not sound.
    """
    try:
        if not is_read_only:
            refuse_network(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        where = f"file:{quote(str(path))}?mode={'ro' if is_read_only else 'rwc'}"
        connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} cannot be opened: {error}{advice(path)}") from error
    try:
        if _is_new(connection, path) and not is_read_only:
            for pragma in _AT_FIRST:
                connection.execute(f"PRAGMA {pragma}")
        for pragma in _READING if is_read_only else _WRITING:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if is_checked:
            examine(connection, path)
        db = Database(connection, execute_plugins=False, strict=True)
        _bring_up_to_date(db, path, is_read_only=is_read_only)
        store = Store(db)
    except DATABASE_ERRORS as error:
        connection.close()
        if ailment(error) == "damaged":
            raise DamagedError(str(path), str(error)) from error
        raise StoreError(f"{path} cannot be used: {error}{advice(path)}") from error
    except StoreError:
        connection.close()
        raise
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_sealed(path: Path, *, now: datetime | None) -> Iterator[Store]:
    """Open the store for the one process that may, sound: by the word of its seal, or read through first.

    Closed in good order it is sealed.

    Args:
        now: None trusts no seal, and puts none on.
    Raises: as `open_store`; StoreError when the seal cannot be taken off.
    """
    try:
        read = break_seal(path, now=now)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error}{advice(path)}") from error
    with open_store(path, is_checked=read is None) as store:
        store.seal = Seal(read=read or now, is_trusted=read is not None)
        yield store
    if store.seal.read:
        put_seal(path, read=store.seal.read)


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether a database is empty.

    Raises: StoreError when it is another program's.
    """
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and mark != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not an aggregator's; name another folder with `data:`")
    return not tables


def _bring_up_to_date(db: Database, path: Path, *, is_read_only: bool) -> None:
    """Migrate a store, and before that back it up; nothing is migrated that is not sound."""
    lacking = refuse_newer(db, path)
    if not lacking:
        return
    if is_read_only:
        raise StoreError(f"{path} was written by an older aggregator; `aggregator run` brings it up to date")
    is_new = not db.execute("SELECT 1 FROM sqlite_schema").fetchone()
    if not is_new:
        examine(db.conn, path, is_thorough=True)
        back_up(path, path.parent / BACKUPS / f"before-{min(lacking)}.db")
    migrate(db)
    if not is_new:
        examine(db.conn, path, is_thorough=True)
