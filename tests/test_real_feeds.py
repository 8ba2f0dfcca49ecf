"""Real documents: what the wild sends is read, is safe, and stays what it was.

The small set lies in `tests/data/feeds`. The full one, and real feeds through time, are run with
`pytest -m full` where the collection lies beside the project.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.errors import ParseError
from aggregator.harvest import read
from aggregator.model import Document, Entry, Fetched, FetchJob, Parsed
from aggregator.normalize import normalize
from aggregator.parse import parse
from aggregator.sanitize import sanitize_html
from aggregator.settings import Settings, Site, Source
from aggregator.store import open_store
from aggregator.text import has_markup

HERE = Path(__file__).parent
SMALL = HERE / "data" / "feeds"
SHARED = HERE.parent.parent / "shared" / "data"

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_all(path: Path, address: str) -> tuple[Parsed, tuple[Entry, ...]]:
    document = Document(address=address, body=gzip.decompress(path.read_bytes()))
    parsed = parse(document)
    return parsed, normalize(parsed, document, source_id="x", known={}).entries


def flaws(entry: Entry) -> Iterator[str]:
    if not entry.title.strip() or "\n" in entry.title:
        yield f"title {entry.title!r}"
    for address in (entry.url, entry.comments, *(enclosure.url for enclosure in entry.enclosures)):
        if address and not address.startswith(("http://", "https://", "mailto:")):
            yield f"address {address!r}"
    if sanitize_html(entry.html) != entry.html:
        yield f"html that is not settled: {entry.html[:200]!r}"
    for moment in (entry.published, entry.updated):
        if moment and moment.tzinfo is not UTC:
            yield f"date {moment!r}"
    if not entry.keys:
        yield "no key"
    if has_markup(entry.title) and "<" in entry.title and "</" in entry.title:
        yield f"markup in the title {entry.title!r}"


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row["file"]) for row in rows_of(SMALL / "MANIFEST.tsv")]
)
def test_a_real_document_is_read_as_it_was_before(row: Row) -> None:
    parsed, entries = read_all(SMALL / row["file"], "https://origin.example/feed")
    first = entries[0]
    date = first.published or first.updated

    assert not [flaw for entry in entries for flaw in flaws(entry)]
    assert (parsed.version, parsed.encoding, str(len(entries))) == (
        row["version"],
        row["encoding"],
        row["entries"],
    )
    assert (parsed.feed.title, first.title[:80]) == (row["feed_title"], row["first_title"])
    assert (first.url, date.isoformat() if date else "") == (row["first_url"], row["first_date"])


def test_reading_again_gives_the_same(tmp_path: Path) -> None:
    for row in rows_of(SMALL / "MANIFEST.tsv"):
        assert read_all(SMALL / row["file"], "") == read_all(SMALL / row["file"], "")


# ---------------------------------------------------------------- the full collection

needs_collection = pytest.mark.skipif(not SHARED.exists(), reason="the collection is not beside the project")


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(900)
def test_every_document_of_the_collection_is_read_or_refused_with_a_reason() -> None:
    found, refused = {}, {}
    for row in rows_of(SHARED / "feeds" / "MANIFEST.tsv"):
        try:
            _, entries = read_all(SHARED / "feeds" / "docs" / row["file"], row["feed_url"])
        except ParseError as error:
            refused[row["file"]] = str(error)
            continue
        if wrong := [flaw for entry in entries for flaw in flaws(entry)]:
            found[row["file"]] = wrong[:3]

    assert not found
    assert not {file: reason for file, reason in refused.items() if ": " not in reason}


# Headlines without ids, all at one address, `https://meduza.io/`: that is no evidence, and its 72 different
# headlines are 72 entries, not one.
SAME_LINK = {"series/rss-parser/meduza": 72}


@pytest.mark.full
@needs_collection
@pytest.mark.timeout(3600)  # one series has 46,000 items
@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row["feed"]) for row in rows_of(SHARED / "series" / "EXPECTED_COUNTS.tsv")],
)
def test_a_feed_through_time_neither_doubles_nor_loses(row: Row, tmp_path: Path) -> None:
    snapshots = [
        snapshot
        for snapshot in rows_of(SHARED / "series" / "SERIES.tsv")
        if snapshot["file"].rpartition("/")[0] == row["feed"]
    ]
    snapshots.sort(key=lambda snapshot: snapshot["commit_time_utc"])
    expected = SAME_LINK.get(row["feed"], int(row["merged"]))

    once = replayed(snapshots, tmp_path)
    again = replayed(snapshots, tmp_path)

    assert again == once
    assert abs(once - expected) <= expected / 100


def replayed(snapshots: list[Row], folder: Path) -> int:
    """Take in a feed's snapshots in order; return how many entries are stored."""
    source = Source(id="series", url="https://origin.example/feed")
    settings = Settings(site=Site(url="http://127.0.0.1/"), sources=(source,), data=str(folder))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=datetime(2020, 1, 1, tzinfo=UTC))
        for snapshot in snapshots:
            state = store.sources.get("series")
            address = snapshot["feed_url"] or source.url
            job = FetchJob(
                source_id="series",
                kind="http",
                address=address,
                known=state.known,
                body_digest=state.body_digest,
            )
            body = gzip.decompress((SHARED / snapshot["file"]).read_bytes())
            harvest = read(job, Fetched(documents=(Document(address=address, body=body),)))
            moment = datetime.strptime(snapshot["commit_time_utc"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            pipeline.take_in(store, settings, harvest, now=moment)
        return store.entries.count()
