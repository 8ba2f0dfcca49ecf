"""What the store remembers of sources: configuration, whose turn it is, and how it went."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.errors import Cause
from aggregator.model import FeedInfo, Habits, Hints, Move, Person, SourceState, Trouble, Update, Validators
from aggregator.store import Store
from tests.world import DAY, HOUR, NOW, a_state, an_arrival, under

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


def configure(store: Store, *states: SourceState, paused: tuple[str, ...] = ()) -> frozenset[str]:
    with store.transaction():
        return store.sources.configure(states, paused=frozenset(paused))


def claim(
    store: Store, *, now: datetime = NOW, limit: int = 100, only: frozenset[str] | None = None
) -> list[str]:
    with store.transaction():
        claimed = store.sources.claim(now=now, lease=LEASE, limit=limit, only=only)
    return [state.id for state in claimed]


def apply(store: Store, source_id: str = "north", **given: Any) -> SourceState:
    defaults: dict[str, Any] = {"source_id": source_id, "tried": NOW, "next_due": NOW + HOUR}
    with store.transaction():
        store.sources.apply(Update(**defaults | given))
    return store.sources.get(source_id)


# ---------------------------------------------------------------- configuring


def test_a_configured_source_is_remembered_as_given(store: Store) -> None:
    state = a_state(name="North", tags=("a", "b ü"), priority=-3, is_full_text=True)
    configure(store, state)
    assert store.sources.get("north") == state
    assert store.sources.all() == (state,)


def test_sources_come_in_the_order_of_the_configuration(store: Store) -> None:
    configure(store, a_state("c"), a_state("a"), a_state("b"))
    assert [state.id for state in store.sources.all()] == ["c", "a", "b"]
    configure(store, a_state("b"), a_state("c"), a_state("a"))
    assert [state.id for state in store.sources.all()] == ["b", "c", "a"]


def test_a_source_that_was_removed_is_no_longer_listed_and_comes_back_as_it_was(store: Store) -> None:
    configure(store, a_state("north"), a_state("south"))
    apply(store, validators=Validators(etag='"1"'), feed=FeedInfo(title="North"))
    configure(store, a_state("south"))
    assert [state.id for state in store.sources.all()] == ["south"]
    assert not store.sources.get("north").is_configured
    configure(store, a_state("north"))
    assert store.sources.get("north").validators == Validators(etag='"1"')
    assert store.sources.get("north").feed.title == "North"


def test_configuring_again_keeps_when_a_source_is_due(store: Store) -> None:
    configure(store, a_state())
    apply(store, next_due=NOW + DAY)
    configure(store, a_state(next_due=NOW + HOUR))
    assert store.sources.get("north").next_due == NOW + DAY


def test_a_new_address_is_asked_at_once_and_without_the_validators_of_the_old_one(store: Store) -> None:
    configure(store, a_state())
    apply(store, validators=Validators(etag='"1"', last_modified="then"), body_digest="digest")
    configure(store, a_state(address="https://north.example/new", next_due=NOW + MINUTE))
    state = store.sources.get("north")
    assert state.validators == Validators()
    assert state.body_digest == ""
    assert state.next_due == NOW + MINUTE


@pytest.mark.parametrize(
    ("change", "shows"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"next_due": NOW + DAY}, set(), id="when it is due"),
        pytest.param({"name": "North"}, {"north"}, id="its name"),
        pytest.param({"tags": ("music",)}, {"north"}, id="its tags"),
        pytest.param({"priority": 1}, {"north"}, id="its priority"),
        pytest.param({"is_full_text": True}, {"north"}, id="how much is published"),
        pytest.param({"id": "south"}, {"north", "south"}, id="its id"),
    ],
)
def test_configuring_tells_of_which_sources_anything_that_shows_changed(
    store: Store, change: dict[str, Any], shows: set[str]
) -> None:
    east = a_state("east")
    assert configure(store, east, a_state()) == {"east", "north"}
    changed = a_state(**{"source_id": change.pop("id", "north")} | change)
    assert configure(store, changed, east) == shows


# ---------------------------------------------------------------- whose turn it is


def test_only_sources_that_are_due_are_claimed_longest_overdue_first(store: Store) -> None:
    configure(
        store,
        a_state("now", next_due=NOW),
        a_state("soon", next_due=NOW + timedelta(seconds=1)),
        a_state("yesterday", next_due=NOW - DAY),
        a_state("earlier", next_due=NOW - HOUR),
    )
    assert claim(store) == ["yesterday", "earlier", "now"]


def test_the_limit_takes_the_longest_overdue(store: Store) -> None:
    configure(store, *(a_state(f"s{number}", next_due=NOW - number * HOUR) for number in range(5)))
    assert claim(store, limit=2) == ["s4", "s3"]
    assert claim(store, limit=2) == ["s2", "s1"]


def test_nobody_else_gets_a_source_until_its_lease_ends(store: Store) -> None:
    configure(store, a_state())
    assert claim(store) == ["north"]
    assert claim(store, now=NOW + LEASE - timedelta(seconds=1)) == []
    assert claim(store, now=NOW + LEASE) == ["north"]


def test_a_harvest_ends_the_lease(store: Store) -> None:
    configure(store, a_state())
    claim(store)
    apply(store, next_due=NOW + MINUTE)
    assert claim(store, now=NOW + MINUTE) == ["north"]


@pytest.mark.parametrize("only", [None, frozenset({"north"})], ids=["due", "named"])
def test_neither_a_paused_nor_a_removed_source_is_claimed(store: Store, only: frozenset[str] | None) -> None:
    configure(store, a_state("north"), paused=("north",))
    assert claim(store, only=only) == []
    configure(store, a_state("south", next_due=NOW + DAY))
    assert claim(store, only=only) == []


def test_a_paused_source_goes_on_when_it_is_no_longer_paused(store: Store) -> None:
    configure(store, a_state(), paused=("north",))
    configure(store, a_state())
    assert claim(store) == ["north"]


def test_a_named_source_is_claimed_due_or_not(store: Store) -> None:
    configure(store, a_state("north", next_due=NOW + DAY), a_state("south"))
    assert claim(store, only=frozenset({"north"})) == ["north"]
    assert claim(store, only=frozenset()) == []


@pytest.mark.parametrize("stopped", ["gone", "expired"])
def test_a_source_that_stopped_is_claimed_by_name_only(store: Store, stopped: str) -> None:
    configure(store, a_state())
    assert apply(store, stopped=stopped, next_due=NOW).stopped == stopped
    assert claim(store, now=NOW + 1000 * DAY) == []
    assert claim(store, only=frozenset({"north"})) == ["north"]


def test_a_stopped_source_with_a_new_address_begins_anew(store: Store) -> None:
    configure(store, a_state())
    apply(store, stopped="gone", moved_to="https://new.example/", habits=HABITS)
    configure(store, a_state(address="https://other.example/feed"))
    state = store.sources.get("north")
    assert (state.stopped, state.moved_to, state.habits) == ("", "", Habits())


@pytest.mark.parametrize("micros", [0, 1, 500_000, 999_999])
def test_nothing_is_due_a_fraction_of_a_second_too_early(store: Store, micros: int) -> None:
    configure(store, a_state())
    due = NOW + timedelta(microseconds=micros)
    assert timedelta(0) <= apply(store, next_due=due).next_due - due < timedelta(seconds=1)


def test_a_source_is_put_off_and_never_brought_forward(store: Store) -> None:
    configure(store, a_state("north"), a_state("south", next_due=NOW + DAY), a_state("west"))
    with store.transaction():
        store.sources.postpone(["north", "south"], until=NOW + HOUR)
    found = {state.id: state.next_due for state in store.sources.all()}
    assert found == {"north": NOW + HOUR, "south": NOW + DAY, "west": NOW}


def test_the_places_of_feeds_are_where_they_are_asked(store: Store) -> None:
    configure(store, a_state("north"), a_state("south"), a_state("files", kind="path", address="*.txt"))
    apply(store, "south", moved_to="https://south.example/new")
    assert dict(store.sources.places()) == {
        "north": "https://north.example/feed",
        "south": "https://south.example/new",
    }


def test_finding_what_is_due_looks_at_nothing_else(store: Store) -> None:
    """Ten thousand sources cost nothing while they are idle: the index holds just what could be due."""
    query = (
        "EXPLAIN QUERY PLAN SELECT id FROM sources WHERE is_configured AND NOT is_paused"
        " AND stopped = '' AND next_due <= 0 AND leased_until <= 0 ORDER BY next_due, position"
    )
    steps = [row["detail"] for row in store._db.query(query)]
    assert any("sources_due (next_due<?)" in step for step in steps)


# ---------------------------------------------------------------- how it went

HABITS = Habits(
    hints=Hints(cache_control="max-age=60", expires="then"),
    moments=(NOW, NOW - DAY),
    move=Move(chain=("https://a.example/", "https://b.example/"), since=NOW - DAY, times=2),
    failing_since=NOW - HOUR,
    because="its ttl",
)


def test_the_habits_of_a_source_are_remembered(store: Store) -> None:
    configure(store, a_state())
    assert store.sources.get("north").habits == Habits()
    assert apply(store, habits=HABITS).habits == HABITS


FEED = FeedInfo(
    title="North",
    subtitle="All the news",
    url="https://north.example/",
    feed_url="https://north.example/feed",
    id="urn:x",
    language="en",
    rights="CC0",
    icon="https://north.example/icon.png",
    authors=(Person(name="Ada", email="ada@north.example", url="https://ada.example/"), Person(name="Bo")),
    updated=NOW,
    hubs=("https://hub.example/",),
    ttl_minutes=60,
    update_minutes=30,
    skip_hours=(0, 23),
    skip_days=(6,),
    is_expired=True,
)
TROUBLES = (
    Trouble(cause=Cause.STATUS, detail="HTTP 503", status=503),
    Trouble(cause=Cause.MALFORMED, detail="line 3: \u201cbad\u201d", where="a.txt"),
)


def test_all_of_an_update_is_remembered(store: Store) -> None:
    configure(store, a_state())
    state = apply(
        store,
        feed=FEED,
        validators=Validators(etag='W/"1"', last_modified="then"),
        body_digest="digest",
        known={"id:1": "d1", "id:2": "d2"},
        troubles=TROUBLES,
    )
    assert state.feed == FEED
    assert state.validators == Validators(etag='W/"1"', last_modified="then")
    assert (state.body_digest, state.known) == ("digest", {"id:1": "d1", "id:2": "d2"})
    assert state.troubles == TROUBLES
    assert (state.next_due, state.last_tried, state.last_success) == (NOW + HOUR, NOW, NOW)


def test_what_an_update_does_not_say_stays(store: Store) -> None:
    configure(store, a_state())
    apply(store, feed=FEED, validators=Validators(etag='"1"'), body_digest="digest", known={"id:1": "d"})
    state = apply(store, tried=NOW + HOUR)
    assert (state.feed, state.body_digest, state.known) == (FEED, "digest", {"id:1": "d"})
    assert state.validators == Validators(etag='"1"')


def test_an_update_clears_a_validator_that_is_no_longer_given(store: Store) -> None:
    configure(store, a_state())
    apply(store, validators=Validators(etag='"1"', last_modified="then"))
    assert apply(store, validators=Validators(etag='"2"')).validators == Validators(etag='"2"')


def test_failures_are_counted_until_a_success(store: Store) -> None:
    configure(store, a_state())
    apply(store, tried=NOW)
    assert apply(store, tried=NOW + HOUR, is_failed=True, troubles=TROUBLES).failures == 1
    failed = apply(store, tried=NOW + 2 * HOUR, is_failed=True, troubles=TROUBLES)
    assert failed.failures == 2
    assert (failed.last_tried, failed.last_success) == (NOW + 2 * HOUR, NOW)
    well = apply(store, tried=NOW + 3 * HOUR)
    assert (well.failures, well.troubles, well.last_success) == (0, (), NOW + 3 * HOUR)


def test_a_source_knows_how_many_entries_it_has(store: Store) -> None:
    configure(store, a_state("north"), a_state("south"))
    with store.transaction():
        for name in ("one", "two"):
            store.entries.add([under(an_arrival(name), f"urn:{name}")], first_seen=NOW)
    assert {state.id: state.entries for state in store.sources.all()} == {"north": 2, "south": 0}
