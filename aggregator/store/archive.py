"""What the combined feed carried, page by page, for ever (RFC 5005, 4).

An item that went out belongs to the open page until one of that page falls out of the feed; then the page is
closed with all of its items, and its set never changes. Page 0 is the open one.
"""

import json
from collections.abc import Iterable

from sqlite_utils import Database


class Archive:
    """The archive's part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def advance(self, carried: Iterable[tuple[str, int]]) -> int:
        """Write down what the feed carries now, close the page where it must be, return the newest closed.

        Part of the caller's transaction.

        Args:
            carried: the entry that leads each of its items, with the number of a follow-up, else 0.
        """
        now = list(carried)
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO archive (entry_id, follow_up, page) VALUES (?, ?, 0)",
            now,
        )
        fallen = self._db.execute(
            "SELECT 1 FROM archive JOIN entries ON entries.id = entry_id WHERE page = 0 AND NOT is_hidden"
            " AND entry_id || ' ' || follow_up NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
            [json.dumps([f"{entry_id} {number}" for entry_id, number in now])],
        ).fetchone()
        if fallen:
            self._db.execute("UPDATE archive SET page = (SELECT max(page) FROM archive) + 1 WHERE page = 0")
        return self.newest()

    def newest(self) -> int:
        """Return the number of the newest closed page; 0 where none is."""
        return int(self._db.execute("SELECT coalesce(max(page), 0) FROM archive").fetchone()[0])

    def page(self, number: int) -> tuple[tuple[str, str, int], ...]:
        """Return what a page holds, without what was taken down.

        Returns: stories, each with the entry that leads the item, and the number of a follow-up, else 0.
        """
        rows = self._db.execute(
            "SELECT entries.story_id, entry_id, follow_up FROM archive JOIN entries ON entries.id = entry_id"
            " WHERE page = ? AND NOT is_hidden AND entries.story_id IS NOT NULL"
            " ORDER BY date DESC, entry_id, follow_up",
            [number],
        )
        return tuple((row[0], row[1], row[2]) for row in rows.fetchall())

    def holding(self, entry_id: str) -> int:
        """Return the closed page that holds the item of a leading entry; 0 when none does."""
        row = self._db.execute(
            "SELECT page FROM archive WHERE entry_id = ? AND follow_up = 0", [entry_id]
        ).fetchone()
        return int(row[0]) if row else 0

    def touched(self) -> frozenset[int]:
        """Return the closed pages that show a story which must be rendered again."""
        rows = self._db.execute(
            # CROSS: from the few stories to the archive, not from all that was ever out.
            "SELECT DISTINCT page FROM stories CROSS JOIN entries ON story_id = stories.id"
            " CROSS JOIN archive ON entry_id = entries.id WHERE is_dirty AND published AND page > 0"
        )
        return frozenset(row[0] for row in rows.fetchall())

    def parted(self) -> tuple[str, ...]:
        """Return stories that hold what went out, and did not go out themselves: parts of others."""
        rows = self._db.execute(
            "SELECT DISTINCT stories.id FROM archive JOIN entries ON entries.id = entry_id"
            " JOIN stories ON stories.id = story_id WHERE NOT published AND NOT is_hidden"
        )
        return tuple(row[0] for row in rows.fetchall())
