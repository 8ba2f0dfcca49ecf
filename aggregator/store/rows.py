"""Between rows and nouns: times, JSON, and the fields of an entry that have no column."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from aggregator.errors import Cause
from aggregator.model import (
    Attribution,
    Coverage,
    Enclosure,
    Entry,
    Extra,
    FeedInfo,
    Habits,
    Hints,
    Link,
    Move,
    Origin,
    Person,
    SourceCard,
    SourceState,
    Trouble,
    Validators,
)
from aggregator.text import fold

Row = dict[str, Any]

FAR = 2**62  # seconds
MOST_KEPT = 20_000  # of what sources say of themselves, which seldom changes and is read at each publish
MOST_ROWS = 20  # of one statement: for each number of them one is kept, with what it was last given

_MORE = (
    "claimed",
    "has_full_text",
    "published",
    "source_updated",
    "authors",
    "contributors",
    "categories",
    "enclosures",
    "links",
    "extras",
    "comments",
    "language",
    "rights",
    "origin",
    "attribution",
)


def to_seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def to_later_seconds(moment: datetime) -> int:
    """Return the first whole second that is not before a moment: nothing is due a fraction too early."""
    return -int(-moment.timestamp() // 1)


def span_of(since: datetime | None, until: datetime | None) -> Row:
    """Return the bounds of dates that a query asks for; open ends lie beyond all there can be."""
    return {
        "since": to_later_seconds(since) if since else -FAR,
        "until": to_later_seconds(until) if until else FAR,
    }


def to_moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def to_json(value: Any) -> str:
    """Write compact JSON, without what is empty in a noun."""
    return _ENCODER.encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    parts = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
    return {name: part for name, part in parts if not _is_nothing(part)}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _is_nothing(part: object) -> bool:
    return not part and (part is None or part is False or part in ("", (), []))


def query(db: Database, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Iterator[Row]:
    """Yield the rows of a query, each by the names of its columns; the query itself runs at once.

    sqlite-utils' own opens a savepoint for every query, in case it writes: twice what a short one costs.
    """
    cursor = db.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def insertion(table: str, row: Iterable[str]) -> str:
    """Return the statement that inserts a row, its values by the names of its columns.

    sqlite-utils looks at the schema and opens a savepoint for every row: twice what the row itself costs.
    """
    names = list(row)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"


def insert_all(db: Database, table: str, rows: Sequence[Row], *, then: str = "") -> None:
    """Insert rows that fill the same columns in the same order, many by one statement.

    Of every page that a statement changes SQLite writes a copy first, in case a constraint stops it half-way:
    a row at a time costs half as much again.

    Args:
        then: what is to be done where a row is there already.
    """
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        places = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        values = [value for row in some for value in row.values()]
        db.execute(f"INSERT INTO {table} ({', '.join(some[0])}) VALUES {places} {then}", values)


def entry_row(entry: Entry) -> Row:
    """Return the columns that an entry fills, those about its time and place aside."""
    more = {name: getattr(entry, "updated" if name == "source_updated" else name) for name in _MORE}
    return {
        "url": entry.url,
        "title": entry.title,
        "html": entry.html,
        "text": entry.text,
        "summary": entry.summary,
        "digest": entry.digest,
        "is_article": int(entry.is_article),
        "title_key": fold(entry.title),
        "attribution_key": fold(entry.attribution.title) if entry.attribution else "",
        "more": to_json({name: value for name, value in more.items() if not _is_nothing(value)}),
    }


def to_entry(row: Row, keys: tuple[str, ...] = ()) -> Entry:
    more = json.loads(row["more"])
    origin, attribution = more.get("origin"), more.get("attribution")
    return Entry(
        id=row["id"],
        source_id=row["source_id"],
        keys=keys,
        guid=row["guid"],
        claimed=more.get("claimed", ""),
        url=row["url"],
        title=row["title"],
        html=row["html"],
        text=row["text"],
        summary=row["summary"],
        has_full_text=more.get("has_full_text", False),
        published=claimed(more.get("published")),
        updated=claimed(more.get("source_updated")),
        authors=tuple(Person(**person) for person in more.get("authors", ())),
        categories=tuple(more.get("categories", ())),
        contributors=tuple(Person(**person) for person in more.get("contributors", ())),
        enclosures=tuple(Enclosure(**enclosure) for enclosure in more.get("enclosures", ())),
        links=tuple(Link(**link) for link in more.get("links", ())),
        extras=tuple(map(_extra, more.get("extras", ()))),
        comments=more.get("comments", ""),
        language=more.get("language", ""),
        rights=more.get("rights", ""),
        origin=_origin(origin) if origin is not None else None,
        attribution=_attribution(attribution) if attribution is not None else None,
        is_article=bool(row["is_article"]),
        digest=row["digest"],
    )


def _extra(value: Row) -> Extra:
    return Extra(
        name=value["name"],
        text=value.get("text", ""),
        attributes=tuple((name, given) for name, given in value.get("attributes", ())),
        children=tuple(map(_extra, value.get("children", ()))),
    )


def _origin(value: Row) -> Origin:
    return Origin(
        **value
        | {
            "authors": tuple(Person(**person) for person in value.get("authors", ())),
            "updated": claimed(value.get("updated")),
        }
    )


def _attribution(value: Row) -> Attribution:
    day = value.get("published")
    return Attribution(title=value["title"], published=date.fromisoformat(day) if day else None)


def to_line(value: Row) -> Coverage:
    return Coverage(**value | {"url": value.get("url", ""), "date": datetime.fromisoformat(value["date"])})


def claimed(text: str | None) -> datetime | None:
    """Read a moment that a source claims."""
    return datetime.fromisoformat(text) if text else None


@lru_cache(MOST_KEPT)
def to_feed(text: str) -> FeedInfo:
    value = json.loads(text)
    return FeedInfo(
        **value
        | {
            "authors": tuple(Person(**person) for person in value.get("authors", ())),
            "categories": tuple(value.get("categories", ())),
            "hubs": tuple(value.get("hubs", ())),
            "skip_hours": tuple(value.get("skip_hours", ())),
            "skip_days": tuple(value.get("skip_days", ())),
            "updated": claimed(value.get("updated")),
        }
    )


def habits_row(habits: Habits) -> str:
    move, since = habits.move, habits.failing_since
    return to_json(
        {
            "hints": habits.hints,
            "moments": [to_seconds(moment) for moment in habits.moments],
            "move": [move.chain, to_seconds(move.since), move.times] if move else None,
            "failing_since": to_seconds(since) if since else None,
            "because": habits.because,
            "unpushed": to_later_seconds(habits.unpushed) if habits.unpushed else None,
        }
    )


@lru_cache(MOST_KEPT)
def to_habits(text: str) -> Habits:
    value = json.loads(text)
    move, since, unpushed = value.get("move"), value.get("failing_since"), value.get("unpushed")
    return Habits(
        hints=Hints(**value.get("hints", {})),
        moments=tuple(map(to_moment, value.get("moments", ()))),
        move=Move(chain=tuple(move[0]), since=to_moment(move[1]), times=move[2]) if move else None,
        failing_since=to_moment(since) if since is not None else None,
        because=value.get("because", ""),
        unpushed=to_moment(unpushed) if unpushed is not None else None,
    )


def to_source(row: Row) -> SourceState:
    return SourceState(
        id=row["id"],
        kind=row["kind"],
        address=row["address"],
        name=row["name"],
        tags=tuple(json.loads(row["tags"])),
        priority=row["priority"],
        is_full_text=bool(row["is_full_text"]),
        is_configured=bool(row["is_configured"]),
        is_paused=bool(row["is_paused"]),
        feed=to_feed(row["feed"]),
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
        body_digest=row["body_digest"],
        known=json.loads(row["known"]),
        next_due=to_moment(row["next_due"]),
        last_tried=to_moment(row["last_tried"]) if row["last_tried"] is not None else None,
        last_success=to_moment(row["last_success"]) if row["last_success"] is not None else None,
        failures=row["failures"],
        troubles=tuple(
            Trouble(**trouble | {"cause": Cause(trouble["cause"])}) for trouble in json.loads(row["troubles"])
        ),
        moved_to=row["moved_to"],
        stopped=row["stopped"],
        habits=to_habits(row["habits"]),
        entries=row.get("entries", 0),
    )


def to_card(row: Row) -> SourceCard:
    """Return what a published entry says of a source, from its row."""
    return SourceCard.of(
        to_feed(row["feed"]),
        source_id=row["id"],
        kind=row["kind"],
        address=row["address"],
        name=row["name"],
        is_configured=bool(row["is_configured"]),
    )
