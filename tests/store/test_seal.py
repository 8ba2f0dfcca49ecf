"""A store that was closed in good order is trusted when it is opened next; in all other cases it is read."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.errors import DamagedError
from aggregator.store import open_sealed, open_store
from aggregator.store.seal import READ_EVERY, Seal
from tests.world import DAY, HOUR, NOW, a_state

SECOND = timedelta(seconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that was read through and closed in good order."""
    found = tmp_path / "store.db"
    with open_sealed(found, now=NOW) as store, store.transaction():
        store.sources.configure([a_state(f"s{n}", name="x" * 200) for n in range(200)], paused=frozenset())
    return found


def seal_of(path: Path) -> Path:
    return path.with_suffix(".seal")


def is_trusted(path: Path, *, now: datetime | None = NOW + HOUR) -> bool:
    with open_sealed(path, now=now) as store:
        return store.seal.is_trusted


def flip(path: Path) -> None:
    """Change a byte that means nothing (SQLite, "Database File Format", 1.3: reserved for expansion)."""
    with path.open("r+b") as file:
        file.seek(80)
        file.write(b"!")


def touched_as_before(path: Path) -> None:
    """Change a byte, and give the file the time it had."""
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(8192))


def replaced(path: Path) -> None:
    shutil.copy2(path, f"{path}.copy")
    os.replace(f"{path}.copy", path)  # noqa: PTH105


def journal_beside(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"what a crash left")


def half_a_seal(path: Path) -> None:
    seal_of(path).write_bytes(seal_of(path).read_bytes()[:20])


def no_seal(path: Path) -> None:
    seal_of(path).unlink()


def another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE sources SET failures = 1")
        connection.commit()


# ---------------------------------------------------------------- trusted


def test_a_store_that_was_closed_in_good_order_is_trusted(path: Path) -> None:
    assert is_trusted(path)
    assert is_trusted(path)


def test_a_new_store_is_sealed_like_any_other(tmp_path: Path) -> None:
    assert not is_trusted(tmp_path / "new.db", now=NOW)
    assert is_trusted(tmp_path / "new.db")


def test_what_was_written_meanwhile_by_its_writer_is_sealed_with_it(path: Path) -> None:
    with open_sealed(path, now=NOW) as store:
        store.remember("a", "b")
    assert is_trusted(path)


def test_a_reader_that_leaves_an_empty_journal_breaks_no_seal(path: Path) -> None:
    with open_store(path, is_read_only=True) as store:
        assert store.recall("a") == ""
    assert Path(f"{path}-wal").exists()
    assert is_trusted(path)


def test_a_store_that_lies_elsewhere_is_sealed_there(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "data" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    assert is_trusted(link)
    assert seal_of(path).exists()
    assert not seal_of(link).exists()


# ---------------------------------------------------------------- read


@pytest.mark.parametrize(
    "happened",
    [
        no_seal,
        half_a_seal,
        flip,
        touched_as_before,
        replaced,
        journal_beside,
        another_program,
        longer,
    ],
)
def test_all_else_is_read_through_first(path: Path, happened: Callable[[Path], None]) -> None:
    happened(path)
    assert not is_trusted(path)
    assert is_trusted(path)


def test_damage_after_a_good_end_is_found_when_it_is_opened(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 8192 * 4)
    with pytest.raises(DamagedError), open_sealed(path, now=NOW + HOUR):
        pass
    assert not seal_of(path).exists()


def test_there_is_no_seal_while_it_is_open_so_a_kill_leaves_none(path: Path) -> None:
    with open_sealed(path, now=NOW):
        assert not seal_of(path).exists()


def test_an_end_by_an_exception_seals_nothing(path: Path) -> None:
    with pytest.raises(KeyError), open_sealed(path, now=NOW):
        raise KeyError
    assert not is_trusted(path)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(NOW, True, id="at once"),
        pytest.param(NOW + READ_EVERY, True, id="a week later"),
        pytest.param(NOW + READ_EVERY + SECOND, False, id="longer ago"),
        pytest.param(NOW - SECOND, False, id="a clock that was set back"),
        pytest.param(None, False, id="no clock"),
    ],
)
def test_a_seal_is_good_for_a_week(path: Path, now: datetime | None, *, expected: bool) -> None:
    assert is_trusted(path, now=now) is expected


def test_trust_does_not_renew_itself(path: Path) -> None:
    for day in range(1, 8):
        assert is_trusted(path, now=NOW + day * DAY)
    assert not is_trusted(path, now=NOW + 8 * DAY)
    assert is_trusted(path, now=NOW + 15 * DAY)


def test_who_reads_it_through_while_it_is_open_renews_the_seal(path: Path) -> None:
    with open_sealed(path, now=NOW + 6 * DAY) as store:
        assert store.seal == Seal(read=NOW, is_trusted=True)
        store.seal.note_sound(at=NOW + 6 * DAY)
        assert not store.seal.is_trusted
    assert is_trusted(path, now=NOW + 12 * DAY)


def test_a_doubt_outlasts_a_look(path: Path) -> None:
    with open_sealed(path, now=NOW) as store:
        store.seal.doubt()
        store.seal.note_sound(at=NOW)
    assert not seal_of(path).exists()


def test_a_seal_that_cannot_be_put_on_costs_a_look(path: Path) -> None:
    with open_sealed(path, now=NOW):
        seal_of(path).mkdir()
    seal_of(path).rmdir()
    assert not is_trusted(path)


def test_a_seal_is_put_on_in_a_later_tick_of_the_disks_clock_so_that_any_change_shows(path: Path) -> None:
    assert seal_of(path).stat().st_ctime_ns > path.stat().st_ctime_ns
