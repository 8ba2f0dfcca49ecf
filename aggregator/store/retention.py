"""What is let go when it is old: texts, and the room they took. What is published never changes by it.

An entry keeps its keys and its place, so that it is known again and never comes back as new.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.store.rows import to_seconds

MOST_PAGES = 2000  # given back to the disk in one go

_OLD = (
    "SELECT entries.id FROM entries JOIN sources ON sources.id = source_id"
    " WHERE (text <> '' OR html <> '') AND first_seen < :before AND story_id IS NOT NULL AND NOT is_article"
    " AND (text <> '' OR NOT ({whole}))"
    " AND held_by = ''"  # rules may speak of it again
    " AND NOT EXISTS (SELECT 1 FROM live WHERE entry_id = entries.id)"
    " AND NOT EXISTS (SELECT 1 FROM entry_keys, json_each(known) AS given"  # still in its source's document
    " WHERE entry_id = entries.id AND given.key = entry_keys.key)"
    " ORDER BY first_seen LIMIT :limit"
)
_SHED = (
    "UPDATE entries SET text = '', html = iif((SELECT {whole} FROM sources WHERE sources.id = source_id),"
    " html, '') WHERE id IN ({old}) RETURNING id"
)


class Retention:
    """The part of the store that lets go."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def shed(self, *, before: datetime, limit: int, is_all_whole: bool = False) -> int:
        """Drop the texts of entries that came in before a moment; part of the caller's transaction.

        Kept are those of local articles, those that stories are still found by, those that are still in their
        source's document, and of sources that are published whole the HTML.

        Args:
            is_all_whole: whether all sources are published whole somewhere.
        Returns: how many entries that were, at most `limit`.
        """
        whole = "is_full_text OR :all"
        old = _OLD.format(whole=whole)
        values = {"before": to_seconds(before), "limit": limit, "all": int(is_all_whole)}
        return len(self._db.execute(_SHED.format(whole=whole, old=old), values).fetchall())

    def give_back(self) -> None:
        """Give pages that hold nothing back to the disk, some at a time."""
        # One page a step, and `execute` takes one step only: its rows have no columns.
        self._db.conn.executescript(f"PRAGMA incremental_vacuum({MOST_PAGES})")
