"""The index of words, by which entries are found: filled in bunches, after they came in.

A row of it costs as much as an entry, and less in company; nobody waits for it who brings entries in.
"""

import json
from collections.abc import Iterable

from sqlite_utils import Database

from aggregator.store.selection import indexed


class Words:
    """The index's part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def expect(self, entry_ids: Iterable[str]) -> None:
        """Have entries indexed, or indexed anew; part of the caller's transaction."""
        self._db.execute(
            "INSERT OR IGNORE INTO unindexed (seq) SELECT seq FROM entries"
            " WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(entry_ids))],
        )

    def catch_up(self, *, limit: int) -> int:
        """Index some of the entries that wait for it, in the caller's transaction; return how many."""
        rows = self._db.execute(
            "SELECT unindexed.seq, title, summary, is_withdrawn FROM unindexed LEFT JOIN entries"
            " ON entries.seq = unindexed.seq ORDER BY unindexed.seq LIMIT ?",
            [limit],
        ).fetchall()
        seqs = [(seq,) for seq, *_ in rows]
        self._db.conn.executemany("DELETE FROM entries_words WHERE rowid = ?", seqs)
        self._db.conn.executemany(
            "INSERT INTO entries_words (rowid, title, summary) VALUES (?, ?, ?)",
            [
                (seq, indexed(title), indexed(summary))
                for seq, title, summary, is_withdrawn in rows
                if is_withdrawn == 0  # neither let go meanwhile
            ],
        )
        self._db.conn.executemany("DELETE FROM unindexed WHERE seq = ?", seqs)
        return len(rows)
