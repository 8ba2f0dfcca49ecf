"""How a source is, in plain words that stay as they are until something changes."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from aggregator.errors import Cause
from aggregator.model import Habits, SourceState, Trouble
from aggregator.policy.schedule import FAILURE_JITTER
from aggregator.publish.standing import _PACES, pace_of, standing_of, trouble_words
from tests.world import DAY, HOUR, NOW, a_state


def state(**given: Any) -> SourceState:
    return a_state(**{"last_tried": NOW, "next_due": NOW + HOUR} | given)


REFUSED = Trouble(cause=Cause.STATUS, detail="403 Forbidden", status=403)


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        pytest.param(state(), "well", "It answers, and is read.", id="well"),
        pytest.param(state(kind="path"), "well", "Its files are read.", id="files"),
        pytest.param(state(last_tried=None), "new", "It was not asked yet.", id="new"),
        pytest.param(state(is_paused=True), "paused", "It is paused: what it told stays", id="paused"),
        pytest.param(state(stopped="gone"), "stopped", "It was taken away for good", id="gone"),
        pytest.param(state(stopped="expired"), "stopped", "It says that it has ended", id="expired"),
        pytest.param(state(failures=1, troubles=(REFUSED,)), "failing", "It does not let us in (403).",
                     id="failing"),
        pytest.param(state(troubles=(Trouble(cause=Cause.TOO_LARGE, detail="x"),)), "partly",
                     "Read in part: it is too large.", id="in part"),
    ],
)  # fmt: skip
def test_a_source_is_told_of_in_plain_words(given: SourceState, kind: str, says: str) -> None:
    standing = standing_of(given)
    assert (standing.kind, standing.says[: len(says)]) == (kind, says)
    assert standing.is_ailing == (kind in ("failing", "partly", "stopped"))


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words_of_its_own(cause: Cause) -> None:
    told = trouble_words(Trouble(cause=cause, detail="EHOSTUNREACH"))
    assert told != cause
    assert "EHOSTUNREACH" not in told
    assert told[0].islower()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "it asks for a name and a password (401)"),
        (404, "there is nothing at its address (404)"),
        (418, "its server does not give it out (418)"),
        (500, "its server is in trouble (500)"),
        (503, "its server is in trouble (503)"),
    ],
)
def test_a_status_is_told_with_what_it_means(status: int, words: str) -> None:
    assert trouble_words(Trouble(cause=Cause.STATUS, detail="x", status=status)) == words


def test_one_that_fails_says_since_when_and_when_again() -> None:
    habits = Habits(failing_since=NOW - DAY, because="back-off")
    given = state(failures=3, troubles=(REFUSED,), habits=habits, next_due=NOW + 4.5 * HOUR)
    standing = standing_of(given)
    assert standing.since == NOW - DAY
    assert standing.again == NOW + 4 * HOUR
    assert standing.pace == "Asked about every four hours: the pause grows with each failure."


@pytest.mark.parametrize(
    ("pause", "because", "told"),
    [
        (HOUR, "the interval", "Asked about every hour: so it is set."),
        (DAY, "it gives no validators", "Asked about once a day: each time it sends everything again."),
        (30 * timedelta(seconds=1), "", "Asked about every few seconds."),
        (3 * HOUR, "something else", "Asked about every three hours: something else."),
        (9 * HOUR, "its skipHours and skipDays",
         "Asked at other times than usual: it wants some hours or days for itself."),
    ],
)  # fmt: skip
def test_how_often_a_source_is_asked_is_told_with_the_reason(
    pause: timedelta, because: str, told: str
) -> None:
    assert pace_of(state(next_due=NOW + pause, habits=Habits(because=because))) == told


@pytest.mark.parametrize("pause", [least for least, _ in _PACES])
def test_what_chance_adds_to_a_pause_changes_no_word(pause: timedelta) -> None:
    """A page is not written anew because a poll came a little earlier or later."""
    told = {pace_of(state(next_due=NOW + pause * (1 + FAILURE_JITTER * part / 10))) for part in range(11)}
    assert len(told) == 1


def test_paces_are_told_from_the_longest_on() -> None:
    assert all(longer > shorter for (longer, _), (shorter, _) in pairwise(_PACES))
