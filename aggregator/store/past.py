"""The past, and putting another in its place: all stories are taken down, placed anew and settled.

Between `begin` and `settle`, which belong to one transaction, `Stories.place` writes what is decided now.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlite_utils import Database

from aggregator.store.leftovers import expect_leftovers
from aggregator.store.rows import Row, query, to_json, to_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stood before `begin`."""

    published: tuple[tuple[str, str], ...]  # (story, lead), the oldest first, then those that were merged
    looks: Mapping[str, tuple[bytes, bool]]  # story → (what its page shows, whether it is behind)
    aliases: Mapping[str, Row]


class Past:
    """The part of the store that puts one past in the place of another."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self) -> Standing:
        """Take all stories down; return what must not be lost with them."""
        standing = Standing(published=self._published(), looks=self._looks(), aliases=self._aliases())
        self._db.execute("PRAGMA defer_foreign_keys = ON")  # until the end of the transaction
        self._db.execute("UPDATE entries SET story_id = NULL, copy_of = '' WHERE story_id IS NOT NULL")
        for table in ("relations", "live", "decisions", "story_aliases", "stories"):
            self._db.execute(f"DELETE FROM {table}")
        return standing

    def settle(self, standing: Standing, leads: Mapping[str, str], *, now: datetime) -> None:
        """Publish what was published, point names that are gone, and keep pages that show what they showed.

        Args:
            leads: story → the entry under which it is published.
        """
        self._db.conn.executemany(
            "UPDATE stories SET published = 1, lead_id = :lead,"
            " date = (SELECT date FROM entries WHERE id = :lead) WHERE id = :story",
            [{"story": story, "lead": lead} for story, lead in leads.items()],
        )
        self._settle_aliases(standing, now)
        self._settle_tombstones()
        expect_leftovers(self._db)
        before = standing.looks
        self._db.conn.executemany(
            "UPDATE stories SET is_dirty = ? WHERE id = ?",
            [
                (before[story][1], story)
                for story, (look, _) in self._looks().items()
                if story in before and before[story][0] == look
            ],
        )

    def _published(self) -> tuple[tuple[str, str], ...]:
        """Return what is published, and then what was before it was merged: its id may be free again."""
        rows = self._db.execute(
            # Where the lead was taken down, the entry that stands in for it, as in `Shelf.record`.
            "SELECT stories.id, iif((SELECT is_hidden FROM entries WHERE id = lead_id),"
            " coalesce((SELECT entries.id FROM entries JOIN sources ON sources.id = source_id"
            " WHERE story_id = stories.id AND NOT is_hidden"
            " ORDER BY is_configured DESC, entries.date, seq LIMIT 1), lead_id), lead_id)"
            " FROM stories LEFT JOIN decisions ON entry_id = stories.id"
            " WHERE published ORDER BY n, stories.id"
        ).fetchall()
        rows += self._db.execute(
            "SELECT old_id, entries.id FROM story_aliases JOIN entries USING (guid) ORDER BY since, old_id"
        ).fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def _looks(self) -> dict[str, tuple[bytes, bool]]:
        """Return what the page of each story shows, as a digest, and whether it must be rendered again."""
        rows = self._db.execute(
            "SELECT id, is_dirty, published || ' ' || lead_id || ' ' || coalesce((SELECT group_concat(line)"
            " FROM (SELECT entries.id || ' ' || copy_of AS line FROM entries WHERE story_id = stories.id"
            " ORDER BY entries.id)), '') || ' ' || coalesce((SELECT group_concat(line) FROM (SELECT"
            " relations.entry_id || ' ' || round(score, 6) || is_subject || copy_of AS line FROM relations"
            " JOIN entries ON entries.id = entry_id WHERE relations.story_id = stories.id"
            " ORDER BY entry_id, score)), '') FROM stories"
        )
        return {row[0]: (blake2b(row[2].encode(), digest_size=16).digest(), bool(row[1])) for row in rows}

    def _aliases(self) -> dict[str, Row]:
        return {row["old_id"]: row for row in query(self._db, "SELECT * FROM story_aliases")}

    def _settle_aliases(self, standing: Standing, now: datetime) -> None:
        """Point every name that was ever given and is none now to where its first entry is.

        Under which id a story that is gone was published is kept, unless something is published under it.
        """
        fresh, old = self._aliases(), standing.aliases
        leads = dict(reversed(standing.published))
        self._db.execute("DELETE FROM story_aliases")
        for name in sorted({*fresh, *old, *standing.looks}):
            known = fresh.get(name) or old.get(name)
            self._db.execute(
                "INSERT INTO story_aliases (old_id, story_id, was_published, guid, since, because)"
                " SELECT :name, story_id, :was_published,"
                " coalesce((SELECT guid FROM entries AS lead WHERE lead.id = :lead AND NOT EXISTS"
                " (SELECT 1 FROM stories WHERE published AND lead_id = lead.id)), ''), :since, :because"
                " FROM entries WHERE story_id <> :name"
                " AND id = (SELECT iif(is_hidden, :lead, id) FROM entries WHERE id = :name)",
                {
                    "name": name,
                    "lead": leads.get(name, ""),
                    "was_published": int(name in leads or bool(name in old and old[name]["was_published"])),
                    "since": old[name]["since"] if name in old else to_seconds(now),
                    "because": known["because"] if known else self._because(name, leads.get(name, "")),
                },
            )

    def _settle_tombstones(self) -> None:
        """Tell of every id that was published and leads nothing now; and no more of those that do again."""
        self._db.execute(
            'INSERT OR IGNORE INTO tombstones (ref, "when", source_id)'
            " SELECT entries.guid, since, source_id FROM story_aliases JOIN entries USING (guid)"
        )
        self._db.execute(
            "DELETE FROM tombstones WHERE ref IN (SELECT guid FROM stories"
            " JOIN entries ON entries.id = lead_id WHERE published AND NOT is_withdrawn)"
        )

    def _because(self, *entry_ids: str) -> str:
        """Return why the first of some entries that was placed is where it is, as aliases keep it."""
        for entry_id in entry_ids:
            row = next(query(self._db, "SELECT * FROM decisions WHERE entry_id = ?", [entry_id]), None)
            if row is not None:
                kept = {name: row[name] for name in ("rung", "score", "threshold", "veto")}
                return to_json(kept | {name: json.loads(row[name]) for name in ("shared", "parts")})
        return to_json({"rung": "none", "score": 0.0, "threshold": 0.0})
