"""What rules hold back: it stays, with all that is known of it, and nobody is shown it.

Where it stood in a story it stands again once it is let through; what was held back from the beginning is
placed then. Nothing is said of it to subscribers: it is not deleted, only not carried.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from sqlite_utils import Database

from aggregator.model import Held
from aggregator.store.around import around
from aggregator.store.leftovers import expect_leftovers
from aggregator.store.rows import Row, query, to_entry, to_moment, to_seconds

_DAY = 86_400  # seconds


class HeldBack:
    """The part of the store that knows what is held back."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.turns = 0  # how many entries of stories came or went since a desk was made that knows of them

    def of(self, entry_id: str) -> str:
        """Return the rule that holds an entry back; empty where none does."""
        row = self._db.execute("SELECT held_by FROM entries WHERE id = ?", [entry_id]).fetchone()
        return str(row[0]) if row else ""

    def entries(self, source_id: str, *, after: int = 0, limit: int = -1) -> Iterator[Held]:
        """Yield what a source told, in the order in which it came in, held back or not.

        Args:
            after: the `seq` of the last one that is not wanted.
        """
        rows = query(
            self._db,
            "SELECT * FROM entries WHERE source_id = ? AND seq > ? AND NOT is_withdrawn ORDER BY seq LIMIT ?",
            [source_id, after, limit],
        )
        yield from map(_held, rows)

    def those(self, entry_ids: Iterable[str]) -> tuple[Held, ...]:
        """Return some entries, in their order; those that are withdrawn are missing."""
        rows = query(
            self._db,
            "SELECT entries.* FROM json_each(?) AS given JOIN entries ON entries.id = given.value"
            " WHERE NOT is_withdrawn ORDER BY given.key",
            [json.dumps(list(entry_ids))],
        )
        return tuple(map(_held, rows))

    def judged_by(self) -> dict[str, str]:
        """Return by which rules the entries of each source were judged, as a digest."""
        return dict(self._db.execute("SELECT id, judged_by FROM sources").fetchall())

    def judge(self, source_id: str, digest: str) -> None:
        """Say by which rules the entries of a source were judged; part of the caller's transaction."""
        self._db.execute("UPDATE sources SET judged_by = ? WHERE id = ?", [digest, source_id])

    def hold(self, verdicts: Mapping[str, str]) -> None:
        """Hold entries back, or let through where no rule is named; part of the caller's transaction."""
        for entry_id, rule in verdicts.items():
            values = {"id": entry_id, "rule": rule}
            self._db.execute(f"UPDATE stories SET is_dirty = 1 WHERE id IN ({around(':id')})", values)
            turned = "UPDATE entries SET held_by = :rule WHERE id = :id RETURNING story_id IS NOT NULL"
            self.turns += sum(is_placed for (is_placed,) in self._db.execute(turned, values).fetchall())
            self._db.execute("DELETE FROM live WHERE entry_id = :id AND :rule <> ''", values)
        if any(verdicts.values()):
            expect_leftovers(self._db)

    def before(self, held: Held) -> int:
        """Return how many entries its source told of the same day that came in before, and are shown."""
        day = to_seconds(held.date) // _DAY * _DAY
        return int(
            self._db.execute(
                "SELECT count(*) FROM entries WHERE source_id = ? AND date BETWEEN ? AND ? AND seq < ?"
                " AND NOT is_hidden",
                [held.entry.source_id, day, day + _DAY - 1, held.seq],
            ).fetchone()[0]
        )


def _held(row: Row) -> Held:
    return Held(seq=row["seq"], entry=to_entry(row), date=to_moment(row["date"]), by=row["held_by"])
