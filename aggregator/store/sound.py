"""Whether a store is sound, and what ails it when the database says no."""

import errno
import json
import sqlite3
from pathlib import Path
from typing import Literal

from aggregator.errors import DamagedError

Ailment = Literal["", "locked", "full", "failing", "damaged"]

_AILMENTS: dict[int, Ailment] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "failing",
    sqlite3.SQLITE_CANTOPEN: "failing",
    sqlite3.SQLITE_READONLY: "failing",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
# A message of SQLite quotes what is in the file: damaged, that may be no text at all.
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)


def examine(connection: sqlite3.Connection, path: Path, *, is_thorough: bool = False) -> None:
    """Read a store through: every page, or with every index and reference held against its table.

    Raises: DamagedError with the first thing that is wrong.
    """
    check = "integrity_check" if is_thorough else "quick_check"
    try:
        found = str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0])
        if (
            found == "ok"
            and is_thorough
            and (row := connection.execute("PRAGMA foreign_key_check").fetchone())
        ):
            found = f"a row of {row[0]} refers to nothing in {row[2]}"
    except DATABASE_ERRORS as error:
        if ailment(error) != "damaged":
            raise
        raise DamagedError(str(path), str(error)) from error
    if found != "ok":
        raise DamagedError(str(path), " ".join(found.split()))


def ailment(error: BaseException | None) -> Ailment:
    """Say which trouble of the disk or the database is behind an error; "" when it is a fault of ours."""
    while error is not None:
        # Feeds are read elsewhere: it is a column, or a name of the schema.
        if isinstance(error, DamagedError | json.JSONDecodeError | UnicodeDecodeError):
            return "damaged"
        if isinstance(error, sqlite3.Error):
            if "decode to UTF-8" in str(error):  # of Python's own making, without a code
                return "damaged"
            return _AILMENTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
        if isinstance(error, OSError):
            return "full" if error.errno in _FULL else ""
        error = error.__cause__
    return ""
