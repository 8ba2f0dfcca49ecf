"""Whether pages may be left over: whose story was taken down, parted, or decided anew.

To look for them costs as much as there are stories, so it is noted, with what may bring it about, that there
is something to look for.
"""

from sqlite_utils import Database

_NAME = "may have leftovers"


def expect_leftovers(db: Database) -> None:
    """Note that there may be some; part of the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, '')", [_NAME])


def has_leftovers(db: Database) -> bool:
    """Say whether there may be any."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM facts WHERE name = ?)", [_NAME]).fetchone()[0])


def forget_leftovers(db: Database) -> None:
    """Note that there are none."""
    db.execute("DELETE FROM facts WHERE name = ?", [_NAME])
