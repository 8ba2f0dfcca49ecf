"""A store is kept sound and small, backed up and put back; appointments survive a clock that is wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.errors import BusyError, DamagedError, StoreError
from aggregator.instance import only_one
from aggregator.settings import Output, Settings, Storage
from aggregator.store import Store, open_store
from aggregator.store.seal import Seal
from tests.world import (
    BRIDGE,
    BRIDGE_AGAIN,
    CHESS,
    DAY,
    HOUR,
    NOW,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    article,
    files_below,
    rss,
)

MONTH = 30 * DAY
BRIDGE_POST = Post(title="Bridge closed", text=BRIDGE, guid="urn:bridge", link="https://north.example/b")
AGAIN_POST = Post(title="Weeks of ferries", text=BRIDGE_AGAIN, guid="urn:again", link="https://n.example/a")
CHESS_POST = Post(title="Okonkwo wins in Lagos", text=CHESS, guid="urn:chess", link="https://n.example/c")


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.txt").write_text(article("Our headline", CHESS))
    north = a_source(origin.say("/north", rss(BRIDGE_POST)))
    return a_settings(tmp_path, north, a_source(id="seeds", path="seeds/*.txt"))


@pytest.fixture
def alone(settings: Settings) -> Iterator[Store]:
    with pipeline.open_alone(settings) as store:
        pipeline.prepare(store, settings, now=NOW)
        yield store


def published(settings: Settings) -> dict[str, bytes]:
    return files_below(pipeline.public_folder(settings))


def texts(settings: Settings) -> dict[str, tuple[bool, bool]]:
    """Return of each entry by its title whether text and HTML are there."""
    with closing(sqlite3.connect(pipeline.store_path(settings))) as connection:
        rows = connection.execute("SELECT title, text <> '', html <> '' FROM entries").fetchall()
    return {title: (bool(text), bool(html)) for title, text, html in rows}


# ---------------------------------------------------------------- backups


def test_a_restored_backup_publishes_identical_bytes(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    before, backup = published(settings), pipeline.new_backup(settings, now=NOW)
    pipeline.back_up(pipeline.store_path(settings), backup)
    origin.say("/north", rss(AGAIN_POST, CHESS_POST))
    a_round(settings, now=NOW + DAY)
    assert published(settings) != before
    aside, _, _ = pipeline.restore(settings, backup, now=NOW + DAY)
    assert published(settings) == before
    with open_store(aside, is_read_only=True) as old:
        assert old.entries.count() == 4


def test_after_a_restore_what_was_told_since_comes_in_again_with_its_ids(
    settings: Settings, origin: Origin
) -> None:
    a_round(settings)
    backup = pipeline.new_backup(settings, now=NOW)
    pipeline.back_up(pipeline.store_path(settings), backup)
    origin.say("/north", rss(AGAIN_POST, CHESS_POST))
    a_round(settings, now=NOW + DAY)
    before = published(settings)["atom.xml"]
    pipeline.restore(settings, backup, now=NOW + DAY)
    a_round(settings, now=NOW + DAY)
    assert published(settings)["atom.xml"] == before


def test_nothing_is_restored_under_a_running_aggregator(settings: Settings) -> None:
    a_round(settings)
    backup = pipeline.new_backup(settings, now=NOW)
    pipeline.back_up(pipeline.store_path(settings), backup)
    with only_one(Path(settings.data)), pytest.raises(BusyError):
        pipeline.restore(settings, backup, now=NOW)


def test_daily_backups_are_made_once_a_day_and_rotated(settings: Settings) -> None:
    a_round(settings)
    path = pipeline.store_path(settings)
    made = [pipeline.back_up_daily(path, settings, now=NOW + n * 6 * HOUR) for n in range(60)]
    assert sum(found is not None for found in made) == 15
    there = pipeline.backups_in(pipeline.backup_folder(settings))
    assert 8 <= len(there) <= 10
    for backup in there.values():
        with open_store(backup, is_read_only=True) as store:
            assert store.entries.count() == 2


@pytest.mark.parametrize("backups", [True, False])
@pytest.mark.parametrize("is_due", [True, False])
def test_a_store_that_was_trusted_is_read_through_whether_or_not_a_backup_is_due(
    settings: Settings, *, backups: bool, is_due: bool
) -> None:
    settings = replace(settings, storage=Storage(backups=backups))
    with pipeline.open_alone(settings, now=NOW):
        pass
    if not is_due:
        pipeline.back_up(pipeline.store_path(settings), pipeline.new_backup(settings, now=NOW))
    with pipeline.open_alone(settings, now=NOW + HOUR) as store:
        assert store.seal.is_trusted
        path = pipeline.store_path(settings)
        made = pipeline.look_after(path, settings, store.seal, now=NOW + HOUR)
        assert (made is not None) == (backups and is_due)
        assert store.seal == Seal(read=NOW + HOUR)


def test_without_room_for_a_backup_a_store_that_was_trusted_is_read_through_all_the_same(
    settings: Settings,
) -> None:
    settings = replace(settings, storage=Storage(least_free=10**18))
    with pipeline.open_alone(settings, now=NOW) as store:
        store.seal.is_trusted = True
        with pytest.raises(StoreError, match="no room"):
            pipeline.look_after(pipeline.store_path(settings), settings, store.seal, now=NOW + HOUR)
        assert store.seal == Seal(read=NOW + HOUR)


def test_a_restored_store_was_read_through(settings: Settings) -> None:
    with pipeline.open_alone(settings, now=NOW):
        pass
    backup = pipeline.new_backup(settings, now=NOW)
    pipeline.back_up(pipeline.store_path(settings), backup)
    pipeline.restore(settings, backup, now=NOW + DAY)
    with pipeline.open_alone(settings, now=NOW + DAY) as store:
        assert store.seal == Seal(read=NOW + DAY, is_trusted=True)


def test_files_of_another_name_are_not_rotated_away(settings: Settings) -> None:
    a_round(settings)
    folder = pipeline.backup_folder(settings)
    pipeline.back_up(pipeline.store_path(settings), folder / "aggregator-before-the-move.db")
    for day in range(15):
        pipeline.back_up_daily(pipeline.store_path(settings), settings, now=NOW + day * DAY)
    assert (folder / "aggregator-before-the-move.db").exists()


def test_backups_can_be_turned_off_and_moved(settings: Settings, tmp_path: Path) -> None:
    a_round(settings)
    off = replace(settings, storage=Storage(backups=False))
    assert pipeline.back_up_daily(pipeline.store_path(settings), off, now=NOW) is None
    moved = replace(settings, storage=Storage(backup_folder=str(tmp_path / "usb")))
    found = pipeline.back_up_daily(pipeline.store_path(settings), moved, now=NOW)
    assert found
    assert found.parent == tmp_path / "usb"


def test_a_backup_that_would_fill_the_disk_is_not_made(settings: Settings) -> None:
    a_round(settings)
    settings = replace(settings, storage=Storage(least_free=10**18))
    with pytest.raises(StoreError, match="no room for a backup"):
        pipeline.back_up_daily(pipeline.store_path(settings), settings, now=NOW)


# ---------------------------------------------------------------- a store that is gone


@pytest.mark.parametrize("harm", ["gone", "empty"])
def test_a_store_that_is_lost_is_not_taken_for_a_new_one(settings: Settings, harm: str) -> None:
    a_round(settings)
    before, path = published(settings), pipeline.store_path(settings)
    path.unlink()
    if harm == "empty":
        path.touch()
    with (
        pytest.raises(DamagedError, match=f"it is {harm}.*`aggregator restore`"),
        pipeline.open_alone(settings),
    ):
        pass
    assert published(settings) == before


# ---------------------------------------------------------------- retention


def aged(settings: Settings, origin: Origin) -> Settings:
    """Let an entry of a feed grow old, leave its document, and be no longer live."""
    a_round(settings)
    origin.say("/north", rss(replace(AGAIN_POST, at=NOW + MONTH)))
    a_round(settings, now=NOW + MONTH)
    return replace(settings, storage=Storage(keep=20 * DAY))


def tidied(settings: Settings) -> int:
    with pipeline.open_alone(settings) as store:
        return pipeline.tidy(store, settings, now=NOW + MONTH)


def test_nothing_is_let_go_unless_asked_for(settings: Settings, origin: Origin) -> None:
    aged(settings, origin)
    assert tidied(settings) == 0


def test_an_old_entry_loses_its_text_and_what_is_published_stays(settings: Settings, origin: Origin) -> None:
    settings = aged(settings, origin)
    before = published(settings)
    assert tidied(settings) == 1
    assert texts(settings) == {
        "Bridge closed": (False, False),
        "Our headline": (True, True),  # a local article
        "Weeks of ferries": (True, True),  # new
    }
    with pipeline.open_alone(settings) as store:
        pipeline.publish(store, settings, is_afresh=True)
    assert published(settings) == before
    assert tidied(settings) == 0


def test_what_was_let_go_never_comes_back_as_new(settings: Settings, origin: Origin) -> None:
    settings = aged(settings, origin)
    tidied(settings)
    origin.say("/north", rss(BRIDGE_POST))
    assert a_round(settings, now=NOW + MONTH + DAY).reports["north"].new == 0


def test_what_is_still_in_its_feed_keeps_its_text(settings: Settings, origin: Origin) -> None:
    a_round(settings)
    later = replace(AGAIN_POST, at=NOW + MONTH)
    origin.say("/north", rss(later, BRIDGE_POST))
    a_round(settings, now=NOW + MONTH)
    assert tidied(replace(settings, storage=Storage(keep=20 * DAY))) == 0


def test_what_is_published_whole_keeps_its_html(settings: Settings, origin: Origin) -> None:
    settings = replace(aged(settings, origin), outputs=(Output(name="whole", full_text=True),))
    assert tidied(settings) == 1
    assert texts(settings)["Bridge closed"] == (False, True)
    assert tidied(settings) == 0


def test_the_room_of_what_is_let_go_is_given_back(settings: Settings, origin: Origin) -> None:
    posts = [Post(title=f"Post {n}", text=f"{n} {CHESS} " * 40, guid=f"urn:{n}") for n in range(60)]
    origin.say("/north", rss(*posts))
    settings = aged(settings, origin)
    with pipeline.open_alone(settings) as store:
        store.checkpoint()
        before = pipeline.store_path(settings).stat().st_size
        assert pipeline.tidy(store, settings, now=NOW + MONTH) == 60
        store.checkpoint()
    assert pipeline.store_path(settings).stat().st_size < 0.7 * before


# ---------------------------------------------------------------- clocks


def dues(store: Store) -> dict[str, timedelta]:
    return {source_id: due - NOW for source_id, due in store.sources.appointments().items()}


def test_appointments_that_no_rule_makes_are_brought_near(settings: Settings, alone: Store) -> None:
    alone.sources.appoint({"north": NOW + 3650 * DAY, "seeds": NOW + HOUR})
    pipeline.tidy(alone, settings, now=NOW)
    assert timedelta(0) <= dues(alone)["north"] <= HOUR
    assert dues(alone)["seeds"] == HOUR


def test_a_week_that_a_source_asked_for_is_kept(settings: Settings, alone: Store) -> None:
    alone.sources.appoint({"north": NOW + 7 * DAY})
    pipeline.tidy(alone, settings, now=NOW)
    assert dues(alone)["north"] == 7 * DAY


def test_sources_that_are_mended_together_are_spread(settings: Settings, tmp_path: Path) -> None:
    sources = [a_source(f"https://{n}.example/feed", id=f"s{n}") for n in range(200)]
    settings = replace(settings, sources=tuple(sources))
    with pipeline.open_alone(settings) as store:
        pipeline.prepare(store, settings, now=NOW + 3650 * DAY)
        pipeline.tidy(store, settings, now=NOW)
        within = sorted(dues(store).values())
    assert HOUR * 0.4 < within[100] < HOUR * 0.6
    assert sum(due < timedelta(minutes=5) for due in within) < 40


@pytest.mark.parametrize("by", [HOUR, -HOUR, 3650 * DAY, -3650 * DAY])
def test_appointments_move_with_a_clock_that_is_set(settings: Settings, alone: Store, by: timedelta) -> None:
    alone.sources.appoint({"north": NOW + 50 * timedelta(minutes=1), "seeds": NOW})
    pipeline.move_clock(alone, by=by, now=NOW + by)
    assert dues(alone) == {"north": by + 50 * timedelta(minutes=1), "seeds": by}


def test_nothing_has_happened_in_the_future(settings: Settings) -> None:
    a_round(settings, now=NOW + 3650 * DAY)
    with pipeline.open_alone(settings) as store:
        pipeline.tidy(store, settings, now=NOW)
        assert store.shown.as_of() == NOW
