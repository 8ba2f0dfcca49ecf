"""How entries belong together, and why; and the desk's memory, so that it can be made anew."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlite_utils import Database

from aggregator.model import Decision, Evidence, Merger, Placement, Relation, Split
from aggregator.store.around import around
from aggregator.store.leftovers import expect_leftovers
from aggregator.store.rows import Row, insertion, query, to_json, to_seconds

_COLUMNS = ("n", "entry_id", "near", "rung", "score", "threshold", "shared", "parts", "veto")
_DECIDED = insertion("decisions", _COLUMNS)
_REMEMBERED = "INSERT INTO live (entry_id, features) VALUES (?, ?)"


class Stories:
    """The stories' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def place(self, *placements: Placement, now: datetime) -> None:
        """Write down where entries belong, and why, as decided one after the other; part of a transaction."""
        for placement in placements:
            self._settle(placement, now=now)
        self._db.conn.executemany(_DECIDED, map(_decision, placements))
        self._db.conn.executemany(_REMEMBERED, [(p.entry_id, p.features) for p in placements if p.features])
        self.soil({placement.story_id for placement in placements})

    def _settle(self, placement: Placement, *, now: datetime) -> None:
        for merger in placement.mergers:
            self._merge(merger, now=now)
        if placement.story_id == placement.entry_id or placement.split:
            self._found(placement.split.new_id if placement.split else placement.entry_id)
        if placement.split:
            self._split(placement.split)
        self._db.execute(
            "UPDATE entries SET story_id = ?, copy_of = ? WHERE id = ?",
            [placement.story_id, placement.copy_of, placement.entry_id],
        )
        if placement.is_pinned:
            self._db.execute("UPDATE stories SET is_pinned = 1 WHERE id = ?", [placement.story_id])
        if placement.relations:
            self.relate(placement.relations)

    def _found(self, entry_id: str) -> None:
        """Make a story of an entry; where one of that id was merged away, it is itself again."""
        if self._db.execute("SELECT 1 FROM story_aliases WHERE old_id = ?", [entry_id]).fetchone():
            self._db.execute(
                "DELETE FROM tombstones WHERE ref IN (SELECT guid FROM story_aliases WHERE old_id = ?)",
                [entry_id],
            )
            self._db.execute("DELETE FROM story_aliases WHERE old_id = ?", [entry_id])
        self._db.execute(
            "INSERT INTO stories (id, lead_id, date) SELECT id, id, date FROM entries WHERE id = ?",
            [entry_id],
        )

    def _merge(self, merger: Merger, *, now: datetime) -> None:
        """Put a story into an older one. Who leads does not change; if only the younger was out, it leads."""
        names = {"old": merger.story_id, "gone": merger.gone_id}
        self.soil([merger.gone_id])
        self._db.execute("UPDATE entries SET story_id = :old WHERE story_id = :gone", names)
        self._db.execute(
            "INSERT INTO story_aliases (old_id, story_id, was_published, guid, since, because)"
            " SELECT gone.id, :old, gone.published,"
            " CASE WHEN gone.published AND old.published THEN entries.guid ELSE '' END,"
            " :since, :because FROM stories AS gone JOIN stories AS old ON old.id = :old"
            " JOIN entries ON entries.id = gone.lead_id WHERE gone.id = :gone",
            names | {"since": to_seconds(now), "because": json.dumps(asdict(merger.because))},
        )
        self._db.execute(
            'INSERT OR IGNORE INTO tombstones (ref, "when", source_id)'
            " SELECT entries.guid, since, source_id FROM story_aliases JOIN entries USING (guid)"
            " WHERE old_id = :gone",
            names,
        )
        self._db.execute("UPDATE story_aliases SET story_id = :old WHERE story_id = :gone", names)
        self._db.execute(
            "UPDATE stories SET (lead_id, date, published) = (SELECT lead_id, date, published FROM stories"
            " WHERE id = :gone) WHERE id = :old AND NOT published"
            " AND (SELECT published FROM stories WHERE id = :gone)",
            names,
        )
        self._db.execute(
            "UPDATE stories SET is_pinned = 1 WHERE id = :old"
            " AND (SELECT is_pinned FROM stories WHERE id = :gone)",
            names,
        )
        self._move_relations(names)
        self._db.execute("DELETE FROM stories WHERE id = :gone", names)
        self.soil([merger.story_id])

    def _move_relations(self, names: Row) -> None:
        for column, other in (("story_id", "other_id"), ("other_id", "story_id")):
            self._db.execute(
                f"UPDATE OR IGNORE relations SET {column} = :old WHERE {column} = :gone AND {other} <> :old",
                names,
            )
            self._db.execute(f"DELETE FROM relations WHERE {column} = :gone", names)

    def _split(self, split: Split) -> None:
        """Take entries and their copies out of a story. A published lead takes its place in a feed along."""
        expect_leftovers(self._db)
        names = {"old": split.story_id, "new": split.new_id, "ids": json.dumps(split.entry_ids)}
        self._db.execute(
            "UPDATE entries SET story_id = :new WHERE story_id = :old AND (id IN"
            " (SELECT value FROM json_each(:ids)) OR copy_of IN (SELECT value FROM json_each(:ids)))",
            names,
        )
        self._db.execute(
            "UPDATE stories SET (lead_id, date, published) = (SELECT lead_id, date, published FROM stories"
            " WHERE id = :old) WHERE id = :new"
            " AND (SELECT story_id FROM entries JOIN stories ON entries.id = lead_id"
            " WHERE stories.id = :old) = :new",
            names,
        )
        self._db.execute(
            "UPDATE stories SET published = 0, lead_id = id,"
            " date = (SELECT date FROM entries WHERE id = :old) WHERE id = :old"
            " AND (SELECT story_id FROM entries WHERE entries.id = lead_id) = :new",
            names,
        )
        self.soil([split.story_id, split.new_id])

    def relate(self, relations: Iterable[Relation]) -> None:
        """Write down which stories are about one subject, or of one saga; the best evidence counts."""
        rows = [(r.story_id, r.other_id, r.entry_id, r.score, int(r.is_subject)) for r in relations]
        self._db.conn.executemany(
            "INSERT INTO relations (story_id, other_id, entry_id, score, is_subject) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET entry_id = excluded.entry_id, score = excluded.score,"
            " is_subject = max(is_subject, excluded.is_subject) WHERE excluded.score > score",
            rows,
        )
        self.soil({story_id for story_id, *_ in rows})

    def soil(self, story_ids: Iterable[str]) -> None:
        """Mark stories whose own pages must be rendered again."""
        self._db.execute(
            "UPDATE stories SET is_dirty = 1 WHERE NOT is_dirty AND id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(story_ids))],
        )

    def soil_of(self, source_ids: Iterable[str]) -> None:
        """Mark the stories whose pages show entries of sources."""
        told = "SELECT id FROM entries WHERE source_id IN (SELECT value FROM json_each(:sources))"
        self._db.execute(
            f"UPDATE stories SET is_dirty = 1 WHERE published AND NOT is_dirty AND id IN ({around(told)})",
            {"sources": json.dumps(list(source_ids))},
        )

    def soil_all(self) -> None:
        """Mark every published story: something that all pages show has changed."""
        self._db.execute("UPDATE stories SET is_dirty = 1 WHERE published")

    # ------------------------------------------------------------ the desk's memory

    def forget(self, entry_ids: Iterable[str]) -> None:
        """Drop what is remembered of entries that are no longer live."""
        self._db.execute(
            "DELETE FROM live WHERE entry_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(entry_ids))],
        )

    def memory(self, name: str) -> tuple[int, bytes] | None:
        """Return the last decision that a memory holds, and the memory."""
        row = self._db.execute("SELECT n, data FROM memory WHERE name = ?", [name]).fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

    def remember(self, name: str, data: bytes) -> None:
        """Keep a memory as of the last decision."""
        self._db.execute(
            "INSERT OR REPLACE INTO memory (name, n, data) SELECT ?, coalesce(max(n), 0), ? FROM decisions",
            [name, data],
        )

    # ------------------------------------------------------------ looking

    def members(self, story_id: str) -> tuple[str, ...]:
        """Return the entries of a story, or of the one that it was merged into; none where it is no story."""
        rows = self._db.execute(
            "SELECT id FROM entries WHERE NOT is_hidden AND story_id = coalesce("
            "(SELECT story_id FROM story_aliases WHERE old_id = :id), :id) ORDER BY seq",
            {"id": story_id},
        )
        return tuple(row[0] for row in rows.fetchall())

    def last_decision(self) -> int:
        """Return the number of the last decision; 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(n), 0) FROM decisions").fetchone()[0])

    def decision(self, entry_id: str) -> Decision | None:
        """Return what was decided about an entry."""
        row = next(query(self._db, "SELECT * FROM decisions WHERE entry_id = ?", [entry_id]), None)
        if row is None:
            return None
        return Decision(
            entry_id=entry_id,
            near=row["near"],
            because=Evidence(
                rung=row["rung"],
                score=row["score"],
                threshold=row["threshold"],
                shared=tuple((word, weight) for word, weight in json.loads(row["shared"])),
                parts=tuple((name, value) for name, value in json.loads(row["parts"])),
                veto=row["veto"],
            ),
        )

    def relations(self, one_id: str, two_id: str) -> tuple[Relation, ...]:
        """Return how two stories are related, either way."""
        rows = query(
            self._db,
            "SELECT story_id, other_id, entry_id, score, is_subject FROM relations"
            " WHERE (story_id, other_id) IN (VALUES (:one, :two), (:two, :one)) ORDER BY story_id <> :one",
            {"one": one_id, "two": two_id},
        )
        return tuple(Relation(**row | {"is_subject": bool(row["is_subject"])}) for row in rows)

    def mergers(self, story_id: str) -> tuple[Merger, ...]:
        """Return the stories that became part of one, and why."""
        rows = query(
            self._db,
            "SELECT old_id, story_id, because FROM story_aliases WHERE story_id = ? ORDER BY since, old_id",
            [story_id],
        )
        return tuple(
            Merger(
                story_id=row["story_id"],
                gone_id=row["old_id"],
                because=Evidence(**json.loads(row["because"])),
            )
            for row in rows
        )


def _decision(placement: Placement) -> Row:
    because = placement.because
    return {
        "n": placement.order or None,
        "entry_id": placement.entry_id,
        "near": placement.near,
        "rung": because.rung,
        "score": because.score,
        "threshold": because.threshold,
        "shared": to_json(because.shared),
        "parts": to_json(because.parts),
        "veto": because.veto,
    }
