"""The index of words is filled after entries came in, and holds what they say by then."""

from dataclasses import replace

import pytest

from aggregator.model import Change, Entry
from aggregator.store import Store
from tests.world import NOW, a_state, an_arrival, under


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction():
        store.sources.configure([a_state()], paused=frozenset())
    return store


def add(store: Store, *titles: str) -> list[Entry]:
    arrivals = [under(an_arrival(title, title=title), f"urn:{title}") for title in titles]
    with store.transaction():
        store.entries.add(arrivals, first_seen=NOW)
    return [arrival.entry for arrival in arrivals]


def found(store: Store, word: str) -> int:
    matching = "SELECT count(*) FROM entries_words WHERE entries_words MATCH ?"
    return int(store._db.execute(matching, [word]).fetchone()[0])


def catch_up(store: Store, *, limit: int = 10) -> int:
    with store.transaction():
        return store.words.catch_up(limit=limit)


def test_an_entry_is_found_once_the_index_has_caught_up(store: Store) -> None:
    add(store, "Bridge")
    assert found(store, "bridge") == 0
    assert (catch_up(store), found(store, "bridge")) == (1, 1)
    assert catch_up(store) == 0


def test_it_catches_up_a_bunch_at_a_time_the_first_first(store: Store) -> None:
    add(store, "Bridge", "Chess", "Ferry")
    assert catch_up(store, limit=2) == 2
    assert [found(store, word) for word in ("bridge", "chess", "ferry")] == [1, 1, 0]


def test_a_changed_entry_is_found_by_what_it_says_now(store: Store) -> None:
    (entry,) = add(store, "Bridge")
    catch_up(store)
    with store.transaction():
        store.entries.change(Change(entry=replace(entry, title="Tunnel", summary="")))
    catch_up(store)
    assert [found(store, word) for word in ("bridge", "tunnel")] == [0, 1]


def test_an_entry_that_was_withdrawn_meanwhile_is_not_found(store: Store) -> None:
    (entry,) = add(store, "Bridge")
    with store.transaction():
        store.takedowns.ask("entry", entry.id)
        store.takedowns.carry_out(at=NOW)
    assert (catch_up(store), found(store, "bridge")) == (1, 0)
