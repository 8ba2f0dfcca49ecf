"""A backup is whole or not there, is made beside a writer, and goes back without a moment between."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import DamagedError, StoreError
from aggregator.store import Store, open_store
from aggregator.store.backup import back_up, put_back
from aggregator.store.schema import migrations
from aggregator.store.sound import ailment, examine
from tests.world import NOW, a_state, an_arrival, under


def fill(store: Store, *names: str) -> None:
    with store.transaction():
        store.sources.configure([a_state()], paused=frozenset())
        for name in names:
            store.entries.add([under(an_arrival(name), f"urn:{name}")], first_seen=NOW)


def count(path: Path) -> int:
    with open_store(path, is_read_only=True) as store:
        return store.entries.count()


def spoil(path: Path, *, at: int = 8192 * 3, length: int = 3000) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "store.db"
    with open_store(found) as store:
        fill(store, *map(str, range(50)))
    return found


# ---------------------------------------------------------------- there


def test_a_backup_holds_what_is_committed_while_another_writes(path: Path, tmp_path: Path) -> None:
    with open_store(path) as store:
        fill(store, "more")
        with store.transaction():
            store.entries.add([under(an_arrival("half"), "urn:half")], first_seen=NOW)
            back_up(path, tmp_path / "copies" / "b.db")
    assert count(tmp_path / "copies" / "b.db") == 51
    assert [found.name for found in (tmp_path / "copies").iterdir()] == ["b.db"]


def test_a_newer_backup_takes_the_place_of_an_older_one(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    with open_store(path) as store:
        fill(store, "more")
    back_up(path, tmp_path / "b.db")
    assert count(tmp_path / "b.db") == 51


def test_nothing_but_a_backup_is_overwritten(path: Path, tmp_path: Path) -> None:
    letter = tmp_path / "feeds.yaml"
    letter.write_text("sources: []\n")
    for target in (letter, path):
        with pytest.raises(StoreError, match="no backup; name another file"):
            back_up(path, target)
    assert letter.read_text() == "sources: []\n"
    assert count(path) == 50


def test_a_damaged_store_is_not_backed_up_over_a_sound_backup(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    spoil(path)
    with pytest.raises(DamagedError):
        back_up(path, tmp_path / "b.db")
    assert count(tmp_path / "b.db") == 50
    assert list(tmp_path.glob(".*")) == []


def test_a_place_that_cannot_be_written_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be backed up to .*file/b\.db"):
        back_up(path, tmp_path / "file" / "b.db")


# ---------------------------------------------------------------- and back


def test_a_backup_goes_back_and_the_old_store_is_kept(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    with open_store(path) as store:
        fill(store, "more")
    put_back(tmp_path / "b.db", path, aside=tmp_path / "old.db")
    assert (count(path), count(tmp_path / "old.db"), count(tmp_path / "b.db")) == (50, 51, 50)


def test_the_journal_of_the_old_store_does_not_reach_the_new_one(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    with open_store(path) as store:
        fill(store, "more")
        kept = {name: Path(f"{path}{name}").read_bytes() for name in ("", "-wal")}
    for name, content in kept.items():  # as a killed process leaves it
        Path(f"{path}{name}").write_bytes(content)
    put_back(tmp_path / "b.db", path, aside=tmp_path / "old.db")
    assert (count(path), count(tmp_path / "old.db")) == (50, 51)


def test_a_store_that_is_gone_comes_back(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    path.unlink()
    put_back(tmp_path / "b.db", path, aside=tmp_path / "old.db")
    assert count(path) == 50
    assert not (tmp_path / "old.db").exists()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param(lambda b: b.unlink(), "is not there", id="gone"),
        pytest.param(lambda b: b.write_text("a letter"), "not a store", id="a letter"),
        pytest.param(lambda b: b.write_bytes(b""), "not a store", id="empty"),
        pytest.param(spoil, "damaged itself.*name another backup", id="damaged"),
        pytest.param(lambda b: os.truncate(b, b.stat().st_size // 2), "damaged", id="cut"),
    ],
)
def test_what_is_no_sound_backup_changes_nothing(
    path: Path, tmp_path: Path, harm: object, message: str
) -> None:
    backup = tmp_path / "b.db"
    back_up(path, backup)
    harm(backup)  # type: ignore[operator]
    with pytest.raises(StoreError, match=message):
        put_back(backup, path, aside=tmp_path / "old.db")
    assert count(path) == 50
    left = {found.name for found in tmp_path.iterdir() if not found.name.endswith(("-wal", "-shm"))}
    assert left <= {"store.db", "b.db"}


def test_a_backup_of_a_newer_program_is_refused(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "b.db")
    with closing(sqlite3.connect(tmp_path / "b.db")) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('aggregator', 'm999', '')"
        )
        connection.commit()
    with pytest.raises(StoreError, match="newer aggregator"):
        put_back(tmp_path / "b.db", path, aside=tmp_path / "old.db")


# ---------------------------------------------------------------- soundness


def test_a_sound_store_passes_both_looks(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        examine(connection, path)
        examine(connection, path, is_thorough=True)


def test_a_damaged_store_is_not_opened_and_the_way_out_is_named(path: Path) -> None:
    spoil(path)
    with (
        pytest.raises(DamagedError, match=r"damaged: .*`aggregator restore`"),
        open_store(path, is_checked=True),
    ):
        pass


def test_a_reference_to_nothing_is_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO entry_keys (source_id, key, entry_id, rank) VALUES ('north', 'k', 'x', 0)"
        )
        connection.commit()
        with pytest.raises(DamagedError, match="a row of entry_keys refers to nothing in entries"):
            examine(connection, path, is_thorough=True)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (sqlite3.SQLITE_BUSY, "locked"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_IOERR_WRITE, "failing"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "damaged"),
        (sqlite3.SQLITE_CONSTRAINT, ""),
    ],
)
def test_what_the_database_says_has_a_name(code: int, found: str) -> None:
    error = sqlite3.OperationalError("…")
    error.sqlite_errorcode = code
    wrapped = StoreError("outer")
    wrapped.__cause__ = error
    assert ailment(error) == ailment(wrapped) == found


def test_a_full_disk_is_one_by_whoever_finds_it() -> None:
    assert ailment(OSError(28, "No space left on device")) == "full"
    assert ailment(OSError(13, "Permission denied")) == ""
    assert ailment(KeyError("ours")) == ""


# ---------------------------------------------------------------- before a migration


def test_a_store_is_backed_up_before_it_is_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_migrations", list(migrations._migrations))
    migrations(name="m998_next")(lambda db: db.execute("DELETE FROM entry_keys"))
    with open_store(path) as store:
        assert store._db.execute("SELECT count(*) FROM entry_keys").fetchone() == (0,)
    with closing(sqlite3.connect(path.parent / "backups" / "before-m998_next.db")) as connection:
        assert connection.execute("SELECT count(*) FROM entry_keys").fetchone() == (50,)


def test_a_damaged_store_is_not_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_migrations", list(migrations._migrations))
    migrations(name="m998_next")(lambda db: db.execute("CREATE TABLE next (id TEXT) STRICT"))
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(DamagedError), open_store(path):
        pass
    assert path.read_bytes() == before
