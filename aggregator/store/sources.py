"""What is asked, when next, and how it went."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import SourceState, Update
from aggregator.store.rows import (
    habits_row,
    insertion,
    query,
    to_json,
    to_later_seconds,
    to_moment,
    to_seconds,
    to_source,
)

_WITH_COUNT = (  # and without what the last reading knew, which is as long as a feed
    "SELECT sources.*, '{}' AS known,"
    " (SELECT count(*) FROM entries WHERE source_id = sources.id) AS entries FROM sources"
)


class Sources:
    """The sources' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def configure(self, states: Iterable[SourceState], *, paused: frozenset[str]) -> frozenset[str]:
        """Make the store know just these sources; what a removed one told stays.

        Returns: the sources of which anything changed that shows beside their entries.
        """
        before = self._shown()
        self._db.execute("UPDATE sources SET is_configured = 0")
        for position, state in enumerate(states):
            given = _given(state) | {
                "is_configured": 1,
                "is_paused": int(state.id in paused),
                "position": position,
            }
            kept = ", ".join(f"{name} = excluded.{name}" for name in given if name not in ("id", "next_due"))
            self._db.execute(
                f"{insertion('sources', given)} ON CONFLICT (id) DO UPDATE SET {kept},"
                # another address is another place: what the old one gave means nothing there
                " etag = iif(address = excluded.address, etag, ''),"
                " last_modified = iif(address = excluded.address, last_modified, ''),"
                " body_digest = iif(address = excluded.address, body_digest, ''),"
                " moved_to = iif(address = excluded.address, moved_to, ''),"
                " stopped = iif(address = excluded.address, stopped, ''),"
                " habits = iif(address = excluded.address, habits, '{}'),"
                " next_due = iif(address = excluded.address, next_due, excluded.next_due)",
                given,
            )
        return frozenset(source_id for source_id, *_ in before ^ self._shown())

    def introduce(self, state: SourceState) -> None:
        """Let a source be known that the next configuration has; until then nobody asks or shows it."""
        given = _given(state) | {"is_configured": 0, "is_paused": 0, "position": 0}
        self._db.execute(f"{insertion('sources', given)} ON CONFLICT (id) DO NOTHING", given)

    def _shown(self) -> set[tuple[str, ...]]:
        columns = "id, name, tags, priority, is_full_text, is_configured"
        return set(self._db.execute(f"SELECT {columns} FROM sources WHERE is_configured").fetchall())

    def all(self) -> tuple[SourceState, ...]:
        """Return every configured source but for `known`, in the order of the configuration."""
        rows = query(self._db, f"{_WITH_COUNT} WHERE is_configured ORDER BY position")
        return tuple(to_source(row) for row in rows)

    def get(self, source_id: str, *, is_lean: bool = False) -> SourceState:
        """Return what is known of a source.

        Args:
            is_lean: without `known`, which is as long as a feed.
        """
        columns = "*, '{}' AS known" if is_lean else "*"
        return to_source(next(query(self._db, f"SELECT {columns} FROM sources WHERE id = ?", [source_id])))

    def claim(
        self, *, now: datetime, lease: timedelta, limit: int, only: frozenset[str] | None = None
    ) -> tuple[SourceState, ...]:
        """Take sources that are due, longest overdue first; nobody else gets them until the lease ends.

        Args:
            only: just these, due or not, and stopped or not.
        """
        at = to_seconds(now)
        condition = "stopped = '' AND next_due <= :at AND leased_until <= :at"
        if only is not None:
            condition = "id IN (SELECT value FROM json_each(:only))"
        rows = query(
            self._db,
            "UPDATE sources SET leased_until = :until WHERE id IN (SELECT id FROM sources WHERE is_configured"
            f" AND NOT is_paused AND {condition} ORDER BY next_due, position LIMIT :limit) RETURNING *",
            {
                "at": at,
                "until": to_seconds(now + lease),
                "limit": limit,
                "only": json.dumps(sorted(only or ())),
            },
        )
        return tuple(sorted(map(to_source, rows), key=lambda state: (state.next_due, state.id)))

    def places(self) -> tuple[tuple[str, str], ...]:
        """Return the id of every configured source that is asked over HTTP, and where."""
        rows = self._db.execute(
            "SELECT id, iif(moved_to = '', address, moved_to) FROM sources"
            " WHERE is_configured AND kind <> 'path'"
        )
        return tuple((source_id, place) for source_id, place in rows.fetchall())

    def postpone(self, source_ids: Iterable[str], *, until: datetime) -> None:
        """Let nobody ask these sources before a moment; from then on anybody."""
        self._db.execute(
            "UPDATE sources SET next_due = max(next_due, :until), leased_until = min(leased_until, :until),"
            " habits = iif(json_extract(habits, '$.unpushed') < :until,"
            " json_set(habits, '$.unpushed', :until), habits)"
            " WHERE id IN (SELECT value FROM json_each(:ids))",
            {"until": to_later_seconds(until), "ids": json.dumps(sorted(source_ids))},
        )

    def appointments(self) -> dict[str, datetime]:
        """Return when each configured source is due."""
        rows = self._db.execute("SELECT id, next_due FROM sources WHERE is_configured")
        return {source_id: to_moment(seconds) for source_id, seconds in rows.fetchall()}

    def appoint(self, dues: Mapping[str, datetime]) -> None:
        """Give sources another appointment."""
        self._db.conn.executemany(
            "UPDATE sources SET next_due = ? WHERE id = ?",
            [(to_later_seconds(due), source_id) for source_id, due in dues.items()],
        )

    def shift(self, by: timedelta) -> None:
        """Move all appointments, and the leases of those that are being asked."""
        self._db.execute(
            "UPDATE sources SET next_due = max(0, next_due + :by),"
            " leased_until = iif(leased_until, max(0, leased_until + :by), 0),"
            " habits = iif(json_extract(habits, '$.unpushed') IS NULL, habits,"
            " json_set(habits, '$.unpushed', max(0, json_extract(habits, '$.unpushed') + :by)))",
            {"by": round(by.total_seconds())},
        )

    def renew(self, source_ids: Iterable[str], *, until: datetime) -> None:
        """Let nobody else get sources for longer, as far as they are still leased."""
        self._db.execute(
            "UPDATE sources SET leased_until = :until WHERE leased_until > 0"
            " AND id IN (SELECT value FROM json_each(:ids))",
            {"until": to_seconds(until), "ids": json.dumps(sorted(source_ids))},
        )

    def shorten_leases(self, *, until: datetime) -> None:
        self._db.execute(
            "UPDATE sources SET leased_until = :until WHERE leased_until > :until",
            {"until": to_seconds(until)},
        )

    def overdue_since(self, *, now: datetime) -> datetime | None:
        """Return since when a source is due that nobody has taken; None: no source is."""
        row = self._db.execute(
            "SELECT min(next_due) FROM sources WHERE is_configured AND NOT is_paused AND stopped = ''"
            " AND next_due <= :at AND leased_until <= :at",
            {"at": to_seconds(now)},
        ).fetchone()
        return to_moment(row[0]) if row[0] is not None else None

    def offering(self) -> tuple[SourceState, ...]:
        """Return the sources that may be asked and that some hub pushes."""
        rows = query(
            self._db,
            "SELECT sources.*, '{}' AS known FROM sources"  # which is large, and of no concern here
            " WHERE is_configured AND NOT is_paused AND stopped = '' AND kind = 'http'"
            " AND feed LIKE '%\"hubs\":[%' ORDER BY position",
        )
        return tuple(to_source(row) for row in rows)

    def is_asked(self, source_id: str) -> bool:
        """Say whether the operator wants a source to be read."""
        condition = "id = ? AND is_configured AND NOT is_paused"
        return (
            self._db.execute(f"SELECT 1 FROM sources WHERE {condition}", [source_id]).fetchone() is not None
        )

    def fall_back(self, source_ids: Iterable[str] | None = None) -> None:
        """Let sources be asked when they would be if no hub pushed them; None: all of them."""
        which = "" if source_ids is None else " AND id IN (SELECT value FROM json_each(:ids))"
        self._db.execute(
            "UPDATE sources SET next_due = min(next_due, json_extract(habits, '$.unpushed'))"
            f" WHERE json_extract(habits, '$.unpushed') IS NOT NULL{which}",
            {"ids": json.dumps(sorted(source_ids or ()))},
        )

    def apply(self, update: Update) -> None:
        """Write a source's part of an update; part of the caller's transaction."""
        values: dict[str, object] = {
            "next_due": to_later_seconds(update.next_due),
            "stopped": update.stopped,
            "habits": habits_row(update.habits),
            "leased_until": 0,
            "last_tried": to_seconds(update.tried),
            "troubles": to_json([_trouble(t) for t in update.troubles]),
        }
        if update.is_pushed:
            values = {"habits": habits_row(update.habits)}
        elif not update.is_failed:
            values |= {"last_success": to_seconds(update.tried), "failures": 0}
        if update.feed is not None:
            values["feed"] = to_json(update.feed)
        if update.validators is not None:
            values |= {"etag": update.validators.etag, "last_modified": update.validators.last_modified}
        if update.body_digest is not None:
            values["body_digest"] = update.body_digest
        if update.moved_to is not None:
            values["moved_to"] = update.moved_to
        if update.known is not None:
            values["known"] = to_json(dict(update.known))
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        if update.is_failed:
            assignments += ", failures = failures + 1"
        self._db.execute(
            f"UPDATE sources SET {assignments} WHERE id = :id", values | {"id": update.source_id}
        )


def _given(state: SourceState) -> dict[str, object]:
    """Return the columns that a configuration fills, and when to ask first."""
    return {
        "id": state.id,
        "kind": state.kind,
        "address": state.address,
        "name": state.name,
        "tags": to_json(state.tags),
        "priority": state.priority,
        "is_full_text": int(state.is_full_text),
        "next_due": to_seconds(state.next_due),
    }


def _trouble(trouble: object) -> dict[str, object]:
    return asdict(trouble)  # type: ignore[call-overload, no-any-return]
