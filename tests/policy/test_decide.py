"""Decide: what one harvest changes in the store, and what a worker must know for the next."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.errors import Cause
from aggregator.model import (
    Arrival,
    FeedInfo,
    FetchJob,
    Harvest,
    Hints,
    SourceState,
    Stamp,
    Trouble,
    Update,
    Validators,
)
from aggregator.policy import decide, plan
from tests.world import HOUR, NOW, a_harvest, a_state, an_entry

TROUBLE = Trouble(cause=Cause.TIMEOUT, detail="no answer in 30 s")
SEEN = Validators(etag='"2"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")
REMEMBERED: dict[str, Any] = {
    "validators": Validators(etag='"1"'),
    "body_digest": "old",
    "known": {"id:old": "digest"},
}


def decided(harvest: Harvest, *stamps: Stamp, **given: Any) -> Update:
    return decide(harvest, a_state(**REMEMBERED | given), stamps, now=NOW, every=HOUR)


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
        source_id="north", tried=NOW, next_due=NOW + HOUR, validators=SEEN, moved_to=""
    )


def test_one_bad_file_leaves_the_others_and_is_read_again_next_time() -> None:
    trouble = Trouble(cause=Cause.MALFORMED, detail="line 3: expected the headline", where="bad.txt")
    entry = an_entry("good")
    update = decided(a_harvest(entry, validators=SEEN, body_digest="new", troubles=(trouble,)))
    assert (update.validators, update.body_digest, update.is_failed) == (None, None, False)
    assert (update.troubles, update.known) == ((trouble,), {"id:good": entry.digest})
    assert [arrival.entry for arrival in update.added] == [entry]


def test_a_failure_keeps_all_that_is_known_and_says_why() -> None:
    harvest = a_harvest(is_failed=True, status=0, troubles=(TROUBLE,))
    update = decided(harvest)
    assert (update.is_failed, update.troubles) == (True, (TROUBLE,))
    assert (update.added, update.changed) == ((), ())
    assert (update.feed, update.validators, update.body_digest, update.known) == (None, None, None, None)


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
