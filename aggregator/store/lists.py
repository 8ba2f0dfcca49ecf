"""What the lists name that are followed."""

import json

from sqlite_utils import Database

from aggregator.model import Outline
from aggregator.store.rows import query, to_json


class Lists:
    """The part of the store that keeps what lists of feeds named when they could be read last."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, source_id: str) -> tuple[Outline, ...]:
        """Return what a list names, in its order."""
        rows = query(
            self._db,
            "SELECT url, name, tags FROM outlines WHERE source_id = ? ORDER BY position",
            [source_id],
        )
        return tuple(Outline(**row | {"tags": tuple(json.loads(row["tags"]))}) for row in rows)

    def keep(self, source_id: str, outlines: tuple[Outline, ...]) -> bool:
        """Put what a list names now in the place of what it named; return whether that is another.

        Part of the caller's transaction.
        """
        if outlines == self.of(source_id):
            return False
        self._db.execute("DELETE FROM outlines WHERE source_id = ?", [source_id])
        self._db.conn.executemany(
            "INSERT INTO outlines (source_id, position, url, name, tags) VALUES (?, ?, ?, ?, ?)",
            [(source_id, n, line.url, line.name, to_json(line.tags)) for n, line in enumerate(outlines)],
        )
        return True
