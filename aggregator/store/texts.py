"""What the pages of entries say, kept beside what their feeds gave; and which pages are to be asked for.

A page is known by its address: entries that share one share what came of it.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Entry, PageTally, PageWish
from aggregator.store.rows import query, to_later_seconds, to_seconds
from aggregator.urls import origin_of

_DAY = 86_400  # seconds


class Texts:
    """The part of the store that knows the pages of entries."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def want(self, entry: Entry, *, at: datetime, hold_until: datetime) -> None:
        """Have a page asked for, and its entry wait for it; part of the caller's transaction.

        What another entry's asking for the same page has found holds for this one.
        """
        self._db.execute(
            "INSERT OR IGNORE INTO page_texts (entry_id, source_id, url, origin, state, at, html, trouble,"
            " attempts, next_attempt, hold_until)"
            " SELECT :id, :source, :url, :origin, coalesce(state, 'wanted'), :at, coalesce(html, ''),"
            " coalesce(trouble, ''), coalesce(attempts, 0), coalesce(next_attempt, 0),"
            " iif(coalesce(attempts, 0) OR coalesce(state, 'wanted') <> 'wanted', 0, :hold)"
            " FROM (SELECT 1) LEFT JOIN page_texts ON url = :url LIMIT 1",
            {
                "id": entry.id,
                "source": entry.source_id,
                "url": entry.url,
                "origin": origin_of(entry.url),
                "at": to_seconds(at),
                "hold": to_later_seconds(hold_until),
            },
        )

    def due(
        self, *, now: datetime, most_a_day: int, most_attempts: int, busy: Collection[str]
    ) -> tuple[PageWish, ...]:
        """Return the pages that may be asked for now, one a host, the newest entry's first.

        Args:
            busy: origins that are being asked.
        """
        rows = query(
            self._db,
            "SELECT entry_id, source_id, url, origin, attempts FROM (SELECT page_texts.*, row_number() OVER"
            " (PARTITION BY page_texts.origin ORDER BY attempts, date DESC, entry_id) AS place"
            " FROM page_texts JOIN entries ON entries.id = entry_id"
            " LEFT JOIN page_hosts ON page_hosts.origin = page_texts.origin"
            " WHERE state = 'wanted' AND next_attempt <= :now AND attempts < :attempts"
            " AND coalesce(held_until, 0) <= :now"
            " AND NOT (coalesce(day, 0) = :now / :day AND asked >= :most)"
            " AND page_texts.origin NOT IN (SELECT value FROM json_each(:busy))) WHERE place = 1",
            {
                "now": to_seconds(now),
                "day": _DAY,
                "most": most_a_day,
                "attempts": most_attempts,
                "busy": json.dumps(list(busy)),
            },
        )
        return tuple(PageWish(**row) for row in rows)

    def asking(self, wish: PageWish, *, now: datetime, until: datetime) -> None:
        """Write down that a page is being asked for; if nothing comes back, it is asked for again then."""
        self._db.execute(
            "UPDATE page_texts SET attempts = attempts + 1, next_attempt = ?"
            " WHERE url = ? AND state = 'wanted'",
            [to_later_seconds(until), wish.url],
        )
        self._db.execute(
            "INSERT INTO page_hosts (origin, day, asked) VALUES (:origin, :now / :day, 1)"
            " ON CONFLICT DO UPDATE SET asked = iif(day = excluded.day, asked, 0) + 1, day = excluded.day",
            {"origin": wish.origin, "now": to_seconds(now), "day": _DAY},
        )

    def wishes(self, entry_id: str) -> tuple[PageWish, ...]:
        """Return the wishes for the same page as that of an entry, as far as they are still open."""
        rows = query(
            self._db,
            "SELECT entry_id, source_id, url, origin, attempts FROM page_texts WHERE state = 'wanted'"
            " AND url = (SELECT url FROM page_texts WHERE entry_id = ?) ORDER BY entry_id",
            [entry_id],
        )
        return tuple(PageWish(**row) for row in rows)

    def bring(self, entry_id: str, html: str, *, at: datetime) -> None:
        """Keep what the page of an entry says, and let the entry go on."""
        self._settle(entry_id, "brought", at, html=html)

    def refuse(self, entry_id: str, trouble: str, *, at: datetime) -> None:
        """Write down why the text of a page is not brought, and let its entry go on."""
        self._settle(entry_id, "refused", at, trouble=trouble)

    def _settle(self, entry_id: str, state: str, at: datetime, *, html: str = "", trouble: str = "") -> None:
        self._db.execute(
            "UPDATE page_texts SET state = :state, at = :at, html = :html, trouble = :trouble, hold_until = 0"
            " WHERE entry_id = :id",
            {"id": entry_id, "state": state, "at": to_seconds(at), "html": html, "trouble": trouble},
        )

    def postpone(self, entry_id: str, trouble: str, *, until: datetime) -> None:
        """Ask for a page later; its entry does not wait that long."""
        self._db.execute(
            "UPDATE page_texts SET next_attempt = ?, trouble = ?, hold_until = 0 WHERE entry_id = ?",
            [to_later_seconds(until), trouble, entry_id],
        )

    def hold_host(self, origin: str, *, until: datetime) -> None:
        """Ask for no page of a host before a moment; no entry waits for one that long."""
        self._db.execute(
            "INSERT INTO page_hosts (origin, held_until) VALUES (:origin, :until)"
            " ON CONFLICT DO UPDATE SET held_until = max(held_until, excluded.held_until)",
            {"origin": origin, "until": to_later_seconds(until)},
        )
        self._db.execute("UPDATE page_texts SET hold_until = 0 WHERE hold_until > 0 AND origin = ?", [origin])

    def forget(self, entry_id: str) -> None:
        """Let go of what a page says, and of asking for it: the feed says more now."""
        self._db.execute("DELETE FROM page_texts WHERE entry_id = ?", [entry_id])

    def release(self, *, now: datetime | None = None) -> bool:
        """Let entries go on that have waited long enough, or all; say whether there were any."""
        values = {"until": to_seconds(now) if now else 2**62}
        waited = "hold_until > 0 AND hold_until <= :until"
        has_any = self._db.execute(f"SELECT EXISTS (SELECT 1 FROM page_texts WHERE {waited})", values)
        if not has_any.fetchone()[0]:
            return False  # without the lock that writing takes
        self._db.execute(f"UPDATE page_texts SET hold_until = 0 WHERE {waited}", values)
        return True

    def of(self, entry_ids: Iterable[str]) -> dict[str, str]:
        """Return what the pages of entries say, as HTML, where that was brought."""
        rows = self._db.execute(
            "SELECT entry_id, html FROM page_texts WHERE html <> ''"
            " AND entry_id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(entry_ids))],
        )
        return dict(rows.fetchall())

    def tally(self) -> tuple[PageTally, ...]:
        """Return what became of the pages of each source."""
        rows = self._db.execute(
            "SELECT source_id, state, trouble, count(*) FROM page_texts"
            " GROUP BY source_id, state, iif(state = 'refused', trouble, '') ORDER BY source_id, 4 DESC, 3"
        )
        found: dict[str, list[tuple[str, str, int]]] = {}
        for source_id, *told in rows.fetchall():
            found.setdefault(source_id, []).append((told[0], told[1], told[2]))
        return tuple(
            PageTally(
                source_id=source_id,
                brought=sum(n for state, _, n in told if state == "brought"),
                waiting=sum(n for state, _, n in told if state == "wanted"),
                refused=tuple((trouble, n) for state, trouble, n in told if state == "refused"),
            )
            for source_id, told in found.items()
        )

    def give_up(self, *, before: datetime) -> None:
        """Give up the pages that have been wanted since before a moment: their host has no room for more."""
        self._db.execute(
            "UPDATE page_texts SET state = 'refused', hold_until = 0,"
            " trouble = iif(trouble = '', 'its host had been asked for enough that day', trouble)"
            " WHERE state = 'wanted' AND at < ?",
            [to_seconds(before)],
        )

    def shed(self, *, before: datetime, is_all_whole: bool = False) -> None:
        """Drop texts that were brought before a moment, but for sources that are published whole."""
        self._db.execute(
            "UPDATE page_texts SET html = '' WHERE html <> '' AND at < :before AND NOT :all"
            " AND source_id IN (SELECT id FROM sources WHERE NOT is_full_text)",
            {"before": to_seconds(before), "all": int(is_all_whole)},
        )

    def shift(self, by: timedelta) -> None:
        """Move all appointments, with a clock that was set."""
        seconds = round(by.total_seconds())
        for table, column in (
            ("page_texts", "next_attempt"),
            ("page_texts", "hold_until"),
            ("page_hosts", "held_until"),
        ):
            self._db.execute(
                f"UPDATE {table} SET {column} = max(1, {column} + ?) WHERE {column} > 0", [seconds]
            )

    def shorten(self, *, until: datetime) -> None:
        """Bring appointments near that a clock has made impossibly far."""
        for table, column in (("page_texts", "next_attempt"), ("page_hosts", "held_until")):
            self._db.execute(
                f"UPDATE {table} SET {column} = :until WHERE {column} > :until", {"until": to_seconds(until)}
            )
