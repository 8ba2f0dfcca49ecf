"""Copies of a store: made while it is in use, and put in its place.

A copy gets its name only when it is whole, checked and on the disk. What is replaced is kept beside.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from aggregator.errors import DamagedError, StoreError
from aggregator.store.schema import APPLICATION_ID, refuse_newer
from aggregator.store.sound import examine

_COMPANIONS = ("-wal", "-shm")


def back_up(path: Path, target: Path) -> None:
    """Copy a store as it is now, also while another process writes to it.

    Raises: DamagedError when it is not sound; StoreError when the copy cannot be made.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        _refuse_stranger(path, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(_open(path)) as connection:
            examine(connection, path, is_thorough=True)
            connection.execute("VACUUM INTO ?", [str(part.absolute())])
        with closing(_open(part)) as connection:
            examine(connection, part, is_thorough=True)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        _discard(part)
        raise StoreError(f"{path} cannot be backed up to {target}: {error}") from error
    except StoreError:
        _discard(part)
        raise


def look_through(path: Path) -> None:
    """Read a store through beside its writer.

    Raises: DamagedError when it is not sound; StoreError when it cannot be read.
    """
    try:
        with closing(_open(path)) as connection:
            examine(connection, path, is_thorough=True)
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error


def put_back(backup: Path, path: Path, *, aside: Path) -> None:
    """Put a copy of a backup in the place of a store, for the one process that may.

    Whenever this ends, there is a store: the old one or the new.

    Args:
        aside: where the old one, if there is one, is kept.
    Raises: StoreError when the backup is none, is not sound or of a newer program, or cannot be put there.
    """
    part = path.with_name(f".{path.name}.restored")
    if not backup.is_file():
        raise StoreError(f"{backup} is not there")
    _refuse_other(backup)
    try:
        back_up(backup, part)
    except DamagedError as error:
        raise StoreError(f"{backup} is damaged itself: {error.finding}; name another backup") from error
    try:
        for ending in ("", *_COMPANIONS):
            if (old := Path(f"{path}{ending}")).exists():
                os.link(old, Path(f"{aside}{ending}"))
        for ending in _COMPANIONS:  # of the old one: SQLite would play its journal into the new
            Path(f"{path}{ending}").unlink(missing_ok=True)
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(f"{backup} cannot be put in the place of {path}: {error.strerror}") from error


def is_store(path: Path) -> bool:
    """Say whether a file is a store of ours, by its header."""
    try:
        with closing(_open(path)) as connection:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    except sqlite3.Error:
        return False


def _refuse_stranger(path: Path, target: Path) -> None:
    """Let only an older backup be overwritten."""
    if target.exists() and (target.samefile(path) or not is_store(target)):
        raise StoreError(f"{target} is there, and no backup; name another file")


def _refuse_other(backup: Path) -> None:
    if not is_store(backup):
        raise StoreError(f"{backup} is not a store of an aggregator, or its header is damaged")
    with closing(_open(backup)) as connection:
        refuse_newer(Database(connection, execute_plugins=False), backup)


def _discard(part: Path) -> None:
    with suppress(OSError):  # where it cannot be removed it could not be made
        part.unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
