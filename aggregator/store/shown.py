"""What the feeds show of the coverage of each item, as it went out last."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.model import Shown
from aggregator.store.rows import query, to_json, to_line, to_moment, to_seconds

_LISTS = ("more_recent", "earlier", "also_in")


class ShownCoverage:
    """The part of the store that remembers what went out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, entry_ids: Iterable[str]) -> dict[str, Shown]:
        """Return what was shown with each of these leading entries; those that never went out are missing."""
        rows = query(
            self._db,
            "SELECT * FROM shown WHERE entry_id IN (SELECT value FROM json_each(?))",
            [json.dumps(sorted(entry_ids))],
        )
        return {row["entry_id"]: _shown(row) for row in rows}

    def remember(self, shown: Mapping[str, Shown]) -> None:
        """Write down what goes out; part of the caller's transaction."""
        for entry_id, now in sorted(shown.items()):
            row = {
                "entry_id": entry_id,
                "versions": now.versions,
                "first": to_seconds(now.first),
                "since": to_seconds(now.since),
                "lines": to_json({name: getattr(now, name) for name in _LISTS if getattr(now, name)}),
            }
            self._db.execute(
                "INSERT INTO shown (entry_id, versions, first, since, lines) VALUES"
                " (:entry_id, :versions, :first, :since, :lines) ON CONFLICT DO UPDATE SET"
                " versions = excluded.versions, since = excluded.since, lines = excluded.lines",
                row,
            )

    def as_of(self) -> datetime:
        """Return the latest moment that the store knows of: publishing reads no clock."""
        row = self._db.execute("SELECT coalesce(max(last_tried), 0) FROM sources").fetchone()
        return to_moment(row[0])


def _shown(row: dict[str, Any]) -> Shown:
    lines = json.loads(row["lines"])
    return Shown(
        versions=row["versions"],
        first=to_moment(row["first"]),
        since=to_moment(row["since"]),
        **{name: tuple(map(to_line, lines.get(name, ()))) for name in _LISTS},
    )
