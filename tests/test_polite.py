"""From the store to the wire: an origin that logs every request, and a judge who finds nothing wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.fetch import guard
from aggregator.settings import Settings
from aggregator.store import Store, open_store
from tests.judge import Asked, Judge, Said
from tests.wild import FEEDS, WildFeed
from tests.world import (
    DAY,
    HOUR,
    NOW,
    Answer,
    Gate,
    HereEngine,
    Origin,
    Post,
    Request,
    a_settings,
    a_source,
    rss,
)

DAYS = 6
WILD = {feed.name: feed for feed in FEEDS}
TRIED = (
    "both-slow", "odd-etag-slow", "odd-date-slow", "none-slow", "restless-slow", "fresh-when-unchanged-slow",
    "ttl-slow", "busy-slow", "too-many-slow", "missing-slow", "gone-slow", "parts-slow", "vanishing-slow",
)  # fmt: skip


class Played:
    """A wild feed on a real origin; what it is asked goes to its judge."""

    def __init__(self, feed: WildFeed, origin: Origin, clock: Callable[[], datetime]) -> None:
        self._feed, self._clock = feed, clock
        self.url = origin.think(f"/{feed.name}", self.answer)
        self.judge = Judge(address=self.url)

    def answer(self, request: Request) -> Answer:
        asked = Asked(
            at=self._clock(),
            address=self.url,
            headers={name.decode().lower(): value.decode() for name, value in request.headers},
        )
        said, entries = self._feed.answer(asked)
        self.judge.hear(asked, said)
        posts = (Post(title=entry.title, guid=entry.keys[0], at=entry.published) for entry in entries)
        body = rss(*posts) if said.status in (200, 226) else b""
        if said.feed:
            body = body.replace(b"<item>", f"<ttl>{said.feed.ttl_minutes}</ttl><item>".encode(), 1)
        return Answer(status=said.status, headers=said.headers, body=body)


class Calendar:
    """Time as the tests tell it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


def polled(store: Store, settings: Settings, calendar: Calendar, *, until: datetime) -> None:
    """Ask whoever is due, moment by moment."""
    while True:
        engine = HereEngine(settings)
        for _ in pipeline.refresh(store, settings, engine, clock=calendar):
            pass
        due = [state.next_due for state in store.sources.all() if not state.stopped]
        calendar.now = max(min(due, default=until), calendar.now + timedelta(seconds=1))
        if calendar.now >= until:
            return


def test_no_rule_is_broken_on_the_wire(tmp_path: Path, calendar: Calendar) -> None:
    """One origin for each, so that none waits for another."""
    origins = [Origin() for _ in TRIED]
    try:
        played = [Played(WILD[name], origin, calendar) for name, origin in zip(TRIED, origins, strict=True)]
        sources = [a_source(p.url, id=name, every=None) for name, p in zip(TRIED, played, strict=True)]
        settings = a_settings(tmp_path, *sources)
        for day in range(1, DAYS + 1):  # a new process each day
            with open_store(pipeline.store_path(settings)) as store:
                pipeline.prepare(store, settings, now=calendar())
                polled(store, settings, calendar, until=NOW + day * DAY)
    finally:
        for origin in origins:
            origin.close()
    assert [fault for p in played for fault in p.judge.faults] == []
    for name, p in zip(TRIED, played, strict=True):
        assert p.judge.requests > 2, name
        if name != "none-slow":
            assert p.judge.unconditional == 1, name


# ---------------------------------------------------------------- what the store remembers

FEED = rss(Post(title="Bridge closed", guid="1"))
SKIPPING = FEED.replace(b"<item>", b"<skipHours><hour>12</hour></skipHours><item>")


def asked_at(store: Store, settings: Settings, now: datetime) -> list[str]:
    """Do one round, and return who was asked in it."""
    engine = HereEngine(settings)
    for _ in pipeline.refresh(store, settings, engine, clock=lambda: now):
        pass
    return sorted(engine.asked)


def test_fifty_restarts_cause_no_request(tmp_path: Path, origin: Origin) -> None:
    settings = a_settings(tmp_path, a_source(origin.say("/feed", FEED)))
    for number in range(50):
        with open_store(pipeline.store_path(settings)) as store:
            now = NOW + number * timedelta(seconds=12)
            pipeline.prepare(store, settings, now=now)
            asked_at(store, settings, now)
    assert len(origin.requests) == 1


def test_a_feed_is_asked_once_however_many_outputs_carry_it(tmp_path: Path, origin: Origin) -> None:
    tags = ("a", "b", "c", "d", "e")
    settings = a_settings(tmp_path, a_source(origin.say("/feed", FEED), tags=tags))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        asked_at(store, settings, NOW)
    assert len(origin.requests) == 1


def test_one_429_is_heard_by_all_feeds_of_a_host_and_by_no_other(tmp_path: Path, origin: Origin) -> None:
    elsewhere = Origin()
    busy = a_source(origin.say("/busy", status=429, headers={"Retry-After": "1800"}), id="busy")
    same = a_source(origin.say("/same", FEED), id="same")
    other = a_source(elsewhere.say("/other", FEED), id="other")
    settings = a_settings(tmp_path, busy)
    try:
        with open_store(pipeline.store_path(settings)) as store:
            pipeline.prepare(store, replace(settings, sources=(busy, same, other)), now=NOW)
            store.sources.claim(now=NOW, lease=HOUR / 60, limit=9, only=frozenset({"same", "other"}))
            assert asked_at(store, settings, NOW) == ["busy"]
            settings = replace(settings, sources=(busy, same, other))
            assert asked_at(store, settings, NOW + HOUR / 4) == ["other"]
            assert asked_at(store, settings, NOW + HOUR / 2) == ["same"]
    finally:
        elsewhere.close()


def test_a_feed_that_waited_behind_a_429_is_held_and_has_not_failed(tmp_path: Path, origin: Origin) -> None:
    gate = Gate()
    busy = a_source(origin.say("/0", status=429, headers={"Retry-After": "600"}, gate=gate), id="busy")
    same = a_source(origin.say("/same", FEED), id="same")
    settings = a_settings(tmp_path, busy, same)
    with open_store(pipeline.store_path(settings)) as store, pipeline.open_workers(settings) as engine:
        pipeline.prepare(store, settings, now=NOW)
        pipeline.send_out(store, settings, engine, now=NOW, only=frozenset({"busy"}))
        gate.wait_until_reached()
        pipeline.send_out(store, settings, engine, now=NOW)
        gate.open()
        reports = dict[str, str]()
        while engine.under_way:
            for harvest in engine.finished(wait=1.0):
                reports[harvest.source_id] = pipeline.take_in(store, settings, harvest, now=NOW).outcome
        assert reports == {"busy": "failed", "same": "held"}
        state = store.sources.get("same")
        assert (state.failures, state.troubles, state.last_tried) == (0, (), None)
        assert NOW + HOUR / 6 <= state.next_due <= NOW + HOUR / 4
    assert asked_after(settings, state.next_due) == ["same"]


def asked_after(settings: Settings, now: datetime) -> list[str]:
    with open_store(pipeline.store_path(settings)) as store:
        return asked_at(store, settings, now)


def test_a_429_behind_a_redirect_holds_back_nobody_else(
    tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2025-68148: a feed that redirects to a host which has had enough must not silence its neighbors."""
    monkeypatch.setattr(guard, "is_public", lambda _: True)
    monkeypatch.setattr(guard, "is_ours", lambda _: False)
    victim = Origin()
    enough = victim.say("/x", status=429, headers={"Retry-After": "9999"})
    poison = a_source(origin.redirect("/poison", enough), id="poison")
    neighbor = a_source(origin.say("/feed", FEED), id="neighbor")
    settings = a_settings(tmp_path, poison, neighbor)
    try:
        with open_store(pipeline.store_path(settings)) as store:
            pipeline.prepare(store, settings, now=NOW)
            asked_at(store, settings, NOW)
            assert store.sources.get("poison").troubles[0].status == 429
            assert store.sources.get("neighbor").next_due <= NOW + 2.2 * HOUR
            assert asked_at(store, settings, NOW + 2.2 * HOUR) == ["neighbor"]
    finally:
        victim.close()


def test_a_feed_that_is_overdue_is_not_asked_in_its_hours_of_rest(tmp_path: Path, origin: Origin) -> None:
    settings = a_settings(tmp_path, a_source(origin.say("/feed", SKIPPING)))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        assert asked_at(store, settings, NOW) == ["north"]
        tomorrow = NOW.replace(hour=12) + DAY
        assert asked_at(store, settings, tomorrow) == []
        assert asked_at(store, settings, tomorrow + HOUR / 2) == []
        assert asked_at(store, settings, tomorrow + 1.5 * HOUR) == ["north"]


def test_a_feed_that_is_gone_is_asked_again_only_by_name(tmp_path: Path, origin: Origin) -> None:
    settings = a_settings(tmp_path, a_source(origin.say("/feed", status=410)))
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        for hours in range(0, 2000, 3):
            asked_at(store, settings, NOW + hours * HOUR)
        assert len(origin.requests) == 2
        assert store.sources.get("north").stopped == "gone"
        origin.say("/feed", FEED)
        engine, only = HereEngine(settings), frozenset({"north"})
        list(pipeline.refresh(store, settings, engine, clock=lambda: NOW + 100 * DAY, only=only))
        assert store.sources.get("north").stopped == ""
        assert asked_at(store, settings, NOW + 101 * DAY) == ["north"]


def test_a_feed_changes_nothing_of_its_neighbor(tmp_path: Path, origin: Origin) -> None:
    """It claims the other's ids, addresses and names, and asks never to be asked: nobody notices."""
    post = Post(title="Bridge closed", text="As it was.", link="https://north.example/1", guid="urn:1")
    north = a_source(origin.say("/north", rss(post)))
    mask = rss(replace(post, title="Bridge open", text="Lies.")).replace(
        b"<item>", b"<ttl>99999</ttl><item>", 1
    )
    poison = a_source(origin.say("/poison", mask, headers={"Retry-After": "999999"}), id="poison")
    settings = a_settings(tmp_path, north, poison)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        asked_at(store, settings, NOW)
        before = store.sources.get("north")
        for hours in range(26, 130, 26):
            asked_at(store, settings, NOW + hours * HOUR)
        after = store.sources.get("north")
        rows = store._db.execute("SELECT source_id, title FROM entries ORDER BY source_id").fetchall()
    assert rows == [("north", "Bridge closed"), ("poison", "Bridge open")]
    assert (after.feed, after.failures, after.stopped) == (before.feed, 0, "")
    assert after.next_due <= NOW + (104 + 1.1) * HOUR


def test_many_new_feeds_are_not_asked_at_once_unless_it_is_the_only_time(
    tmp_path: Path, origin: Origin
) -> None:
    sources = [a_source(origin.say(f"/{n}", FEED), id=f"feed-{n}") for n in range(90)]
    settings = a_settings(tmp_path, *sources)
    with open_store(pipeline.store_path(settings)) as store:
        pipeline.prepare(store, settings, now=NOW)
        first = store.sources.claim(now=NOW, lease=HOUR, limit=999)
        assert len(first) == 30
        last = max(state.next_due for state in store.sources.all())
        assert NOW + HOUR * 0.9 < last < NOW + HOUR
    once = replace(settings, data=str(tmp_path / "once"))
    with open_store(pipeline.store_path(once)) as store:
        pipeline.prepare(store, once, now=NOW, is_spread=False)
        assert len(store.sources.claim(now=NOW, lease=HOUR, limit=999)) == 90


def test_a_feed_that_one_knows_is_not_new_again(tmp_path: Path, origin: Origin) -> None:
    sources = [a_source(origin.say(f"/{n}", FEED), id=f"feed-{n}") for n in range(40)]
    settings = a_settings(tmp_path, *sources)
    with open_store(pipeline.store_path(settings)) as store:
        for minutes in (0, 30):
            pipeline.prepare(store, settings, now=NOW + minutes * timedelta(minutes=1))
        assert max(state.next_due for state in store.sources.all()) < NOW + HOUR


def test_the_origin_sees_what_a_judge_must_know(origin: Origin) -> None:
    judge = Judge(address="x")
    judge.hear(Asked(at=NOW, address="x", headers={}), Said(status=503))
    assert (judge.requests, judge.unconditional, judge.faults) == (1, 1, [])
