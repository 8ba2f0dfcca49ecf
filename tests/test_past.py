"""The past decided anew: what would be otherwise, and what is once it is kept."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.model import Arrival, Backtest
from aggregator.settings import Override, Publish, Settings, Stories
from aggregator.store import Store, open_store
from aggregator.store.rows import Row
from aggregator.text import slug
from tests.world import DAY, a_name, a_settings, a_source, a_state, an_entry, under

STREAM = Path(__file__).parent / "data" / "stories" / "stream.jsonl"
ROWS = [json.loads(line) for line in STREAM.read_text(encoding="utf-8").splitlines()]
ROUND, BEFORE_THE_LAST, IN_ALL = 40, 240, 280  # entries
PUBLISHED_AFTER = (120, 240)
ARTICLE = 30  # the row that is a local article

TABLES = ("entries", "stories", "decisions", "relations", "live", "memory", "story_aliases")


def when(row: Row) -> datetime:
    return datetime.fromtimestamp(row["ts"], UTC)


def arrival_of(row: Row) -> Arrival:
    """Make an entry of a line of the labelled stream."""
    entry = an_entry(
        row["id"],
        id=a_name(row["id"]),
        source_id=slug(row["publisher"]),
        url=row["url"],
        title=row["title"],
        text=row["summary"],
        is_article=row is ROWS[ARTICLE],
    )
    return Arrival(entry=entry, date=when(row), updated=when(row))


def take_in(store: Store, settings: Settings, rows: Sequence[Row]) -> None:
    """Store entries and group them, as `run --once` does."""
    with store.transaction():
        for row in rows:
            arrival = arrival_of(row)
            store.entries.add([under(arrival, f"urn:{arrival.entry.id}")], first_seen=when(row))
    desk = pipeline.open_desk(store, settings)
    pipeline.regroup(store, desk, now=when(rows[-1]))
    pipeline.save_desk(store, desk)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that took the stream in by rounds, each by a desk of its own, and published."""
    folder = tmp_path_factory.mktemp("lived")
    settings = settings_in(folder)
    with open_store(pipeline.store_path(settings)) as store:
        with store.transaction():
            names = sorted({slug(row["publisher"]) for row in ROWS})
            states = (a_state(name, priority=number % 3) for number, name in enumerate(names))
            store.sources.configure(states, paused=frozenset())
        for start in range(0, BEFORE_THE_LAST, ROUND):
            take_in(store, settings, ROWS[start : start + ROUND])
            if start + ROUND in PUBLISHED_AFTER:
                pipeline.publish(store, settings)
    return folder


@pytest.fixture
def settings(lived: Path, tmp_path: Path) -> Settings:
    """Settings over a copy of that folder."""
    found = settings_in(tmp_path)
    Path(found.data).mkdir()
    shutil.copy(lived / "data" / "aggregator.db", pipeline.store_path(found))
    return found


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(pipeline.store_path(settings)) as opened:
        yield opened


def settings_in(folder: Path) -> Settings:
    return a_settings(folder, a_source("https://north.example/feed"), publish=Publish(limit=60))


def ruled(settings: Settings, *overrides: Override) -> Settings:
    return replace(settings, stories=replace(settings.stories, overrides=overrides))


def look(store: Store, stories: Stories) -> Backtest:
    return pipeline.backtest(store, stories, watch=iter)


def keep(settings: Settings, *, days: int = 30) -> Backtest:
    """Apply settings to the past, some days after the last entry."""
    now = when(ROWS[-1]) + timedelta(days=days)
    with pipeline.open_past(settings) as (store, of):
        return pipeline.rewrite(store, settings.stories, of=of, now=now, watch=iter)


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {table: store._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}


def rows(store: Store, question: str, *values: object) -> list[tuple[Any, ...]]:
    found = store._db.execute(question, list(values)).fetchall()
    return [tuple(row) for row in found]


def stories(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for story_id, entry_id in rows(store, "SELECT story_id, id FROM entries WHERE story_id IS NOT NULL"):
        found.setdefault(story_id, set()).add(entry_id)
    return found


def two_published(store: Store) -> list[tuple[str, str, str]]:
    """Return (story, lead, guid) of two stories of several entries that went out, the older first."""
    return rows(
        store,
        "SELECT stories.id, lead_id, guid FROM stories JOIN entries ON entries.id = lead_id"
        " JOIN decisions ON entry_id = stories.id WHERE published AND copy_of = ''"
        " AND (SELECT count(*) FROM entries WHERE story_id = stories.id) > 2 ORDER BY n LIMIT 2",
    )


def guids(store: Store) -> set[str]:
    return {
        row[0]
        for row in rows(
            store, "SELECT guid FROM entries JOIN stories ON lead_id = entries.id WHERE published"
        )
    }


def together(store: Store, *story_ids: str) -> Override:
    """Make an override that makes one story of all entries of some."""
    known = stories(store)
    return Override(action="merge", ids=tuple(sorted(set().union(*(known[one] for one in story_ids)))))


# ---------------------------------------------------------------- looking


def test_a_store_that_was_never_edited_is_replayed_without_a_difference(
    store: Store, settings: Settings
) -> None:
    report = look(store, settings.stories)
    assert {name: finding.count for name, finding in report.differences.items() if finding.count} == {}
    assert report.entries == BEFORE_THE_LAST
    assert report.before == report.after == report.kept == len(stories(store))
    assert report.copies == rows(store, "SELECT count(*) FROM entries WHERE copy_of <> ''")[0][0]


@pytest.mark.parametrize(
    ("change", "grown"),
    [
        pytest.param({"joins": 9.0}, "split", id="joins"),
        pytest.param({"copies": 2.0}, "copies lost", id="copies"),
        pytest.param({"window": timedelta(hours=1)}, "split", id="window"),
    ],
)
def test_a_change_shows_in_counts_and_examples(
    store: Store, settings: Settings, change: dict[str, Any], grown: str
) -> None:
    before = everything(store)
    finding = look(store, replace(settings.stories, **change)).differences[grown]
    assert finding.count > 0
    assert 0 < len(finding.examples) <= 5
    for example in finding.examples:
        assert len(example) >= 2
        assert all(0 < len(cluster.entries) <= min(3, cluster.size) for cluster in example)
    assert everything(store) == before


def test_an_entry_that_would_move_is_shown_with_its_company_then_and_now(
    store: Store, settings: Settings
) -> None:
    (story, _, _), _ = two_published(store)
    members = stories(store)[story]
    mover = max(members - {story})
    changed = ruled(settings, Override(action="never", ids=(mover,)))
    (entry, was, now), *_ = (
        example
        for example in look(store, changed.stories).moved.examples
        if example[0].entries[0].entry_id == mover
    )
    assert (entry.size, was.size, now.size) == (1, len(members) - 1, 0)
    assert {brief.entry_id for brief in was.entries} <= members - {mover}


def test_entries_that_were_not_placed_yet_are_left_alone(store: Store, settings: Settings) -> None:
    arrival = arrival_of(ROWS[-1])
    with store.transaction():
        store.entries.add([under(arrival, "urn:last")], first_seen=when(ROWS[-1]))
    assert look(store, settings.stories).entries == BEFORE_THE_LAST
    keep(settings)
    assert [brief.entry_id for brief in store.entries.unplaced(limit=10)] == [arrival.entry.id]


# ---------------------------------------------------------------- keeping


def test_keeping_what_is_no_different_changes_nothing(store: Store, settings: Settings) -> None:
    before = everything(store)
    keep(settings)
    assert everything(store) == before


def test_keeping_twice_changes_nothing(store: Store, settings: Settings) -> None:
    changed = ruled(settings, together(store, *(story for story, _, _ in two_published(store))))
    keep(changed, days=30)
    once = everything(store)
    report = keep(changed, days=31)
    assert {name: finding.count for name, finding in report.differences.items() if finding.count} == {}
    assert everything(store) == once


def test_a_merge_makes_one_story_that_keeps_its_lead_and_an_alias_of_the_other(
    store: Store, settings: Settings
) -> None:
    (old, lead, guid), (young, _, other_guid) = two_published(store)
    members = stories(store)[old] | stories(store)[young]
    out = guids(store)
    clean(store)
    changed = ruled(settings, together(store, old, young))
    keep(changed)
    assert stories(store)[old] >= members
    assert young not in stories(store)
    assert rows(store, "SELECT lead_id, published, is_dirty FROM stories WHERE id = ?", old) == [(lead, 1, 1)]
    since = int((when(ROWS[-1]) + 30 * DAY).timestamp())
    asked = "SELECT story_id, was_published, guid, since FROM story_aliases WHERE old_id = ?"
    assert rows(store, asked, young) == [(old, 1, other_guid, since)]
    assert (
        json.loads(rows(store, "SELECT because FROM story_aliases WHERE old_id = ?", young)[0][0])["rung"]
        == "rule"
    )
    assert guid in guids(store)
    assert guids(store) == out - {other_guid}


def test_a_merge_moves_all_that_belongs_to_the_stories_it_names(store: Store, settings: Settings) -> None:
    (old, _, _), (young, _, _) = two_published(store)
    members = stories(store)[old] | stories(store)[young]
    copies = rows(store, "SELECT id, copy_of FROM entries WHERE copy_of <> '' ORDER BY id")
    changed = ruled(settings, Override(action="merge", ids=(old, young)))
    keep(changed)
    assert stories(store)[old] >= members
    assert rows(store, "SELECT id, copy_of FROM entries WHERE copy_of <> '' ORDER BY id") == copies
    once = everything(store)
    keep(changed)
    assert everything(store)["entries"] == once["entries"]


def test_the_id_of_a_story_that_was_merged_leaves_a_tombstone_until_it_lives_again(
    store: Store, settings: Settings
) -> None:
    (old, _, _), (young, _, guid) = two_published(store)
    keep(ruled(settings, together(store, old, young)))
    assert rows(store, "SELECT 1 FROM tombstones WHERE ref = ?", guid)
    keep(settings)
    assert guid in guids(store)
    assert not rows(store, "SELECT 1 FROM tombstones WHERE ref = ?", guid)


def test_only_pages_that_show_something_else_are_rendered_again(store: Store, settings: Settings) -> None:
    (old, _, _), (young, _, _) = two_published(store)
    clean(store)
    before = pages(store)
    keep(ruled(settings, together(store, old, young)))
    after = pages(store)
    dirty = set(store.shelf.dirty())
    assert old in dirty
    assert {story for story in after if before.get(story) != after[story]} <= dirty
    assert len(dirty) < len(after) / 2


def test_a_merge_that_is_taken_back_leaves_all_as_it_was(store: Store, settings: Settings) -> None:
    clean(store)
    known, out, aliases = stories(store), guids(store), rows(store, "SELECT old_id FROM story_aliases")
    leads = rows(store, "SELECT id, lead_id, date, published FROM stories ORDER BY id")
    keep(ruled(settings, together(store, *(story for story, _, _ in two_published(store)))))
    assert (stories(store), guids(store)) != (known, out)
    keep(settings)
    assert (stories(store), guids(store)) == (known, out)
    assert rows(store, "SELECT id, lead_id, date, published FROM stories ORDER BY id") == leads
    assert set(aliases) <= set(rows(store, "SELECT old_id FROM story_aliases"))


def test_a_split_takes_entries_out_into_a_story_of_their_own(store: Store, settings: Settings) -> None:
    (story, lead, guid), _ = two_published(store)
    leaving = sorted(stories(store)[story] - {story, lead})[:2]
    keep(ruled(settings, Override(action="split", ids=tuple(leaving))))
    (found,) = ((one, members) for one, members in stories(store).items() if members & set(leaving))
    assert found[0] in leaving
    assert found[1] >= set(leaving)
    assert not found[1] & {story, lead}
    assert guid in guids(store)
    because = rows(store, "SELECT DISTINCT rung, veto FROM decisions WHERE entry_id IN (?, ?)", *leaving)
    assert because == [("rule", "overrides[0]: split")]


def test_the_part_with_the_lead_that_went_out_is_published_under_it(store: Store, settings: Settings) -> None:
    ((story, lead),) = rows(
        store, "SELECT id, lead_id FROM stories WHERE published AND id <> lead_id ORDER BY id LIMIT 1"
    )
    out = guids(store)
    keep(ruled(settings, Override(action="never", ids=(lead,))))
    assert stories(store)[lead] == {lead}
    asked = "SELECT published, lead_id, is_dirty FROM stories WHERE id = ?"
    assert rows(store, asked, lead) == [(1, lead, 1)]
    assert rows(store, asked, story) == [(0, story, 1)]
    assert guids(store) == out


def test_what_is_kept_can_be_published_and_goes_on(store: Store, settings: Settings) -> None:
    """After a replay the desk that is opened anew decides as the one that was there all the time."""
    changed = ruled(settings, together(store, *(story for story, _, _ in two_published(store))))
    keep(changed)
    take_in(store, changed, ROWS[BEFORE_THE_LAST:IN_ALL])
    pipeline.publish(store, changed)
    assert rows(store, "PRAGMA foreign_key_check") == []
    report = look(store, changed.stories)
    assert report.entries == IN_ALL
    assert {name: finding.count for name, finding in report.differences.items() if finding.count} == {}


def test_copies_of_what_was_taken_down_do_not_trouble_a_replay(store: Store, settings: Settings) -> None:
    ((copied,),) = rows(store, "SELECT copy_of FROM entries WHERE copy_of <> '' ORDER BY seq LIMIT 1")
    with store.transaction():
        store.takedowns.ask("entry", copied)
        store.takedowns.carry_out(at=when(ROWS[-1]))
    assert copied not in look(store, replace(settings.stories, copies=0.9)).differences


def test_a_replay_that_fails_leaves_the_store_as_it_was(store: Store, settings: Settings) -> None:
    before = everything(store)

    def fail(steps: Iterable[Any]) -> Iterator[Any]:
        for number, step in enumerate(steps):
            if number == 200:
                raise RuntimeError("power cut")
            yield step

    with pipeline.open_past(settings) as (writing, of), pytest.raises(RuntimeError, match="power cut"):
        pipeline.rewrite(writing, settings.stories, of=of, now=when(ROWS[-1]), watch=fail)
    assert everything(store) == before


def clean(store: Store) -> None:
    with store.transaction():
        store._db.execute("UPDATE stories SET is_dirty = 0")


def pages(store: Store) -> dict[str, Any]:
    """Return what the page of each published story shows."""
    return {
        story: store.shelf.record(story) for (story,) in rows(store, "SELECT id FROM stories WHERE published")
    }
