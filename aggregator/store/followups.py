"""What outputs told anew of stories, and of whom each had told by then."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlite_utils import Database

from aggregator.model import FollowUp
from aggregator.settings import Output
from aggregator.store.rows import Row, query, to_json, to_line, to_moment, to_seconds
from aggregator.store.selection import chosen

_VISIBLE = (  # a line or its lead may be of a source that is no longer configured
    "EXISTS (SELECT 1 FROM entries JOIN sources ON sources.id = source_id"
    " WHERE entries.id = {} AND is_configured AND NOT is_hidden)"
)
_LINES = (
    "(SELECT json_group_array(json(line.value)) FROM json_each(follow_ups.lines) AS line"
    f" WHERE {_VISIBLE.format('json_extract(line.value, ' + repr('$.entry_id') + ')')})"
)


class FollowUps:
    """The follow-ups' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, output: Output, lead_ids: Iterable[str]) -> dict[str, tuple[FollowUp, ...]]:
        """Return what an output told of the stories of these leads, in order, the story itself first."""
        rows = query(
            self._db,
            f"SELECT *, {_LINES} AS lines FROM follow_ups WHERE output = ?"
            " AND lead_id IN (SELECT value FROM json_each(?)) ORDER BY lead_id, number",
            [output.name, json.dumps(sorted(lead_ids))],
        )
        found = defaultdict(list)
        for row in rows:
            found[row["lead_id"]].append(_follow_up(row))
        return {lead_id: tuple(told) for lead_id, told in found.items()}

    def newest(self, output: Output, *, limit: int) -> tuple[tuple[str, str, int], ...]:
        """Return the newest of an output: the story, its lead and the number of each."""
        is_chosen, values = chosen(output)
        rows = self._db.execute(
            "SELECT story_id, lead, number FROM (SELECT lead_id AS lead, number, at FROM follow_ups"
            f" WHERE output = :output AND number > 0 AND {_LINES} <> '[]'"
            f" AND {_VISIBLE.format('follow_ups.lead_id')})"
            " JOIN entries AS first ON first.id = lead JOIN stories ON stories.id = first.story_id"
            f" WHERE {is_chosen} ORDER BY at DESC, lead, number DESC LIMIT :limit",
            values | {"output": output.name, "limit": limit},
        )
        return tuple((row[0], row[1], row[2]) for row in rows.fetchall())

    def stirred(self, output: Output) -> tuple[tuple[str, str], ...]:
        """Return the stories that an output carried and that have changed, with the lead of each."""
        rows = self._db.execute(
            "SELECT stories.id, stories.lead_id FROM stories CROSS JOIN follow_ups"
            " ON output = ? AND follow_ups.lead_id = stories.lead_id AND number = 0"
            " WHERE is_dirty AND published AND EXISTS (SELECT 1 FROM entries WHERE id = stories.lead_id"
            " AND NOT is_hidden) ORDER BY stories.id",
            [output.name],
        )
        return tuple((row[0], row[1]) for row in rows.fetchall())

    def add(self, output: Output, told: FollowUp) -> None:
        """Write down what an output tells from now on; part of the caller's transaction."""
        self._db.table("follow_ups").insert(
            {
                "output": output.name,
                "lead_id": told.lead_id,
                "number": told.number,
                "guid": told.guid,
                "at": to_seconds(told.at),
                "outlets": to_json(told.outlets),
                "title": told.title,
                "url": told.url,
                "lines": to_json(told.lines),
            }
        )


def _follow_up(row: Row) -> FollowUp:
    fields: dict[str, Any] = {name: row[name] for name in ("lead_id", "number", "guid", "title", "url")}
    return FollowUp(
        **fields,
        at=to_moment(row["at"]),
        outlets=tuple(json.loads(row["outlets"])),
        lines=tuple(map(to_line, json.loads(row["lines"]))),
    )
