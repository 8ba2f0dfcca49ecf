"""How entries belong together, and why."""

import json
from collections.abc import Iterable

from sqlite_utils import Database

from aggregator.model import Placement, Relation
from aggregator.store.rows import to_json


class Stories:
    """The stories' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def place(self, placement: Placement) -> None:
        """Write down where an entry belongs, and why; part of the caller's transaction."""
        if placement.story_id == placement.entry_id:
            self._db.execute(
                "INSERT INTO stories (id, lead_id, date) SELECT id, id, date FROM entries WHERE id = ?",
                [placement.entry_id],
            )
        self._db.execute(
            "UPDATE entries SET story_id = ?, copy_of = ? WHERE id = ?",
            [placement.story_id, placement.copy_of, placement.entry_id],
        )
        because = placement.because
        self._db.table("decisions").insert(
            {
                "entry_id": placement.entry_id,
                "near": placement.near,
                "rung": because.rung,
                "score": because.score,
                "threshold": because.threshold,
                "shared": to_json(because.shared),
                "veto": because.veto,
            }
        )
        self.relate(placement.relations)
        self.soil([placement.story_id])

    def relate(self, relations: Iterable[Relation]) -> None:
        """Write down which stories share a subject; of two relations of one pair the nearer stays."""
        for relation in relations:
            self._db.execute(
                "INSERT INTO relations (story_id, other_id, entry_id, score) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET entry_id = excluded.entry_id, score = excluded.score"
                " WHERE excluded.score > score",
                [relation.story_id, relation.other_id, relation.entry_id, relation.score],
            )
            self.soil([relation.story_id])

    def soil(self, story_ids: Iterable[str]) -> None:
        """Mark stories whose own pages must be rendered again."""
        self._db.execute(
            "UPDATE stories SET is_dirty = 1 WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(story_ids))],
        )

    def soil_all(self) -> None:
        """Mark every published story: something that all pages show has changed."""
        self._db.execute("UPDATE stories SET is_dirty = 1 WHERE published")
