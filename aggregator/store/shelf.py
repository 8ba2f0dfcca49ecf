"""Stories as published: which, in what order, with what to show, and whose pages are stale."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.model import Entry, StoryRecord, Telling
from aggregator.settings import Output
from aggregator.store.leftovers import forget_leftovers, has_leftovers
from aggregator.store.rows import Row, query, span_of, to_card, to_entry, to_moment
from aggregator.store.selection import OUTLETS, chosen, match, told
from aggregator.store.texts import Texts
from aggregator.text import fold
from aggregator.urls import is_elsewhere

MOST_TELLINGS = 200  # of one story, for publishing; the newest

_VISIBLE = "is_configured AND NOT is_hidden"
_LIVES = "EXISTS (SELECT 1 FROM entries WHERE story_id = stories.id AND NOT is_hidden)"
_TELLINGS = (
    "SELECT entries.id, entries.source_id, entries.story_id, entries.title, entries.url, entries.date,"
    " copy_of, is_article, priority, json_extract(more, '$.language') AS language,"
    " coalesce(json_extract(more, '$.has_full_text'), 0) OR EXISTS (SELECT 1 FROM page_texts"
    " WHERE page_texts.entry_id = entries.id AND page_texts.html <> '') AS has_full_text,"
    " coalesce(nullif(json_extract(more, '$.origin.title'), ''), nullif(sources.name, ''),"
    " nullif(json_extract(feed, '$.title'), ''), source_id) AS outlet,"
    " json_extract(more, '$.origin') IS NOT NULL AS has_origin, json_extract(feed, '$.url') AS site"
)


class Shelf:
    """The publisher's part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def newest(self, output: Output, *, limit: int) -> tuple[str, ...]:
        """Return the ids of the newest stories of an output, newest first."""
        condition, values = chosen(output)
        rows = self._db.execute(
            f"SELECT id FROM stories WHERE {condition} ORDER BY date DESC, id DESC LIMIT :limit",
            values | {"limit": limit},
        )
        return tuple(row[0] for row in rows.fetchall())

    def of_articles(self, output: Output, *, limit: int) -> tuple[str, ...]:
        """Return the ids of the newest stories of an output that an article leads, or that are pinned."""
        condition, values = told(output)
        is_carried, _ = chosen(output)
        rows = self._db.execute(
            # CROSS: from the few articles to their stories, not from all stories to their leads.
            "SELECT DISTINCT stories.id FROM entries CROSS JOIN stories ON stories.id = story_id"
            " JOIN sources ON sources.id = source_id"
            " WHERE entries.id IN (SELECT id FROM entries WHERE is_article"
            " UNION SELECT entries.id FROM stories CROSS JOIN entries ON story_id = stories.id"
            f" WHERE is_pinned) AND (entries.id = lead_id OR is_pinned) AND {condition} AND {is_carried}"
            " ORDER BY stories.date DESC, stories.id DESC LIMIT :limit",
            values | {"limit": limit},
        )
        return tuple(row[0] for row in rows.fetchall())

    def newest_entries(self, output: Output, *, limit: int) -> tuple[tuple[str, str], ...]:
        """Return the newest entries of an output that copy no other, each after its story, newest first."""
        condition, values = told(output)
        is_carried, _ = chosen(output)
        rows = self._db.execute(
            "SELECT story_id, entries.id FROM entries JOIN sources ON sources.id = source_id"
            " JOIN stories ON stories.id = story_id"
            " WHERE NOT EXISTS (SELECT 1 FROM entries AS original JOIN sources AS theirs"
            " ON theirs.id = original.source_id WHERE original.id = entries.copy_of"
            " AND theirs.is_configured AND NOT original.is_hidden)"
            f" AND {condition} AND {is_carried}"
            " ORDER BY entries.date DESC, entries.id DESC LIMIT :limit",
            values | {"limit": limit},
        )
        return tuple((row[0], row[1]) for row in rows.fetchall())

    def is_carried(self, story_id: str, output: Output) -> bool:
        """Say whether an output carries a story, if there is room."""
        condition, values = chosen(output)
        return self._is(f"SELECT 1 FROM stories WHERE id = :id AND {condition}", values | {"id": story_id})

    def is_told(self, entry_id: str, output: Output) -> bool:
        """Say whether an output is told by an entry."""
        condition, values = told(output)
        return self._is(
            "SELECT 1 FROM entries JOIN sources ON sources.id = source_id"
            f" WHERE entries.id = :id AND {condition}",
            values | {"id": entry_id},
        )

    def _is(self, query: str, values: Row) -> bool:
        return bool(self._db.execute(f"SELECT EXISTS ({query})", values).fetchone()[0])

    def outlets(self, story_id: str) -> int:
        """Count the outlets that tell of a story, as what is hot counts them."""
        row = self._db.execute(f"SELECT {OUTLETS} FROM stories WHERE id = ?", [story_id]).fetchone()
        return int(row[0]) if row else 0

    def in_order(self, story_ids: Sequence[str]) -> tuple[str, ...]:
        """Return stories as a feed has them: newest first."""
        rows = self._db.execute(
            "SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?)) ORDER BY date DESC, id DESC",
            [json.dumps(list(story_ids))],
        )
        return tuple(row[0] for row in rows.fetchall())

    def found(
        self,
        query: str,
        output: Output,
        *,
        limit: int,
        most: int,
        since: datetime | None = None,
        until: datetime | None = None,
        is_oldest_first: bool = False,
    ) -> tuple[str, ...]:
        """Return the ids of stories that have words in a title or summary, the newest first, or the oldest.

        Args:
            output: only what it selects is looked at.
            most: entries that are looked at, those that came in last.
            since, until: dates of stories, the first included, the second not.
        """
        condition, values = told(output)
        order = "ASC" if is_oldest_first else "DESC"
        rows = self._db.execute(
            # CROSS: from the few entries that have the words.
            "SELECT DISTINCT stories.id FROM"
            " (SELECT rowid FROM entries_words WHERE entries_words MATCH :query"
            " ORDER BY rowid DESC LIMIT :most) AS hits CROSS JOIN entries ON seq = hits.rowid"
            " JOIN sources ON sources.id = source_id JOIN stories ON stories.id = story_id"
            f" WHERE {condition} AND stories.date >= :since AND stories.date < :until"
            f" ORDER BY stories.date {order}, stories.id {order} LIMIT :limit",
            values | span_of(since, until) | {"query": match(query), "most": most, "limit": limit},
        )
        return tuple(row[0] for row in rows.fetchall())

    def of_source(self, source_id: str, *, limit: int) -> tuple[StoryRecord, ...]:
        """Return the newest entries of a source, each as if nobody else told of it, newest first."""
        rows = query(
            self._db,
            "SELECT entries.*, published FROM entries JOIN stories ON stories.id = story_id"
            " WHERE source_id = ? AND NOT is_hidden ORDER BY entries.date DESC, seq DESC LIMIT ?",
            [source_id, limit],
        )
        found = list(rows)
        records = zip(found, self._leading(found), strict=True)
        return tuple(
            StoryRecord(id=row["story_id"], has_page=bool(row["published"]), **leading)
            for row, leading in records
        )

    def dirty(self) -> tuple[str, ...]:
        """Return the published stories whose own pages must be rendered again."""
        rows = self._db.execute(
            f"SELECT id FROM stories WHERE is_dirty AND published AND {_LIVES} ORDER BY id"
        )
        return tuple(row[0] for row in rows.fetchall())

    def touched(self) -> tuple[str, ...]:
        """Return the published stories that are others than at the last publish, to be seen or not."""
        rows = self._db.execute("SELECT id FROM stories WHERE is_dirty AND published")
        return tuple(row[0] for row in rows.fetchall())

    def aliases(self, story_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return for stories the ids of those that were published and became part of them."""
        rows = self._db.execute(
            "SELECT story_id, json_group_array(old_id) FROM story_aliases"
            " WHERE was_published AND story_id IN (SELECT value FROM json_each(?)) GROUP BY story_id",
            [json.dumps(list(story_ids))],
        )
        return {row[0]: tuple(sorted(json.loads(row[1]))) for row in rows.fetchall()}

    def named(self) -> frozenset[str]:
        """Return every name under which a published story of which something is left has a page."""
        rows = self._db.execute(
            f"SELECT id FROM stories WHERE published AND {_LIVES} UNION SELECT old_id FROM story_aliases"
            f" JOIN stories ON stories.id = story_id WHERE was_published AND published AND {_LIVES}"
        )
        return frozenset(row[0] for row in rows.fetchall())

    def has_leftovers(self) -> bool:
        """Say whether there may be pages that stand under none of those names."""
        return has_leftovers(self._db)

    def clean(self) -> None:
        """Say that all pages are out, and none is left over."""
        self._db.execute("UPDATE stories SET is_dirty = 0 WHERE is_dirty AND published")
        forget_leftovers(self._db)

    def unpublished(self, story_ids: Sequence[str]) -> tuple[str, ...]:
        """Return those of the stories that no output has carried yet."""
        rows = self._db.execute(
            "SELECT id FROM stories WHERE NOT published AND id IN (SELECT value FROM json_each(?))"
            " ORDER BY id",
            [json.dumps(list(story_ids))],
        )
        return tuple(row[0] for row in rows.fetchall())

    def publish(self, story_id: str, *, lead_id: str) -> bool:
        """Fix a story's lead for ever; say whether that is another than before, or of another date."""
        values = {"id": story_id, "lead": lead_id}
        is_another = not self._is(
            "SELECT 1 FROM stories JOIN entries ON entries.id = lead_id"
            " WHERE stories.id = :id AND lead_id = :lead AND entries.date = stories.date",
            values,
        )
        self._db.execute(
            "UPDATE stories SET published = 1, is_dirty = 1, lead_id = :lead,"
            " date = (SELECT date FROM entries WHERE id = :lead) WHERE id = :id AND NOT published",
            values,
        )
        return is_another

    def record(self, story_id: str, *, lead_id: str = "") -> StoryRecord:
        """Return all that is known of a story, for publishing; another member may stand in as the lead.

        One does where the lead's source was removed from the configuration: what it told is no longer shown.
        """
        lead_row = next(
            query(
                self._db,
                "SELECT entries.*, published FROM stories JOIN entries ON story_id = stories.id"
                " JOIN sources ON sources.id = source_id WHERE stories.id = :story AND NOT is_hidden"
                " ORDER BY entries.id = :lead DESC,"
                " is_configured DESC, entries.id = lead_id DESC, entries.date, seq LIMIT 1",
                {"story": story_id, "lead": lead_id},
            )
        )
        return StoryRecord(
            id=story_id,
            tags=self._tags(story_id),
            members=self.members(story_id),
            related=self._related(story_id),
            has_page=bool(lead_row["published"]),
            **self._leading([lead_row])[0],
        )

    def tellings(self, record: StoryRecord, entry_ids: Sequence[str]) -> tuple[StoryRecord, ...]:
        """Return a story once for each of some of its entries, in which that one leads."""
        rows = query(
            self._db,
            "SELECT entries.* FROM json_each(?) AS given JOIN entries ON entries.id = given.value"
            " ORDER BY given.key",
            [json.dumps(list(entry_ids))],
        )
        return tuple(replace(record, **leading) for leading in self._leading(list(rows)))

    def _leading(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return what of a record is the lead's, for each of some entries."""
        sources = query(
            self._db,
            "SELECT * FROM sources WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(sorted({row["source_id"] for row in rows}))],
        )
        sources_by_id = {source["id"]: source for source in sources}
        pages = Texts(self._db).of(row["id"] for row in rows)
        return [self._led(row, sources_by_id[row["source_id"]], pages.get(row["id"], "")) for row in rows]

    def _led(self, row: Row, source: Row, page: str) -> dict[str, Any]:
        lead = to_entry(row)
        lead = replace(lead, html=page, has_full_text=True) if page else lead
        return {
            "guid": row["guid"],
            "lead": lead,
            "source": to_card(source),
            "date": to_moment(row["date"]),
            "updated": to_moment(row["updated"]),
            "attribution_url": self._attribution_url(lead),
            "is_full_text": bool(source["is_full_text"]) or lead.is_article,
        }

    def members(self, story_id: str) -> tuple[Telling, ...]:
        """Return what can be seen of a story, the newest first."""
        rows = query(
            self._db,
            f"{_TELLINGS}, 1.0 AS score FROM entries JOIN sources ON sources.id = source_id"
            f" WHERE story_id = ? AND {_VISIBLE} ORDER BY entries.date DESC, seq DESC LIMIT ?",
            [story_id, MOST_TELLINGS],
        )
        return tuple(map(_telling, rows))

    def _related(self, story_id: str) -> tuple[Telling, ...]:
        rows = query(
            self._db,
            f"{_TELLINGS}, score FROM relations JOIN entries ON entries.id = relations.entry_id"
            f" JOIN sources ON sources.id = source_id WHERE relations.story_id = ? AND {_VISIBLE}"
            " ORDER BY entries.date DESC, seq DESC LIMIT ?",
            [story_id, MOST_TELLINGS],
        )
        return tuple(map(_telling, rows))

    def _tags(self, story_id: str) -> tuple[str, ...]:
        rows = self._db.execute(
            "SELECT DISTINCT tag.value FROM entries JOIN sources ON sources.id = source_id"
            f" JOIN json_each(tags) AS tag WHERE story_id = ? AND {_VISIBLE} ORDER BY tag.value",
            [story_id],
        )
        return tuple(row[0] for row in rows.fetchall())

    def _attribution_url(self, lead: Entry) -> str:
        if lead.attribution is None:
            return ""
        found = self._db.execute(
            "SELECT url FROM entries WHERE title_key = ? AND url <> '' AND id <> ? AND NOT is_hidden"
            " ORDER BY date, seq LIMIT 1",
            [fold(lead.attribution.title), lead.id],
        ).fetchone()
        return str(found[0]) if found else ""


def _telling(row: Row) -> Telling:
    return Telling(
        entry_id=row["id"],
        source_id=row["source_id"],
        story_id=row["story_id"],
        title=row["title"],
        url=row["url"],
        outlet=row["outlet"],
        date=to_moment(row["date"]),
        language=row["language"] or "",
        copy_of=row["copy_of"],
        priority=row["priority"],
        is_relayed=not row["is_article"]
        and (bool(row["has_origin"]) or is_elsewhere(row["url"], row["site"])),
        is_article=bool(row["is_article"]),
        has_full_text=bool(row["has_full_text"]),
        score=row["score"],
    )
