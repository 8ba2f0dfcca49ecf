"""A permanent redirect is believed when it has proved itself, and not before; a temporary one never."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.model import FeedInfo, Harvest, Move, SourceState
from aggregator.policy.moves import SPAN, TIMES, follow
from tests.world import DAY, NOW, a_harvest, a_state, an_entry

NEW = "https://north.example/new"
CHAIN = (NEW,)


def state(**given: Any) -> SourceState:
    return a_state(**{"known": {"id:bridge": "digest"}} | given)


def answer(*chain: str, **given: Any) -> Harvest:
    return a_harvest(an_entry("bridge"), moved=chain or CHAIN, **given)


def followed(*answers: Harvest, gap: timedelta = DAY * 4, first: SourceState | None = None) -> SourceState:
    """Let a source answer so, one after the other."""
    found, now = first or state(), NOW
    for harvest in answers:
        moved_to, move = follow(harvest, found, now=now)
        found = state(
            address=found.address,
            moved_to=moved_to,
            habits=found.habits.__class__(move=move),
            feed=found.feed,
        )
        now += gap
    return found


def test_a_move_is_believed_after_three_times_and_seven_days() -> None:
    assert followed(answer(), answer()).moved_to == ""
    assert followed(answer(), answer(), answer()).moved_to == NEW
    assert followed(answer(), answer(), answer()).habits.move is None


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer()] * 8, id="many times in few days"),
        pytest.param([answer()] * (TIMES - 1), id="too few times"),
    ],
)
def test_a_move_needs_both_times_and_days(answers: list[Harvest]) -> None:
    assert followed(*answers, gap=SPAN / 8).moved_to == ""


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(answer("https://other.example/"), id="another target"),
        pytest.param(answer("https://north.example/via", NEW), id="another way to the same target"),
        pytest.param(a_harvest(an_entry("bridge")), id="no redirect, or one that was temporary"),
        pytest.param(a_harvest(an_entry("portal"), moved=CHAIN), id="another feed"),
    ],
)
def test_whatever_comes_between_begins_it_anew(between: Harvest) -> None:
    assert followed(answer(), answer(), between, answer()).moved_to == ""


def test_an_answer_that_nothing_changed_counts() -> None:
    unchanged = a_harvest(moved=CHAIN, is_unchanged=True)
    assert followed(answer(), unchanged, unchanged).moved_to == NEW


def test_a_failure_between_neither_counts_nor_begins_anew() -> None:
    failure = a_harvest(is_failed=True)
    assert followed(answer(), failure, answer()).moved_to == ""
    assert followed(answer(), failure, answer(), answer()).moved_to == NEW


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(("http://north.example/new",), id="at once"),
        pytest.param(("http://north.example/via", NEW), id="on the way"),
    ],
)
def test_a_move_out_of_https_is_never_believed(chain: tuple[str, ...]) -> None:
    assert followed(*[answer(*chain)] * 5).moved_to == ""


def test_a_move_from_http_to_https_is_believed() -> None:
    first = state(address="http://north.example/feed")
    assert followed(*[answer()] * 3, first=first).moved_to == NEW


def test_a_feed_is_known_by_its_id_even_when_all_its_entries_are_new() -> None:
    feed = FeedInfo(id="urn:north")
    news = a_harvest(an_entry("news"), moved=CHAIN, feed=feed)
    assert followed(news, news, news, first=state(feed=feed)).moved_to == NEW


@pytest.mark.parametrize(("failures", "place"), [(0, NEW), (1, NEW), (2, ""), (9, "")])
def test_a_new_place_that_fails_three_times_is_given_up(failures: int, place: str) -> None:
    found, _ = follow(a_harvest(is_failed=True), state(moved_to=NEW, failures=failures), now=NOW)
    assert found == place


def test_a_new_place_may_move_on() -> None:
    further = "https://far.example/feed"
    first = state(moved_to=NEW)
    assert followed(*[answer(further)] * 3, first=first).moved_to == further


def test_an_answer_from_the_new_place_keeps_it() -> None:
    moment: datetime = NOW
    assert follow(a_harvest(an_entry("bridge")), state(moved_to=NEW), now=moment) == (NEW, None)


def test_the_proof_remembers_when_it_began() -> None:
    assert followed(answer(), answer()).habits.move == Move(chain=CHAIN, since=NOW, times=2)
