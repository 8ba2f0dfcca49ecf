"""Months of polling in seconds: the real policy against fifty feeds of the wild, judged request by request.

`python -m pytest -m full -s tests/policy/test_months.py` runs a thousand days and prints the figures.
"""

import heapq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch.answers import Answer, asks_to_wait, conditions, failed, understood
from aggregator.harvest import unchanged
from aggregator.model import Entry, FetchJob, Harvest, SourceState, Update
from aggregator.policy import Pace, decide, first_due, jitter_of, plan, rest_until
from tests.judge import Asked, Judge, Said
from tests.wild import FEEDS, NEW_PLACE, WildFeed
from tests.world import DAY, HOUR, NOW, a_state

PACE = Pace(every=HOUR)
ANSWER_TAKES = timedelta(seconds=0.7)
NEVER = datetime.max.replace(tzinfo=NOW.tzinfo)


@dataclass(slots=True)
class Life:
    """One feed, what is remembered of it, and who judges the requests for it."""

    feed: WildFeed
    state: SourceState
    judge: Judge

    def turn(self, now: datetime) -> datetime:
        """Do what the pipeline does when a source is due; return when it is due next."""
        if until := rest_until(self.state, now=now):
            return until
        job = plan(self.state, root="", allow_private=False)
        asked = Asked(
            at=now,
            address=job.address,
            headers={name.lower(): value for name, value in conditions(job.validators).items()},
        )
        said, entries = self.feed.answer(asked)
        if asks_to_wait(answer_of(said, job)) and job.has_waited and said.status == 302:
            said, entries = Said(status=304), ()
        self.judge.hear(asked, said)
        after = now + ANSWER_TAKES
        jitter = jitter_of(self.state.id, after)
        update = decide(harvested(job, said, entries), self.state, (), now=after, pace=PACE, jitter=jitter)
        self.state = applied(self.state, update)
        return NEVER if self.state.stopped else self.state.next_due


def answer_of(said: Said, job: FetchJob) -> Answer:
    names = {"etag": "ETag", "im": "IM"}
    headers = {names.get(name, name.title()): value for name, value in said.headers.items()}
    return Answer(said.chain[-1] if said.chain else job.address, said.status, headers)


def harvested(job: FetchJob, said: Said, entries: tuple[Entry, ...]) -> Harvest:
    """Make of an answer what `fetch` and `harvest` make of it, the reading of bytes aside."""
    answer = answer_of(said, job)
    try:
        if said.status == 0:
            raise FetchError(Cause.TIMEOUT, "no answer")
        if said.status in (301, 302):
            raise failed(Cause.REDIRECT, "asks to wait", answer)
        fetched = understood(answer, job, said.chain)
        if said.status != 304 and said.feed is None:
            raise FetchError(Cause.NOT_A_FEED, "a page")
    except FetchError as error:
        return Harvest.failed(job, error)
    digest = " ".join(entry.id for entry in entries)
    if fetched.is_unchanged or digest == job.body_digest:
        return unchanged(job, fetched)
    present = {entry.keys[0]: entry.digest for entry in entries}
    return Harvest(
        source_id=job.source_id,
        feed=said.feed,
        entries=tuple(entry for entry in entries if job.known.get(entry.keys[0]) != entry.digest),
        present=present,
        validators=fetched.validators,
        body_digest=digest,
        status=fetched.status,
        moved=fetched.moved,
        hints=fetched.hints,
    )


def applied(state: SourceState, update: Update) -> SourceState:
    """Remember what the store would."""
    due = update.next_due.replace(microsecond=0) + timedelta(seconds=bool(update.next_due.microsecond))
    return replace(
        state,
        next_due=due,
        last_tried=update.tried,
        last_success=state.last_success if update.is_failed else update.tried,
        failures=state.failures + 1 if update.is_failed else 0,
        troubles=update.troubles,
        feed=update.feed or state.feed,
        validators=state.validators if update.validators is None else update.validators,
        body_digest=state.body_digest if update.body_digest is None else update.body_digest,
        known=state.known if update.known is None else update.known,
        moved_to=state.moved_to if update.moved_to is None else update.moved_to,
        stopped=update.stopped,
        habits=update.habits,
    )


def lived(feeds: tuple[WildFeed, ...], *, days: int) -> dict[str, Life]:
    """Let feeds be polled for so many days."""
    lives = [
        Life(feed, a_state(feed.name, address=feed.address), Judge(address=feed.address)) for feed in feeds
    ]
    turns = [(first_due(n, len(lives), now=NOW, every=HOUR), n) for n in range(len(lives))]
    heapq.heapify(turns)
    while turns and turns[0][0] < NOW + days * DAY:
        due, number = heapq.heappop(turns)
        lateness = timedelta(seconds=20 * jitter_of("late", due))  # heartbeats and queues
        heapq.heappush(turns, (lives[number].turn(due + lateness), number))
    return {life.feed.name: life for life in lives}


def figures(lives: dict[str, Life], days: int) -> str:
    judges = [life.judge for life in lives.values()]
    requests, unchanged = sum(j.requests for j in judges), sum(j.unchanged for j in judges)
    tagged = [life.judge for name, life in lives.items() if not name.startswith("none-")]
    return (
        f"{days} days, {len(judges)} feeds, {requests:,} requests:"
        f" {sum(len(j.faults) for j in judges)} faults;"
        f" unconditional requests of feeds with validators: {sum(j.unconditional for j in tagged)}"
        f" (at most {max(j.unconditional for j in tagged)} each);"
        f" shortest gap {min(j.shortest_gap for j in judges).total_seconds():,.1f} s;"
        f" 304s {unchanged / requests:.1%}, of feeds with validators and slow news"
        f" {share_of_slow(lives):.1%}"
    )


def share_of_slow(lives: dict[str, Life]) -> float:
    slow = [
        life.judge for name, life in lives.items() if name.endswith("-slow") and not name.startswith("none-")
    ]
    return sum(judge.unchanged for judge in slow) / sum(judge.requests for judge in slow)


@pytest.fixture(scope="module")
def months() -> dict[str, Life]:
    return lived(FEEDS, days=70)


def broken(lives: dict[str, Life]) -> list[str]:
    """Return all that is against the rules in so many lives."""
    unasked = [
        f"PF-01: {name}: {life.judge.unconditional} unconditional requests"
        for name, life in lives.items()
        if life.judge.unconditional != 1 and not name.startswith("none-")
    ]
    return unasked + [fault for life in lives.values() for fault in life.judge.faults]


def test_no_rule_is_broken_in_months_of_polling(months: dict[str, Life]) -> None:
    assert len(months) == 50
    assert broken(months) == []
    assert min(life.judge.shortest_gap for life in months.values()) >= HOUR
    assert share_of_slow(months) > 0.4


@pytest.mark.full
@pytest.mark.timeout(3000)
def test_no_rule_is_broken_in_a_thousand_days() -> None:
    lives = lived(FEEDS, days=1000)
    print(figures(lives, 1000))  # noqa: T201 -- the figures are what it is run for
    assert broken(lives) == []


def test_a_feed_that_moved_is_asked_at_its_new_place(months: dict[str, Life]) -> None:
    assert months["moved-quick"].state.moved_to == months["moved-quick"].judge.moved_to == NEW_PLACE[-1]


def test_a_portal_a_step_out_of_https_and_a_temporary_redirect_move_nothing(months: dict[str, Life]) -> None:
    assert months["travels-quick"].state.moved_to == ""


def test_a_feed_that_is_gone_is_left_alone_and_one_that_was_gone_once_is_not(months: dict[str, Life]) -> None:
    life = months["gone-quick"]
    assert life.state.stopped == "gone"
    assert life.state.last_tried
    assert NOW + 20 * DAY <= life.state.last_tried <= NOW + 22 * DAY


def test_a_feed_that_was_missing_fades_and_comes_back(months: dict[str, Life]) -> None:
    life = months["missing-quick"]
    assert life.state.failures == 0
    assert life.state.last_success
    assert life.state.last_success > NOW + 60 * DAY


def test_a_part_of_a_feed_is_taken_as_a_part(months: dict[str, Life]) -> None:
    assert len(months["parts-quick"].state.known) > 300


def test_news_of_every_feed_that_is_well_is_known_in_the_end(months: dict[str, Life]) -> None:
    for name, life in months.items():
        if not name.startswith(("gone", "rests", "none", "sixteen")):
            assert life.state.last_success
            assert life.state.last_success > NOW + 68 * DAY, name
            assert max(life.state.habits.moments) > NOW + 67 * DAY, name


# ---------------------------------------------------------------- the judge can bark

FEED = Said(status=200, headers={"etag": '"1"'}, feed=FEEDS[0].kind.feed)
KNOWN = {"if-none-match": '"1"'}


def judged(*told: tuple[float, dict[str, str], Said], address: str = "https://a.example/") -> list[str]:
    judge = Judge(address="https://a.example/")
    for hours, headers, said in told:
        judge.hear(Asked(at=NOW + hours * HOUR, address=address, headers=headers), said)
    return [fault.partition(":")[0] for fault in judge.faults]


def said(status: int, **headers: str) -> Said:
    return Said(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        pytest.param([(0, {}, FEED), (0.98, KNOWN, FEED)], "PF-09", id="59 minutes"),
        pytest.param([(0, {}, FEED), (2, {}, FEED)], "PF-01", id="a second unconditional request"),
        pytest.param([(0, {}, FEED), (2, {"if-none-match": "0"}, FEED)], "PF-02 to PF-07", id="another tag"),
        pytest.param(
            [(0, {}, FEED), (2, KNOWN | {"if-modified-since": "then"}, FEED)], "PF-02 to PF-07",
            id="a date that nobody gave",
        ),
        pytest.param([(0, {"cookie": "a"}, FEED)], "PF-13", id="a cookie"),
        pytest.param([(0, {}, FEED), (2, KNOWN | {"user-agent": "Mozilla"}, FEED)], "PF-17", id="a mask"),
        pytest.param(
            [(0, {}, FEED), (2, KNOWN, said(304, cache_control="max-age=9000")), (4, KNOWN, FEED)],
            "PF-20 to PF-23", id="a fresh 304",
        ),
        pytest.param([(0, {}, said(503, retry_after="9000")), (2, {}, FEED)], "PF-30", id="Retry-After"),
        pytest.param([(0, {}, said(403)), (2, {}, FEED)], "PF-38", id="403"),
        pytest.param([(0, {}, said(404)), (1, {}, said(404)), (2, {}, FEED)], "PF-37", id="404 twice"),
        pytest.param([(0, {}, said(410)), (2, {}, said(410)), (99, {}, FEED)], "PF-36", id="gone"),
        pytest.param([(0, {}, FEED), (300, KNOWN, FEED)], "PF-31", id="forgotten"),
    ],
)  # fmt: skip
def test_the_judge_can_bark(told: list[tuple[float, dict[str, str], Said]], rule: str) -> None:
    assert judged(*told) == [rule]


def test_the_judge_knows_a_request_to_another_address() -> None:
    assert judged((0, {}, FEED), address="https://a.example/?_=1") == ["PF-13, PF-33"]
