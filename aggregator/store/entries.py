"""What sources told: entries, and the keys by which each is known again in its source."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Arrival, Brief, Change, Claim, Entry, Facts, Placed, Stamp
from aggregator.store.around import around
from aggregator.store.rows import (
    Row,
    claimed,
    entry_row,
    insert_all,
    query,
    span_of,
    to_entry,
    to_moment,
    to_seconds,
)
from aggregator.store.texts import Texts
from aggregator.store.words import Words
from aggregator.text import fold


class Entries:
    """The entries' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._words = Words(db)

    def stamps(self, source_id: str, keys: Iterable[str], *, ids: Iterable[str] = ()) -> tuple[Stamp, ...]:
        """Return what is remembered of the entries of a source that have any of these keys, or ids."""
        rows = query(
            self._db,
            "SELECT id, digest, title, text, updated, json_extract(more, '$.published') AS published,"
            " json_extract(more, '$.deleted') AS deleted,"
            " (SELECT json_group_array(key) FROM (SELECT key FROM entry_keys"
            " WHERE entry_id = entries.id ORDER BY rank)) AS keys FROM entries WHERE id IN"
            " (SELECT entry_id FROM entry_keys WHERE source_id = :source"
            " AND key IN (SELECT value FROM json_each(:keys))"
            " UNION SELECT value FROM json_each(:ids)) ORDER BY seq",
            {"source": source_id, "keys": json.dumps(list(keys)), "ids": json.dumps(list(ids))},
        )
        return tuple(
            Stamp(
                entry_id=row["id"],
                digest=row["digest"],
                title=row["title"],
                text=row["text"],
                updated=to_moment(row["updated"]),
                published=claimed(row["published"]),
                deleted=claimed(row["deleted"]),
                keys=tuple(json.loads(row["keys"])),
            )
            for row in rows
        )

    def add(self, arrivals: Sequence[Arrival], *, first_seen: datetime) -> None:
        """Take in new entries, each under an id that no other has; part of the caller's transaction."""
        seen = to_seconds(first_seen)
        rows = [_new_row(arrival) | {"first_seen": seen} for arrival in arrivals]
        if not rows:
            return
        insert_all(self._db, "entries", rows)
        entries = [arrival.entry for arrival in arrivals]
        self._add_keys(entries)
        self._words.expect(entry.id for entry in entries)
        self._soil_builders(entries)

    def holders(self, guids: Iterable[str]) -> dict[str, Claim]:
        """Return whose some ids are; those that are nobody's are left out."""
        rows = query(
            self._db,
            f"SELECT guid, id, source_id, {_IS_SETTLED} FROM entries"
            " WHERE guid IN (SELECT value FROM json_each(?))",
            [json.dumps(list(guids))],
        )
        return {
            row["guid"]: Claim(
                entry_id=row["id"], source_id=row["source_id"], is_settled=bool(row["is_settled"])
            )
            for row in rows
        }

    def cede(self, entry_id: str, *, guid: str) -> None:
        """Let an entry go by another id, and remember the one it claimed."""
        self._db.execute(
            "UPDATE entries SET more = json_set(more, '$.claimed', guid), guid = ? WHERE id = ?",
            [guid, entry_id],
        )

    def change(self, change: Change) -> None:
        """Replace what a source says of an entry; its id, guid, date and place stay."""
        entry = change.entry
        claimed, summary = self._db.execute(
            "SELECT coalesce(json_extract(more, '$.claimed'), ''), iif(EXISTS (SELECT 1 FROM page_texts"
            " WHERE entry_id = entries.id AND state = 'brought'), summary, '') FROM entries WHERE id = ?",
            [entry.id],
        ).fetchone()
        entry = replace(entry, claimed=claimed, summary=entry.summary or summary)
        values = entry_row(entry)
        if change.updated is not None:
            values["updated"] = to_seconds(change.updated)
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        self._db.execute(f"UPDATE entries SET {assignments} WHERE id = :id", values | {"id": entry.id})
        self._add_keys([entry])
        self._words.expect([entry.id])
        self._soil_around(entry)

    def enrich(self, entry: Entry, *, summary: str) -> None:
        """Give an entry an excerpt of its page where its source gave none; its date of change stays."""
        entry = replace(entry, summary=entry.summary or summary)
        self._db.execute("UPDATE entries SET summary = ? WHERE id = ?", [entry.summary, entry.id])
        self._words.expect([entry.id])
        self._soil_around(entry)

    def _soil_around(self, entry: Entry) -> None:
        """Mark the stories whose pages show an entry."""
        self._db.execute(f"UPDATE stories SET is_dirty = 1 WHERE id IN ({around(':id')})", {"id": entry.id})

    def _soil_builders(self, entries: Iterable[Entry]) -> None:
        """Mark the stories of local articles that build on entries, by their titles."""
        self._db.execute(
            "UPDATE stories SET is_dirty = 1 WHERE id IN (SELECT story_id FROM entries"
            " WHERE attribution_key <> '' AND attribution_key IN (SELECT value FROM json_each(?)))",
            [json.dumps([fold(entry.title) for entry in entries])],
        )

    def _add_keys(self, entries: Iterable[Entry]) -> None:
        insert_all(
            self._db,
            "entry_keys",
            [
                {"source_id": entry.source_id, "key": key, "entry_id": entry.id, "rank": rank}
                for entry in entries
                for rank, key in enumerate(entry.keys)
            ],
            then="ON CONFLICT DO UPDATE SET entry_id = excluded.entry_id, rank = excluded.rank"
            " WHERE entry_id <> excluded.entry_id",
        )

    def get(self, entry_id: str) -> Entry | None:
        rows = query(self._db, "SELECT * FROM entries WHERE id = ?", [entry_id])
        return next((to_entry(row) for row in rows), None)

    def guids(self, entry_ids: Iterable[str]) -> dict[str, str]:
        """Return under which id each of some entries is published."""
        rows = self._db.execute(
            "SELECT id, guid FROM entries WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(sorted(entry_ids))],
        )
        return dict(rows.fetchall())

    def unplaced(self, *, limit: int) -> tuple[Brief, ...]:
        """Return entries that belong to no story yet and wait for no page, oldest first, articles last."""
        rows = query(
            self._db,
            f"{_UNPLACED} AND story_id IS NULL AND held_by = '' AND NOT EXISTS (SELECT 1 FROM page_texts"
            " WHERE entry_id = entries.id AND hold_until > 0)"
            " ORDER BY is_article, entries.date, seq LIMIT ?",
            [limit],
        )
        return tuple(map(_brief, rows))

    def placed(self, *, window: timedelta) -> Iterator[tuple[Brief, Placed]]:
        """Yield what the memory of live entries is rebuilt from, in the order of deciding.

        The window ends at the newest entry. Local articles and pinned stories are live for ever.
        """
        sql = f"{_PLACED} AND decisions.n IN ({_LIVE}) ORDER BY decisions.n"
        for row in query(self._db, sql, [int(window.total_seconds())]):
            yield _brief(row), _placed(row)

    def in_order(self) -> Iterator[tuple[Brief, Placed]]:
        """Yield every placed entry, in the order of deciding."""
        for row in query(self._db, f"{_PLACED} ORDER BY decisions.n"):
            yield _brief(row), _placed(row)

    def brief(self, entry_id: str) -> tuple[Brief, Placed] | None:
        """Return an entry and where it was placed."""
        row = next(query(self._db, f"{_PLACED} AND entries.id = ?", [entry_id]), None)
        return (_brief(row), _placed(row)) if row else None

    def find(self, text: str) -> tuple[str, ...]:
        """Return the ids of entries that have an id, an address or a title; or an id that begins so."""
        rows = self._db.execute(
            "SELECT id FROM entries WHERE id = :text OR guid = :text OR (url = :text AND url <> '')"
            " OR (title_key = :key AND title_key <> '')"
            " OR (length(:text) >= 6 AND id >= :text AND id < :text || 'g') ORDER BY seq LIMIT 10",
            {"text": text, "key": fold(text)},
        )
        return tuple(row[0] for row in rows.fetchall())

    def at(self, name: str) -> tuple[str, ...]:
        """Return the ids of entries that are at an address, by its canonical form."""
        rows = self._db.execute(
            "SELECT DISTINCT entry_id FROM entry_keys WHERE source_id IN (SELECT id FROM sources)"
            " AND key = 'url:' || ? ORDER BY entry_id LIMIT 10",
            [name],
        )
        return tuple(row[0] for row in rows.fetchall())

    def story_of(self, entry_id: str) -> str:
        """Return the story of an entry; empty while it is in none."""
        row = self._db.execute("SELECT story_id FROM entries WHERE id = ?", [entry_id]).fetchone()
        return str(row[0] or "") if row else ""

    def newest(
        self, *, sources: Sequence[str] = (), since: datetime | None, until: datetime | None, limit: int
    ) -> tuple[Entry, ...]:
        """Return the newest entries that were not taken down, newest first.

        Args:
            sources: of these alone; of all when empty.
            since, until: their dates, the first included, the second not.
        """
        rows = query(
            self._db,
            "SELECT * FROM entries WHERE NOT is_withdrawn AND date >= :since AND date < :until"
            " AND (:all OR source_id IN (SELECT value FROM json_each(:sources)))"
            " ORDER BY date DESC, seq DESC LIMIT :limit",
            span_of(since, until)
            | {"all": not sources, "sources": json.dumps(list(sources)), "limit": limit},
        )
        found = tuple(map(to_entry, rows))
        pages = Texts(self._db).of(entry.id for entry in found)
        return tuple(
            replace(entry, html=page, has_full_text=True) if (page := pages.get(entry.id)) else entry
            for entry in found
        )

    def facts(self, entry_id: str) -> Facts:
        """Return what is known of an entry whatever the output: whether it is there, and may be shown."""
        row = next(
            query(
                self._db,
                "SELECT is_withdrawn, held_by, json_extract(more, '$.deleted') IS NOT NULL AS is_deleted,"
                " is_configured, story_id IS NOT NULL AS is_placed FROM entries"
                " JOIN sources ON sources.id = source_id WHERE entries.id = ?",
                [entry_id],
            )
        )
        return Facts(
            is_withdrawn=bool(row["is_withdrawn"]),
            held_by=row["held_by"],
            is_deleted=bool(row["is_deleted"]),
            is_configured=bool(row["is_configured"]),
            is_placed=bool(row["is_placed"]),
        )

    def is_shed(self, entry_id: str) -> bool:
        """Say whether the text of an entry was let go when it was old."""
        row = self._db.execute(
            "SELECT text = '' AND summary <> '' AND NOT EXISTS (SELECT 1 FROM page_texts"
            " WHERE entry_id = entries.id AND page_texts.html <> '') FROM entries WHERE id = ?",
            [entry_id],
        ).fetchone()
        return bool(row and row[0])

    def all_placed(self) -> Iterator[tuple[Brief, str]]:
        """Yield every placed entry that is no copy, with its story."""
        for row in query(self._db, f"{_BRIEFS} AND story_id IS NOT NULL AND copy_of = '' ORDER BY seq"):
            yield _brief(row), row["story_id"]

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM entries").fetchone()[0])


_IS_SETTLED = (
    "is_withdrawn OR EXISTS (SELECT 1 FROM stories WHERE stories.id = story_id AND published)"
    " OR EXISTS (SELECT 1 FROM story_aliases WHERE story_aliases.guid = entries.guid)"
    " OR EXISTS (SELECT 1 FROM tombstones WHERE ref = entries.guid) AS is_settled"
)
_COLUMNS = (
    "SELECT seq, entries.id, source_id, url, title, text, entries.date, is_article, story_id, copy_of,"
    " priority, coalesce(nullif(json_extract(more, '$.language'), ''),"
    " json_extract(feed, '$.language'), '') AS language,"
    " coalesce(nullif(json_extract(more, '$.origin.title'), ''), nullif(sources.name, ''),"
    " json_extract(feed, '$.title'), source_id) AS outlet,"
    " coalesce(json_extract(more, '$.has_full_text'), 0) AS has_full_text"
)
_FROM = " FROM entries JOIN sources ON sources.id = source_id"
_BRIEFS = f"{_COLUMNS}{_FROM} WHERE NOT is_hidden"
_UNPLACED = _BRIEFS.replace("entries JOIN", "entries INDEXED BY entries_unplaced JOIN")  # held ones are many
_PLACED = (
    f"{_COLUMNS}, decisions.n AS n, founding.n AS story_n, live.features AS features{_FROM}"
    " JOIN decisions ON decisions.entry_id = entries.id JOIN stories ON stories.id = story_id"
    " LEFT JOIN decisions AS founding ON founding.entry_id = story_id"
    " LEFT JOIN live ON live.entry_id = entries.id WHERE NOT is_hidden"
)
# Each part by an index of its own: joined by OR they would be looked for among all there ever were.
_LIVE = (
    "SELECT n FROM decisions WHERE entry_id IN (SELECT id FROM entries"
    " WHERE date >= (SELECT max(date) FROM entries WHERE story_id IS NOT NULL) - ?"
    " UNION SELECT id FROM entries WHERE is_article UNION SELECT id FROM entries"
    " WHERE story_id IN (SELECT id FROM stories WHERE is_pinned))"
)


def _new_row(arrival: Arrival) -> Row:
    entry = arrival.entry
    return entry_row(entry) | {
        "id": entry.id,
        "source_id": entry.source_id,
        "guid": entry.guid,
        "date": to_seconds(arrival.date),
        "updated": to_seconds(arrival.updated),
    }


def _placed(row: Row) -> Placed:
    return Placed(
        order=row["n"],
        story_id=row["story_id"],
        story_order=row["story_n"] or row["n"],
        copy_of=row["copy_of"],
        features=row["features"] or b"",
    )


def _brief(row: Row) -> Brief:
    return Brief(
        seq=row["seq"],
        entry_id=row["id"],
        source_id=row["source_id"],
        outlet=row["outlet"],
        language=row["language"],
        url=row["url"],
        title=row["title"],
        text=row["text"],
        date=to_moment(row["date"]),
        priority=row["priority"],
        is_article=bool(row["is_article"]),
        has_full_text=bool(row["has_full_text"]),
    )
