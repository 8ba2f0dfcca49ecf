"""Which bytes of ours are visible, and which our hubs were told of."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Ping
from aggregator.store.rows import query, to_later_seconds, to_seconds


class Pings:
    """The pings' part of the store."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def show(self, hubs: tuple[str, ...], digests: Mapping[str, str]) -> None:
        """Write down what is visible: topics and the digests of their bytes. Hubs are told of no others."""
        given = {"hubs": json.dumps(hubs), "topics": json.dumps(list(digests))}
        self._db.execute(
            "DELETE FROM pings WHERE hub NOT IN (SELECT value FROM json_each(:hubs))"
            " OR topic NOT IN (SELECT value FROM json_each(:topics))",
            given,
        )
        self._db.conn.executemany(
            "INSERT INTO pings (hub, topic, digest) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET digest = excluded.digest",
            [(hub, topic, digest) for hub in hubs for topic, digest in digests.items()],
        )

    def due(self, *, now: datetime) -> tuple[Ping, ...]:
        """Return of what hubs are to be told by now, one topic a hub: they are told one at a time."""
        rows = query(
            self._db,
            "SELECT hub, min(topic) AS topic, digest FROM pings"
            " WHERE digest <> told AND next_attempt <= ? GROUP BY hub ORDER BY hub",
            [to_seconds(now)],
        )
        return tuple(Ping(**row) for row in rows)

    def failures(self, hub: str) -> int:
        """Return how often in a row a hub could not be told."""
        row = self._db.execute("SELECT max(failures) FROM pings WHERE hub = ?", [hub]).fetchone()
        return int(row[0] or 0)

    def pending(self) -> int:
        """Return how many there are that hubs were not told of."""
        return int(self._db.execute("SELECT count(*) FROM pings WHERE digest <> told").fetchone()[0])

    def told(self, ping: Ping) -> None:
        """Write down that a hub knows; what changed meanwhile it is told by another ping."""
        self._db.execute(
            "UPDATE pings SET told = ?, failures = 0, next_attempt = 0 WHERE hub = ? AND topic = ?",
            [ping.digest, ping.hub, ping.topic],
        )

    def postpone(self, hub: str, *, until: datetime) -> None:
        """Leave a hub alone for a while that could not be told."""
        self._db.execute(
            "UPDATE pings SET failures = failures + 1, next_attempt = ? WHERE hub = ? AND digest <> told",
            [to_later_seconds(until), hub],
        )

    def shift(self, by: timedelta) -> None:
        """Move all appointments, with a clock that was set."""
        self._db.execute(
            "UPDATE pings SET next_attempt = max(0, next_attempt + ?) WHERE next_attempt",
            [round(by.total_seconds())],
        )
