"""What hubs have to do with asking: whom to believe, how long, and what follows when one is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import FeedInfo, Keys, Letter, Subscription
from aggregator.policy import Pace, decide
from aggregator.policy.websub import heard, ping_again, relied_until, sent, tended, wish_of
from tests.world import DAY, HOUR, NOW, a_harvest, a_state

BASE = "https://planet.example/websub/"
HUB, TOPIC = "https://hub.example/", "https://north.example/feed"


def a_subscription(**given: Any) -> Subscription:
    defaults: dict[str, Any] = {
        "keys": Keys(token="t", secret="s"),
        "source_id": "north",
        "hub": HUB,
        "topic": TOPIC,
        "callback": f"{BASE}t",
        "state": "live",
        "lease_until": NOW + 10 * DAY,
        "next_attempt": NOW + 6 * DAY,
    }
    return Subscription(**defaults | given)


def a_letter(kind: Any = "verified", **given: Any) -> Letter:
    return Letter(token="t", kind=kind, at=NOW, **given)


@given(st.integers(min_value=7200, max_value=30 * 86_400), st.floats(min_value=0, max_value=1))
def test_a_lease_is_renewed_when_half_to_four_fifths_of_it_are_over(seconds: int, jitter: float) -> None:
    (held,) = heard(a_letter(lease_seconds=seconds), [a_subscription(state="asked")], jitter=jitter)
    assert held.lease_until == NOW + timedelta(seconds=seconds)
    assert 0.5 <= (held.next_attempt - NOW).total_seconds() / seconds <= 0.8000001


@pytest.mark.parametrize("seconds", [0, 1, 3599, 10**9])
def test_no_lease_is_renewed_at_once_or_never(seconds: int) -> None:
    (held,) = heard(a_letter(lease_seconds=seconds), [a_subscription(state="asked")], jitter=0.5)
    assert HOUR <= held.next_attempt - NOW <= 24 * DAY


@given(st.integers(min_value=0, max_value=50), st.floats(min_value=0, max_value=1))
def test_attempts_part_by_an_hour_to_a_day_and_a_fifth(attempts: int, jitter: float) -> None:
    pause = sent(a_subscription(state="asked", attempts=attempts), now=NOW, jitter=jitter).next_attempt - NOW
    assert HOUR <= pause <= 1.2 * DAY


@pytest.mark.parametrize(
    ("held", "until"),
    [
        ((), None),
        ((a_subscription(),), NOW + 10 * DAY),
        ((a_subscription(lease_until=NOW),), None),
        ((a_subscription(is_doubted=True),), None),
        ((a_subscription(state="asked", lease_until=None),), None),
        ((a_subscription(state="ending"),), None),
        ((a_subscription(), a_subscription(state="asked", attempts=1)), NOW + 10 * DAY),
        ((a_subscription(), a_subscription(state="asked", attempts=2)), None),
        ((a_subscription(), a_subscription(state="asked", attempts=1, trouble="HTTP 500")), None),
        ((a_subscription(), a_subscription(state="denied", trouble="denied")), None),
    ],
)
def test_a_hub_is_relied_on_while_nothing_speaks_against_it(
    held: tuple[Subscription, ...], until: datetime | None
) -> None:
    assert relied_until(held, now=NOW) == until


def asked_next(*, pushed_until: datetime | None, **harvest: Any) -> timedelta:
    pace = Pace(every=HOUR, pushed_until=pushed_until)
    state = a_state(last_success=NOW - HOUR, habits=replace(a_state().habits, moments=(NOW - HOUR,)))
    update = decide(a_harvest(**harvest), state, (), now=NOW, pace=pace, jitter=0.0)
    return update.next_due - NOW


def test_what_a_hub_pushes_is_asked_daily_and_at_the_latest_when_its_lease_ends() -> None:
    quiet: dict[str, Any] = {"is_unchanged": True}
    usual = asked_next(pushed_until=None, **quiet)
    assert asked_next(pushed_until=NOW + 10 * DAY, **quiet) == max(DAY, usual)
    assert asked_next(pushed_until=NOW + timedelta(minutes=1), **quiet) == usual


def test_without_its_hub_it_is_asked_when_it_would_have_been() -> None:
    state = a_state(last_success=NOW - HOUR)
    harvest = a_harvest(is_unchanged=True)
    alone = decide(harvest, state, (), now=NOW, pace=Pace(every=HOUR), jitter=0.3)
    pushed = decide(
        harvest, state, (), now=NOW, pace=Pace(every=HOUR, pushed_until=NOW + 9 * DAY), jitter=0.3
    )
    assert alone.habits.unpushed is None
    assert pushed.habits.unpushed == alone.next_due


@pytest.mark.parametrize(
    ("hub", "asked"),
    [
        ("https://hub.example/", "https://hub.example/"),
        ("http://hub.example/?x=1", "https://hub.example/?x=1"),
        ("HTTP://hub.example/", "https://hub.example/"),
        ("http://hub.example:8080/", ""),
        ("http://north.example/hub", "https://north.example/hub"),
    ],
)
def test_a_hub_of_the_public_is_spoken_to_by_https_alone(hub: str, asked: str) -> None:
    state = a_state(address="http://north.example/feed", feed=FeedInfo(hubs=(hub,), topic=TOPIC))
    wish = wish_of(state, allow_private=False)
    assert (wish.hubs if wish else ()) == ((asked,) if asked else ())


def test_what_another_site_agreed_is_forgotten() -> None:
    held = (a_subscription(callback="https://old.example/websub/t"),)
    assert tended(None, held, base=BASE, now=NOW, keys=lambda: Keys(token="u", secret="s")) == ()
    assert tended(None, (a_subscription(),), base="", now=NOW, keys=lambda: Keys(token="u", secret="s")) == ()


def test_a_hub_of_ours_is_told_again_later_and_later() -> None:
    failed = a_harvest(is_failed=True)
    pauses = [ping_again(failures, failed, now=NOW, jitter=0.0) - NOW for failures in range(20)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert pauses[-1] == DAY
