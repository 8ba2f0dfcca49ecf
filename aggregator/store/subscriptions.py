"""What is agreed with the hubs that push sources to us."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Keys, Subscription
from aggregator.store.rows import Row, query, to_later_seconds, to_moment


class Subscriptions:
    """The subscriptions' part of the store. What it holds opens our door: it is shown to nobody."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> tuple[Subscription, ...]:
        """Return every subscription, those of a source together, the oldest first."""
        return self._read("")

    def of(self, source_id: str) -> tuple[Subscription, ...]:
        return self._read("WHERE source_id = :value", source_id)

    def get(self, token: str) -> Subscription | None:
        return next(iter(self._read("WHERE token = :value", token)), None)

    def due(self, *, now: datetime) -> tuple[Subscription, ...]:
        """Return those about which a hub is to be told something by now."""
        return self._read("WHERE state <> 'live' AND next_attempt <= :value", to_later_seconds(now))

    def put(self, source_id: str, subscriptions: Iterable[Subscription]) -> None:
        """Write down what there is of a source, in place of what there was."""
        self._db.execute("DELETE FROM subscriptions WHERE source_id = ?", [source_id])
        self._db.table("subscriptions").insert_all(map(_row, subscriptions))

    def doubt(self, source_id: str = "") -> None:
        """Rely on no hub, or on none of a source's, until it pushes something."""
        self._db.execute(
            "UPDATE subscriptions SET is_doubted = 1 WHERE source_id = :id OR :id = ''", {"id": source_id}
        )

    def shift(self, by: timedelta) -> None:
        """Move all appointments and leases, with a clock that was set."""
        self._db.execute(
            "UPDATE subscriptions SET lease_until = max(0, lease_until + :by),"
            " next_attempt = max(0, next_attempt + :by)",
            {"by": round(by.total_seconds())},
        )

    def _read(self, condition: str, value: object = None) -> tuple[Subscription, ...]:
        rows = query(
            self._db,
            f"SELECT * FROM subscriptions {condition} ORDER BY source_id, lease_until IS NULL, lease_until",
            {"value": value},
        )
        return tuple(map(_subscription, rows))


def _row(s: Subscription) -> Row:
    return {
        "token": s.keys.token,
        "secret": s.keys.secret,
        "source_id": s.source_id,
        "hub": s.hub,
        "topic": s.topic,
        "callback": s.callback,
        "allow_private": int(s.allow_private),
        "state": s.state,
        "lease_until": int(s.lease_until.timestamp()) if s.lease_until else None,
        "next_attempt": to_later_seconds(s.next_attempt),
        "attempts": s.attempts,
        "trouble": s.trouble,
        "is_doubted": int(s.is_doubted),
    }


def _subscription(row: Row) -> Subscription:
    lease = row["lease_until"]
    return Subscription(
        keys=Keys(token=row["token"], secret=row["secret"]),
        source_id=row["source_id"],
        hub=row["hub"],
        topic=row["topic"],
        callback=row["callback"],
        allow_private=bool(row["allow_private"]),
        state=row["state"],
        lease_until=to_moment(lease) if lease is not None else None,
        next_attempt=to_moment(row["next_attempt"]),
        attempts=row["attempts"],
        trouble=row["trouble"],
        is_doubted=bool(row["is_doubted"]),
    )
