"""The store is made at first, kept afterwards, refused when it is not ours, and true to its transactions."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator import store as store_room
from aggregator.errors import StoreError
from aggregator.model import Decision, Evidence, Habits, Validators
from aggregator.pipeline import open_desk, regroup
from aggregator.settings import Output, Settings
from aggregator.store import Store, open_store
from aggregator.store.rows import to_moment
from aggregator.store.schema import APPLICATION_ID, migrations
from tests.world import PATIENCE, an_arrival, under


def ask(path: Path, sql: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def tell(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


# ---------------------------------------------------------------- opening


def test_a_new_store_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "store.db"
    with open_store(path) as store:
        assert store.sources.all() == ()
        assert store.entries.count() == 0
    assert ask(path, "PRAGMA application_id") == APPLICATION_ID


def test_a_new_store_has_pages_that_most_entries_fit_into_and_gives_free_ones_back(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        pragmas = [store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "auto_vacuum")]
    assert pragmas == [8192, 2]  # 2: incremental


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(3):
        with open_store(path) as store:
            assert store.fact("colour", at_first="blue") == "blue"
    with open_store(path) as store:
        assert store.fact("colour", at_first="red") == "blue"


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "#1.db", "ä&ö=ü.db", "a%20b.db", "-x"])
def test_a_store_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with open_store(path) as store:
        store.fact("colour", at_first="blue")
    assert path.stat().st_size > 0
    assert [other.name for other in tmp_path.iterdir()] == [name]


def test_every_table_is_strict_and_every_reference_is_kept(tmp_path: Path, store: Store) -> None:
    loose = store._db.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
        " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    assert loose == []
    arrival = an_arrival(source_id="nobody")
    with pytest.raises(sqlite3.IntegrityError):
        store.entries.add([under(arrival, "urn:x")], first_seen=arrival.date)


def test_a_writer_is_durable_and_lets_others_read(
    tmp_path: Path, no_power_cut: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_room, "_WRITING", no_power_cut)
    with open_store(tmp_path / "store.db") as store:
        found = {
            name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_a_store_from_before_moves_were_proved_forgets_them_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        db = Database(connection)
        migrations.apply(db, stop_before="m003_polite")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(
            "INSERT INTO sources (id, kind, address, next_due, etag, moved_to)"
            " VALUES ('north', 'http', 'https://north.example/feed', 1, '\"1\"', 'https://portal.example/')"
        )
        connection.commit()
    with open_store(path) as store:
        found = store.sources.get("north")
    assert (found.validators, found.moved_to, found.habits, found.stopped) == (
        Validators(etag='"1"'), "", Habits(), ""
    )  # fmt: skip


# ---------------------------------------------------------------- what is refused


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is a letter to my aunt, not a database" * 100)
    with pytest.raises(StoreError, match="not a database"), open_store(path):
        pass
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    tell(path, "CREATE TABLE aunts (name TEXT)", "INSERT INTO aunts VALUES ('Agatha')")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an aggregator's"), open_store(path):
        pass
    assert path.read_bytes() == before


def test_a_store_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path):
        pass
    tell(
        path,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('aggregator', 'm999_future', '2030-01-01')",
    )
    with pytest.raises(StoreError, match=r"newer aggregator.*m999_future"), open_store(path):
        pass


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"), open_store(tmp_path):
        pass


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be opened"), open_store(tmp_path / "file" / "store.db"):
        pass


# ---------------------------------------------------------------- reading only


def test_a_reader_does_not_make_a_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with pytest.raises(StoreError, match="cannot be opened"), open_store(path, is_read_only=True):
        pass
    assert not path.exists()


def test_a_reader_reads_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path) as store:
        store.fact("colour", at_first="blue")
    with open_store(path, is_read_only=True) as store:
        assert store.entries.count() == 0
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            store.fact("size", at_first="large")


def test_a_reader_reads_while_a_writer_writes(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(path) as writer, writer.transaction():
        writer.fact("colour", at_first="blue")
        with open_store(path, is_read_only=True) as reader:
            assert reader._db.execute("SELECT count(*) FROM facts").fetchone()[0] == 0


def test_a_reader_does_not_bring_an_old_store_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    with open_store(path):
        pass
    monkeypatch.setattr(migrations, "_migrations", list(migrations._migrations))
    migrations(name="m998_next")(lambda db: db.execute("CREATE TABLE next (id TEXT) STRICT"))
    with pytest.raises(StoreError, match="older aggregator"), open_store(path, is_read_only=True):
        pass
    with open_store(path) as store:
        assert store._db.execute("SELECT count(*) FROM next").fetchone()[0] == 0
    with open_store(path, is_read_only=True):
        pass


# ---------------------------------------------------------------- migrations


def an_old_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a store as the first version left it: three entries, decided in another order than stored."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_migrations", migrations._migrations[:1])
        with open_store(path):
            pass
    tell(
        path,
        "INSERT INTO sources (id, kind, address, next_due) VALUES ('north', 'http', 'https://n.example', 0)",
        "INSERT INTO stories (id, lead_id, date, published) VALUES ('a', 'a', 9, 1), ('c', 'c', 9, 1)",
        *(
            "INSERT INTO entries (seq, id, source_id, guid, title, title_key, date, updated, first_seen,"
            f" digest, story_id) VALUES ({seq}, '{name}', 'north', 'urn:{name}', 't', 't', 9, 9, 9, 'd',"
            f" '{story}')"
            for seq, name, story in ((1, "a", "a"), (2, "b", "a"), (3, "c", "c"))
        ),
        *(
            "INSERT INTO decisions (entry_id, near, rung, score, threshold, shared, veto)"
            f" VALUES ('{name}', '{near}', '{rung}', {score}, 0.26, '[[\"bridge\", 0.3]]', 'why')"
            for name, near, rung, score in (
                ("c", "", "none", 0),
                ("a", "", "none", 0),
                ("b", "a", "event", 0.5),
            )
        ),
        "INSERT INTO relations (story_id, other_id, entry_id, score) VALUES ('a', 'c', 'c', 0.4)",
    )


def test_decisions_of_an_old_store_are_kept_in_the_order_of_their_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    an_old_store(path, monkeypatch)
    with open_store(path) as store:
        found = [(brief.entry_id, placed) for brief, placed in store.entries.in_order()]
        assert [(name, placed.order, placed.story_id, placed.story_order) for name, placed in found] == [
            ("a", 1, "a", 1),
            ("b", 2, "a", 1),
            ("c", 3, "c", 3),
        ]
        assert {placed.features for _, placed in found} == {b""}
        assert store.stories.last_decision() == 3
        assert store.stories.memory("learned") is None


def test_a_decision_of_an_old_store_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    an_old_store(path, monkeypatch)
    with open_store(path) as store:
        assert store.stories.decision("b") == Decision(
            entry_id="b",
            near="a",
            because=Evidence(
                rung="event", score=0.5, threshold=0.26, shared=(("bridge", 0.3),), parts=(), veto="why"
            ),
        )


def test_stories_of_an_old_store_are_neither_pinned_nor_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    an_old_store(path, monkeypatch)
    with open_store(path) as store:
        stories = store._db.execute("SELECT id, published, is_pinned FROM stories ORDER BY id").fetchall()
        relations = store._db.execute("SELECT story_id, other_id, is_subject FROM relations").fetchall()
        assert stories == [("a", 1, 0), ("c", 1, 0)]
        assert relations == [("a", "c", 0)]
        assert store._db.execute("SELECT count(*) FROM story_aliases").fetchone() == (0,)
        assert store._db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_migrated_store_has_the_tables_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_old_store(tmp_path / "old.db", monkeypatch)
    columns = (
        "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
        " WHERE t.type = 'table' ORDER BY t.name, c.name"
    )
    with open_store(tmp_path / "old.db") as old, open_store(tmp_path / "new.db") as new:
        assert old._db.execute(columns).fetchall() == new._db.execute(columns).fetchall()


def test_a_desk_takes_an_old_store_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads again what the old one decided, and counts on."""
    path = tmp_path / "store.db"
    an_old_store(path, monkeypatch)
    with open_store(path) as store:
        desk = open_desk(store, Settings())
        arrival = an_arrival(source_id="north", date=to_moment(9))
        with store.transaction():
            store.entries.add([under(arrival, "urn:d")], first_seen=arrival.date)
        assert regroup(store, desk, now=arrival.date) == 1
        assert [placed.order for _, placed in store.entries.in_order()] == [1, 2, 3, 4]


# ---------------------------------------------------------------- transactions


def count_facts(store: Store) -> int:
    return int(store._db.execute("SELECT count(*) FROM facts").fetchone()[0])


def test_a_transaction_is_there_as_a_whole(store: Store) -> None:
    with store.transaction():
        store.fact("one", at_first="1")
        store.fact("two", at_first="2")
    assert count_facts(store) == 2


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_a_transaction_that_fails_leaves_nothing(store: Store, kind: type[BaseException]) -> None:
    def fail() -> None:
        with store.transaction():
            store.fact("one", at_first="1")
            raise kind

    with pytest.raises(kind):
        fail()
    assert count_facts(store) == 0
    with store.transaction():
        store.fact("two", at_first="2")
    assert count_facts(store) == 1


def test_two_writers_take_turns(tmp_path: Path) -> None:
    path, began, ended = tmp_path / "store.db", threading.Event(), threading.Event()

    def write() -> None:
        with open_store(path) as other:
            began.set()
            with other.transaction():
                other.fact("two", at_first="2")
        ended.set()

    with open_store(path) as store:
        with store.transaction():
            thread = threading.Thread(target=write)
            thread.start()
            store.fact("one", at_first="1")
        assert began.wait(PATIENCE)
        assert ended.wait(PATIENCE)
        thread.join()
        assert count_facts(store) == 2


def test_a_store_of_the_first_program_of_all_comes_up_to_date(tmp_path: Path) -> None:
    """Its first migration lacked two columns that were put into it later (0fc1fee)."""
    path = tmp_path / "store.db"
    with closing(Database(path)) as db:
        migrations.apply(db, stop_before="m001_mended")
        db.execute("DROP INDEX entries_attribution")
        db.execute("DROP INDEX relations_entry")
        db.execute("ALTER TABLE sources DROP COLUMN moved_to")
        db.execute("ALTER TABLE entries DROP COLUMN attribution_key")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.conn.commit()
    with open_store(path) as store:
        assert store.entries.count() == 0
        assert store.sources.all() == ()


def test_entries_of_an_older_store_are_found_in_every_script(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(Database(path)) as db:
        migrations.apply(db, stop_before="m008_pages")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("INSERT INTO sources (id, kind, address, next_due) VALUES ('n', 'http', 'x', 0)")
        db.execute("INSERT INTO stories (id, lead_id, date) VALUES ('a', 'a', 9)")
        db.execute(
            "INSERT INTO entries (id, source_id, guid, title, title_key, date, updated, first_seen, digest,"
            " story_id) VALUES ('a', 'n', 'g', '新しい橋が開通', 't', 9, 9, 9, 'd', 'a')"
        )
        db.execute("INSERT INTO entries_words (rowid, title) SELECT seq, title FROM entries")
        db.conn.commit()
    with open_store(path) as store:
        for query in ("橋", "開通", "新しい橋"):
            assert store.shelf.found(query, Output(), limit=9, most=9) == ("a",)
        assert store.source_pages.stale({"n": "x"}) == ("n",)
