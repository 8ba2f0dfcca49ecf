"""The pages of sources: which are stale, and what stands on them besides entries."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlite_utils import Database

from aggregator.store.rows import to_moment, to_seconds

_DAY = 86_400  # seconds


class SourcePages:
    """The part of the store that knows the pages of sources."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def stale(self, shows: Mapping[str, str]) -> tuple[str, ...]:
        """Return the sources whose pages are not as they were left, those that wait longest first.

        Args:
            shows: by source, a digest of what its page says of the source itself.
        """
        rows = self._db.execute("SELECT source_id, shows, is_dirty, out_at FROM source_pages").fetchall()
        out_at = {source_id: at for source_id, _, _, at in rows}
        before = {source_id: shown for source_id, shown, is_dirty, _ in rows if not is_dirty}
        found = (source_id for source_id, now in shows.items() if before.get(source_id) != now)
        return tuple(sorted(found, key=lambda source_id: out_at.get(source_id, 0)))

    def clean(self, shows: Mapping[str, str], *, at: datetime) -> None:
        """Say that the pages of these sources are out; part of the caller's transaction."""
        for source_id, now in shows.items():
            self._db.execute(
                "INSERT INTO source_pages (source_id, shows, is_dirty, out_at) VALUES (:id, :shows, 0, :at)"
                " ON CONFLICT DO UPDATE SET shows = :shows, is_dirty = 0, out_at = :at",
                {"id": source_id, "shows": now, "at": to_seconds(at)},
            )

    def soil(self, source_ids: Iterable[str]) -> None:
        """Say that the pages of these sources must be rendered again."""
        for source_id in source_ids:
            self._db.execute(
                "INSERT INTO source_pages (source_id) VALUES (?) ON CONFLICT DO UPDATE SET is_dirty = 1",
                [source_id],
            )

    def soil_beside(self, source_ids: Iterable[str]) -> None:
        """Say so of the pages of sources that told what these told."""
        self._db.execute(
            "UPDATE source_pages SET is_dirty = 1 WHERE NOT is_dirty AND source_id IN (SELECT source_id"
            " FROM entries WHERE story_id IN (SELECT story_id FROM entries"
            " WHERE source_id IN (SELECT value FROM json_each(?))))",
            [json.dumps(list(source_ids))],
        )

    def is_pending(self) -> bool:
        """Say whether a page is known to be stale."""
        return bool(
            self._db.execute(
                "SELECT EXISTS (SELECT 1 FROM source_pages JOIN sources ON sources.id = source_id"
                " WHERE is_dirty AND is_configured)"
            ).fetchone()[0]
        )

    def soil_all(self) -> None:
        self._db.execute("UPDATE source_pages SET is_dirty = 1 WHERE NOT is_dirty")

    def days(self, source_id: str, *, most: int) -> dict[date, int]:
        """Return how many entries a source dated to each day, of the last ones up to its newest entry's."""
        rows = self._db.execute(
            # Bounded by the date itself, for which there is an index: a source may have thousands of entries.
            "SELECT date / :day AS number, count(*) FROM entries WHERE source_id = :id AND NOT is_hidden"
            " AND date >= (SELECT (date / :day - :most + 1) * :day FROM entries WHERE source_id = :id"
            " AND NOT is_hidden ORDER BY date DESC LIMIT 1) GROUP BY number ORDER BY number",
            {"id": source_id, "day": _DAY, "most": most},
        )
        return {to_moment(number * _DAY).date(): count for number, count in rows.fetchall()}
