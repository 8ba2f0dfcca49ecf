"""What is filled after the rest."""

from sqlite_utils import Database


def m012_words(db: Database) -> None:
    """Which entries wait to be found by their words."""
    db.execute("CREATE TABLE unindexed (seq INTEGER PRIMARY KEY) STRICT")
