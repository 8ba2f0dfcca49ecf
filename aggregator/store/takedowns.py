"""What must go and stay away, and the word that it went.

A takedown names an address or a source. Carried out, it empties the entries it names and keeps their keys and
ids, so that they are known again and refused; each id that was published leaves a tombstone (RFC 6721). What
a source deletes itself goes the same way, but may come back.
"""

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlite_utils import Database

from aggregator.model import Entry, Tombstone, Withdrawal
from aggregator.store.around import around
from aggregator.store.leftovers import expect_leftovers
from aggregator.store.rows import Row, query, to_card, to_json, to_moment, to_seconds
from aggregator.urls import canonical

_NAMED = (
    "SELECT entries.id FROM takedowns JOIN entries ON takedowns.kind = 'source' AND source_id = name"
    " WHERE NOT is_done UNION SELECT entry_id FROM takedowns JOIN entry_keys"
    " ON takedowns.kind = 'url' AND key = 'url:' || name WHERE NOT is_done"
    " UNION SELECT name FROM takedowns WHERE kind = 'entry' AND NOT is_done"
)


class Takedowns:
    """The takedowns' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def meant(self, place: str, *, site: str) -> tuple[str, str]:
        """Return the kind and the name of what is meant by an id, an address, or the address of a page here.

        The name of an address that names no page is empty.
        """
        page = re.fullmatch(rf"{re.escape(site)}story/([0-9a-f]{{32}})/(?:index\.html)?", place)
        name = page[1] if page else place
        for kind, table in (("source", "sources"), ("entry", "entries")):
            if self._db.execute(f"SELECT 1 FROM {table} WHERE id = ?", [name]).fetchone():
                return kind, name
        return "url", canonical(place)

    def ask(self, kind: str, name: str) -> int:
        """Write down what must go: a "source" or an "entry" by its id, or a "url" in canonical form.

        Part of the caller's transaction; carried out when next something is published.

        Returns: how many entries that are.
        """
        self._db.execute(
            "INSERT INTO takedowns (kind, name) VALUES (:kind, :name) ON CONFLICT DO UPDATE SET is_done = 0",
            {"kind": kind, "name": name},
        )
        return int(self._db.execute(f"SELECT count(*) FROM ({_NAMED})").fetchone()[0])

    def keeps_out(self, name: str) -> bool:
        """Say whether an address in canonical form is kept out."""
        asked = "SELECT 1 FROM takedowns WHERE kind = 'url' AND name = ?"
        return bool(self._db.execute(f"SELECT EXISTS ({asked})", [name]).fetchone()[0])

    def is_leaving(self, entry_id: str) -> bool:
        """Say whether an entry is named by a takedown that is to be carried out."""
        return entry_id in {row[0] for row in self._db.execute(_NAMED).fetchall()}

    def is_pending(self) -> bool:
        return bool(
            self._db.execute("SELECT EXISTS (SELECT 1 FROM takedowns WHERE NOT is_done)").fetchone()[0]
        )

    def carry_out(self, *, at: datetime) -> int:
        """Empty the entries that must go; return how many; part of the caller's transaction."""
        ids = [row[0] for row in self._db.execute(_NAMED).fetchall()]
        for entry_id in ids:
            self._bury(entry_id, at)
        if ids:
            expect_leftovers(self._db)
        self._db.execute("UPDATE takedowns SET is_done = 1 WHERE NOT is_done")
        return len(ids)

    def withdraw(self, withdrawal: Withdrawal, *, at: datetime) -> bool:
        """Empty an entry that its source deleted, in the caller's transaction; say whether it was there."""
        values = {"id": withdrawal.entry_id, "when": withdrawal.when.isoformat()}
        if self._db.execute("SELECT 1 FROM entries WHERE id = :id AND is_withdrawn", values).fetchone():
            return False
        self._bury(withdrawal.entry_id, at)
        self._db.execute("UPDATE entries SET more = json_object('deleted', :when) WHERE id = :id", values)
        expect_leftovers(self._db)
        return True

    def revive(self, entry_id: str) -> None:
        """Let an entry that its source deleted be again; it is empty until it is changed."""
        self._db.execute("UPDATE entries SET is_withdrawn = 0 WHERE id = ?", [entry_id])
        self._db.execute(
            "DELETE FROM tombstones WHERE ref = (SELECT guid FROM entries WHERE id = ?)", [entry_id]
        )

    def _bury(self, entry_id: str, at: datetime) -> None:
        values = {"id": entry_id, "at": to_seconds(at)}
        for statement in _BURIAL:
            self._db.execute(statement, values)
        self._strike(entry_id, values)

    def _strike(self, entry_id: str, values: Row) -> None:
        """Take an entry out of the coverage that went out; a follow-up of which nothing is left goes."""
        rows = self._db.execute("SELECT entry_id, lines FROM shown WHERE instr(lines, ?)", [entry_id])
        for lead_id, lines in rows.fetchall():
            kept = {
                name: [line for line in part if line.get("entry_id") != entry_id]
                for name, part in json.loads(lines).items()
            }
            self._db.execute("UPDATE shown SET lines = ? WHERE entry_id = ?", [to_json(kept), lead_id])
        rows = self._db.execute("SELECT guid, lines FROM follow_ups WHERE instr(lines, ?)", [entry_id])
        for guid, lines in rows.fetchall():
            left = [line for line in json.loads(lines) if line["entry_id"] != entry_id]
            self._db.execute("UPDATE follow_ups SET lines = ? WHERE guid = ?", [to_json(left), guid])
            if not left:
                self._db.execute(_OF_FOLLOW_UPS.format("follow_ups.guid = :guid"), values | {"guid": guid})

    def blocked(self, entries: Sequence[Entry], *, revived: Collection[str] = ()) -> frozenset[str]:
        """Return the ids of those that must not come in.

        Args:
            revived: the ids of those that their source deleted, and told of again.
        """
        if not entries:
            return frozenset()
        rows = self._db.execute(
            "SELECT id FROM entries WHERE is_withdrawn AND id IN (SELECT value FROM json_each(?))",
            [json.dumps([entry.id for entry in entries])],
        )
        gone = {row[0] for row in rows.fetchall()} - set(revived)
        if not self._db.execute("SELECT EXISTS (SELECT 1 FROM takedowns)").fetchone()[0]:
            return frozenset(gone)
        names = {entry.id: (entry.source_id, canonical(entry.url)) for entry in entries}
        rows = self._db.execute(
            "SELECT kind, name FROM takedowns WHERE kind IN ('source', 'url')"
            " AND name IN (SELECT value FROM json_each(?))",
            [json.dumps([name for each in names.values() for name in each])],
        )
        asked = frozenset(rows.fetchall())
        return frozenset(gone).union(
            entry_id
            for entry_id, (source_id, url) in names.items()
            if ("source", source_id) in asked or ("url", url) in asked
        )

    def tombstones(self, *, since: datetime) -> tuple[Tombstone, ...]:
        """Return the ids that went since, the latest first."""
        rows = query(
            self._db,
            'SELECT ref, "when", sources.* FROM tombstones JOIN sources ON sources.id = source_id'
            ' WHERE "when" >= ? ORDER BY "when" DESC, ref',
            [to_seconds(since)],
        )
        return tuple(
            Tombstone(ref=row["ref"], when=to_moment(row["when"]), source=to_card(row)) for row in rows
        )


_OF_FOLLOW_UPS = (
    'INSERT OR IGNORE INTO tombstones (ref, "when", source_id)'
    " SELECT follow_ups.guid, :at, source_id FROM follow_ups JOIN entries ON entries.id = lead_id"
    " WHERE {} AND number > 0"
)
_BURIAL = (
    'INSERT OR IGNORE INTO tombstones (ref, "when", source_id) SELECT guid, :at, source_id FROM entries'
    " JOIN stories ON stories.id = story_id WHERE entries.id = :id AND published AND NOT is_withdrawn",
    f"UPDATE stories SET is_dirty = 1 WHERE id IN ({around(':id')})",
    "DELETE FROM entries_words WHERE rowid = (SELECT seq FROM entries WHERE id = :id)",
    "DELETE FROM shown WHERE entry_id = :id",
    _OF_FOLLOW_UPS.format("lead_id = :id AND lines <> '[]'"),
    "DELETE FROM follow_ups WHERE lead_id = :id",
    "DELETE FROM live WHERE entry_id = :id",
    "UPDATE decisions SET shared = '[]' WHERE :id IN (entry_id, near)",
    "UPDATE entries SET is_withdrawn = 1, url = '', title = '', title_key = '', attribution_key = '',"
    " html = '', text = '', summary = '', more = '{}' WHERE id = :id",
)
