"""What was told of the health of sources."""

from datetime import datetime

from sqlite_utils import Database

from aggregator.model import SourceEvent
from aggregator.store.rows import query, to_moment, to_seconds


class Health:
    """The part of the store that remembers what was told of sources."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self) -> dict[str, SourceEvent]:
        """Return what was told last of each source."""
        return {event.source_id: event for event in reversed(self._read("", 1_000_000))}

    def newest(self, *, limit: int) -> tuple[SourceEvent, ...]:
        """Return what was told last of the sources that are configured, the newest first."""
        return self._read("WHERE is_configured", limit)

    def of(self, source_id: str, *, limit: int) -> tuple[SourceEvent, ...]:
        """Return what was told last of one source, the newest first."""
        return self._read("WHERE source_id = ?", limit, source_id)

    def latest_entries(self) -> dict[str, datetime]:
        """Return when the newest entry of each source came in."""
        rows = self._db.execute(
            "SELECT id, (SELECT max(first_seen) FROM entries WHERE source_id = sources.id) FROM sources"
        )
        return {source_id: to_moment(seconds) for source_id, seconds in rows.fetchall() if seconds}

    def tell(self, event: SourceEvent) -> None:
        """Write down what is told; part of the caller's transaction."""
        self._db.execute(
            "INSERT INTO source_events (source_id, kind, detail, at) VALUES (?, ?, ?, ?)",
            [event.source_id, event.kind, event.detail, to_seconds(event.at)],
        )

    def _read(self, condition: str, limit: int, *values: str) -> tuple[SourceEvent, ...]:
        rows = query(
            self._db,
            "SELECT seq, source_id, source_events.kind, detail, at FROM source_events"
            f" JOIN sources ON sources.id = source_id {condition} ORDER BY seq DESC LIMIT ?",
            [*values, limit],
        )
        return tuple(SourceEvent(**row | {"at": to_moment(row["at"])}) for row in rows)
