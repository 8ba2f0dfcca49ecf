"""Decide: what one harvest changes in the store, and what a worker must know for the next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.errors import Cause
from aggregator.model import (
    Arrival,
    FeedInfo,
    FetchJob,
    Habits,
    Harvest,
    Hints,
    SourceState,
    Stamp,
    Trouble,
    Update,
    Validators,
)
from aggregator.policy import MOST_KNOWN, Pace, decide, plan, rest_until
from tests.world import DAY, HOUR, NOW, a_harvest, a_state, an_entry

PACE = Pace(every=HOUR, is_chosen=True)
TROUBLE = Trouble(cause=Cause.TIMEOUT, detail="no answer in 30 s")
SEEN = Validators(etag='"2"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")
REMEMBERED: dict[str, Any] = {
    "validators": Validators(etag='"1"'),
    "body_digest": "old",
    "known": {"id:old": "digest"},
}


def decided(harvest: Harvest, *stamps: Stamp, **given: Any) -> Update:
    state = a_state(**{"last_success": NOW - HOUR} | REMEMBERED | given)
    return decide(harvest, state, stamps, now=NOW, pace=PACE, jitter=0)


# ---------------------------------------------------------------- what to ask


def test_a_job_says_all_that_a_worker_must_know() -> None:
    state: SourceState = a_state("north", **REMEMBERED)
    assert plan(state, root="/srv/planet", allow_private=True) == FetchJob(
        source_id="north",
        kind="http",
        address="https://north.example/feed",
        root="/srv/planet",
        validators=Validators(etag='"1"'),
        body_digest="old",
        known={"id:old": "digest"},
        allow_private=True,
    )


def test_a_source_nobody_asked_before_is_asked_without_conditions() -> None:
    job = plan(a_state(), root="", allow_private=False)
    assert (job.validators, job.body_digest, job.known) == (Validators(), "", {})


# ---------------------------------------------------------------- what an answer changes


def test_a_fresh_answer_is_taken_in_and_remembered() -> None:
    entry = an_entry("bridge")
    harvest = a_harvest(entry, feed=FeedInfo(title="The North"), validators=SEEN, body_digest="new")
    assert decided(harvest) == Update(
        source_id="north",
        tried=NOW,
        next_due=NOW + HOUR,
        moved_to="",
        added=(Arrival(entry=entry, date=NOW - HOUR, updated=NOW - HOUR),),
        feed=FeedInfo(title="The North"),
        validators=SEEN,
        body_digest="new",
        known={"id:bridge": entry.digest},
        habits=Habits(moments=(NOW - HOUR,), because="the interval"),
    )


def test_what_is_stored_and_changed_is_a_change_of_it() -> None:
    stamp = Stamp(
        entry_id="first", digest="old", keys=("id:bridge",), title="Another headline", text="", updated=NOW
    )
    update = decided(a_harvest(an_entry("bridge")), stamp)
    assert update.added == ()
    assert [change.entry.id for change in update.changed] == ["first"]


def test_a_feed_that_became_empty_is_remembered_as_empty() -> None:
    update = decided(a_harvest())
    assert (update.added, update.changed, update.known) == ((), (), {})


def test_when_nothing_changed_only_the_next_turn_and_the_validators_do() -> None:
    harvest = a_harvest(is_unchanged=True, validators=SEEN, status=304)
    assert decided(harvest) == Update(
        source_id="north",
        tried=NOW,
        next_due=NOW + HOUR,
        validators=SEEN,
        moved_to="",
        habits=Habits(because="the interval"),
    )


def test_one_bad_file_leaves_the_others_and_is_read_again_next_time() -> None:
    trouble = Trouble(cause=Cause.MALFORMED, detail="line 3: expected the headline", where="bad.txt")
    entry = an_entry("good")
    found = a_harvest(entry, validators=SEEN, body_digest="new", is_partial=True, troubles=(trouble,))
    update = decided(found)
    assert (update.validators, update.body_digest, update.is_failed) == (None, None, False)
    assert (update.troubles, update.known) == ((trouble,), {"id:good": entry.digest})
    assert [arrival.entry for arrival in update.added] == [entry]


def test_a_failure_keeps_all_that_is_known_and_says_why() -> None:
    harvest = a_harvest(is_failed=True, status=0, troubles=(TROUBLE,))
    update = decided(harvest)
    assert (update.is_failed, update.troubles) == (True, (TROUBLE,))
    assert (update.added, update.changed) == ((), ())
    assert (update.feed, update.validators, update.body_digest, update.known) == (None, None, None, None)


def test_what_was_left_out_of_a_document_is_still_left_out_when_it_did_not_change() -> None:
    assert decided(a_harvest(is_unchanged=True), troubles=(TROUBLE,)).troubles == (TROUBLE,)
    assert decided(a_harvest(is_unchanged=True), troubles=(TROUBLE,), failures=1).troubles == ()


def test_a_part_of_a_feed_says_nothing_of_the_rest() -> None:
    new = an_entry("new")
    update = decided(a_harvest(new, status=226))
    assert update.known == {"id:old": "digest", "id:new": new.digest}
    assert [arrival.entry for arrival in update.added] == [new]


def test_a_feed_that_sends_parts_for_ever_is_not_remembered_for_ever() -> None:
    known = {f"id:{number}": "digest" for number in range(MOST_KNOWN)}
    update = decided(a_harvest(an_entry("new"), status=226), known=known)
    assert update.known
    assert len(update.known) == MOST_KNOWN
    assert "id:0" not in update.known
    assert "id:new" in update.known


# ---------------------------------------------------------------- where to ask


def test_a_place_that_proved_itself_is_asked_instead() -> None:
    state = a_state(moved_to="https://north.example/new")
    assert plan(state, root="", allow_private=False).address == "https://north.example/new"


def test_leave_to_ask_a_private_host_does_not_move_along() -> None:
    assert plan(a_state(moved_to="https://north.example/new"), root="", allow_private=True).allow_private
    moved = a_state(moved_to="https://other.example/new")
    assert not plan(moved, root="", allow_private=True).allow_private


def test_a_login_does_not_move_along() -> None:
    def login(moved_to: str) -> str:
        state = a_state(moved_to=moved_to)
        return plan(state, root="", allow_private=False, authorization="Bearer x").authorization

    assert login("") == login("https://north.example/new") == "Bearer x"
    assert login("https://other.example/") == login("https://north.example:8443/") == ""


def test_a_redirect_that_asked_to_wait_is_followed_the_next_time() -> None:
    asked = Trouble(cause=Cause.REDIRECT, detail="asks to wait", status=302)
    assert plan(a_state(troubles=(asked,)), root="", allow_private=False).has_waited
    assert not plan(a_state(troubles=(TROUBLE,)), root="", allow_private=False).has_waited


# ---------------------------------------------------------------- when to stop

GONE_BEFORE: dict[str, Any] = {
    "failures": 1,
    "troubles": (Trouble(cause=Cause.STATUS, detail="HTTP 410 gone", status=410),),
    "last_tried": NOW - HOUR,
}


@pytest.mark.parametrize(
    ("status", "state", "stopped"),
    [
        pytest.param(410, GONE_BEFORE, "gone", id="twice, an hour apart"),
        pytest.param(410, {}, "", id="once"),
        pytest.param(410, GONE_BEFORE | {"last_tried": NOW - HOUR / 2}, "", id="twice, too soon"),
        pytest.param(410, GONE_BEFORE | {"troubles": (TROUBLE,)}, "", id="after another failure"),
        pytest.param(
            410, GONE_BEFORE | {"moved_to": "https://new.example/"}, "", id="at a place it moved to"
        ),
        pytest.param(404, GONE_BEFORE, "", id="missing the second time"),
    ],
)
def test_a_feed_is_gone_when_it_said_so_twice(status: int, state: dict[str, Any], stopped: str) -> None:
    assert decided(a_harvest(is_failed=True, status=status), **state).stopped == stopped


def test_a_feed_that_is_gone_and_answers_is_back() -> None:
    assert decided(a_harvest(), stopped="gone").stopped == ""


def test_a_feed_that_says_it_has_ended_is_asked_no_more() -> None:
    ended = FeedInfo(is_expired=True)
    assert decided(a_harvest(feed=ended)).stopped == "expired"
    assert decided(a_harvest(is_unchanged=True), feed=ended).stopped == "expired"


# ---------------------------------------------------------------- who else waits


@pytest.mark.parametrize(
    ("answered", "until"),
    [
        pytest.param("", NOW + HOUR / 2, id="itself"),
        pytest.param("https://north.example/other", NOW + HOUR / 2, id="its own origin"),
        pytest.param("https://other.example/feed", None, id="an origin it redirects to"),
    ],
)
def test_a_feed_holds_back_its_own_origin_only(answered: str, until: datetime | None) -> None:
    refused = a_harvest(is_failed=True, status=429, hints=Hints(retry_after="1800"), answered=answered)
    assert decided(refused).hold_origin_until == until


@pytest.mark.parametrize(
    ("state", "until"),
    [
        pytest.param({}, None, id="no rest"),
        pytest.param({"feed": FeedInfo(skip_hours=(10,))}, HOUR, id="it rests now"),
        pytest.param({"feed": FeedInfo(skip_hours=(10,)), "kind": "path"}, None, id="local files never do"),
    ],
)
def test_an_overdue_source_waits_for_the_end_of_its_rest(
    state: dict[str, Any], until: timedelta | None
) -> None:
    found = rest_until(a_state(**state), now=NOW)
    assert found is None if until is None else found is not None and HOUR <= found - NOW <= 1.5 * HOUR


# ---------------------------------------------------------------- what is remembered of its habits


def test_the_moments_of_new_entries_are_remembered() -> None:
    kept = Habits(moments=(NOW - 3 * HOUR,))
    update = decided(a_harvest(an_entry("bridge"), an_entry("chess")), habits=kept)
    assert update.habits.moments == (NOW - HOUR, NOW - 3 * HOUR)


def test_failures_remember_since_when_and_a_success_forgets() -> None:
    failed = decided(a_harvest(is_failed=True))
    assert failed.habits.failing_since == NOW
    since = Habits(failing_since=NOW - DAY, moments=(NOW,))
    again = decided(a_harvest(is_failed=True), habits=since)
    assert (again.habits.failing_since, again.habits.moments) == (NOW - DAY, (NOW,))
    assert decided(a_harvest(), habits=since).habits.failing_since is None


# ---------------------------------------------------------------- when to ask again


@pytest.mark.parametrize(
    ("given", "state", "least", "most"),
    [
        pytest.param({}, {}, HOUR, HOUR, id="an answer"),
        pytest.param(
            {"hints": Hints(cache_control="max-age=7200")}, {}, 2 * HOUR, 2 * HOUR, id="a fresh answer"
        ),
        pytest.param(
            {"is_unchanged": True, "hints": Hints(cache_control="max-age=7200")},
            {},
            2 * HOUR,
            2 * HOUR,
            id="unchanged",
        ),
        pytest.param({}, {"failures": 9}, HOUR, HOUR, id="an answer after failures"),
        pytest.param({"is_failed": True}, {}, HOUR, 1.2 * HOUR, id="a failure"),
        pytest.param(
            {"is_failed": True}, {"failures": 2}, 4 * HOUR, 4.8 * HOUR, id="the third failure in a row"
        ),
        pytest.param(
            {"is_failed": True, "hints": Hints(retry_after="36000")},
            {},
            10 * HOUR,
            10 * HOUR,
            id="one that says when",
        ),
    ],
)
def test_the_next_turn_is_when_the_schedule_says(
    given: dict[str, Any], state: dict[str, Any], least: timedelta, most: timedelta
) -> None:
    update = decided(a_harvest(**given), **state)
    assert update.tried == NOW
    assert NOW + least <= update.next_due <= NOW + most
