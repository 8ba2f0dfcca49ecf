"""Where feeds give teasers only, texts are brought from pages: politely, once, and no reader is disturbed."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.daemon.walk import PUBLISH_EVERY
from aggregator.errors import ConfigError
from aggregator.fetch.manners import Host, Place, Turns
from aggregator.policy.pages import MOST_A_DAY, MOST_AT_FIRST, PATIENCE, RETRY
from aggregator.settings import Settings, Site, Source, Storage
from aggregator.store import Store, open_store
from tests.living import Clock, Journal, live, titles
from tests.pages import COOKIES, HTML, STORY, a_page
from tests.test_cli import Command, data, run  # noqa: F401 -- a fixture
from tests.world import (
    CHESS,
    DAY,
    HOUR,
    NOW,
    Answer,
    Gate,
    HereEngine,
    Origin,
    Post,
    a_round,
    a_settings,
    a_source,
    rss,
    walk,
)

pytest.importorskip("readability", reason="the extra `fulltext` is not installed")

TEASER = "The old iron bridge over the Wirra river in Karlstad was closed on Tuesday after …"
LAST = STORY[-1]


def a_post(origin: Origin, name: str = "bridge", **given: Any) -> Post:
    told: dict[str, Any] = {"title": "Bridge closed", "text": TEASER, "guid": f"urn:{name}"}
    return Post(**told | {"link": f"{origin.url}/{name}"} | given)


def a_feed(origin: Origin, *posts: Post, path: str = "/feed") -> Source:
    return a_source(origin.say(path, rss(*posts)), fetch_pages=True, full_text=True)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    """One source whose feed gives one teaser, and the page of that."""
    origin.say("/bridge", a_page(), headers=HTML)
    return a_settings(tmp_path, a_feed(origin, a_post(origin)))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(pipeline.store_path(settings)) as opened:
        yield opened


def of(settings: Settings, **given: Any) -> Settings:
    """Let the one source be another in some ways."""
    return replace(settings, sources=(replace(settings.sources[0], **given),))


def items(settings: Settings) -> list[dict[str, Any]]:
    found = json.loads((pipeline.public_folder(settings) / "feed.json").read_bytes())["items"]
    return list(found)


def troubles(store: Store) -> dict[str, int]:
    return dict(pair for tally in store.texts.tally() for pair in tally.refused)


# ---------------------------------------------------------------- what readers get


def test_an_entry_is_published_with_the_text_of_its_page_and_the_dates_of_its_feed(
    settings: Settings,
) -> None:
    a_round(settings)
    (item,) = items(settings)
    assert all(paragraph in item["content_html"] for paragraph in STORY)
    assert COOKIES not in item["content_html"]
    assert item["date_published"] == "2026-11-22T09:00:00Z"
    assert "date_modified" not in item or item["date_modified"] == item["date_published"]


def test_without_the_right_to_publish_it_whole_an_excerpt_goes_out_as_ever(settings: Settings) -> None:
    a_round(of(settings, full_text=False))
    (item,) = items(settings)
    assert TEASER in item["content_html"]
    assert LAST not in item["content_html"]


def test_an_entry_of_which_the_feed_tells_nothing_gets_an_excerpt_of_its_page(
    settings: Settings, origin: Origin, store: Store
) -> None:
    source = a_feed(origin, a_post(origin, text=""))
    settings = of(settings, url=source.url, full_text=False)
    walk(store, settings)
    assert STORY[0] in items(settings)[0]["content_html"]
    assert LAST not in items(settings)[0]["content_html"]
    a_feed(origin, a_post(origin, text="", title="Bridge shut"))
    walk(store, settings, now=NOW + DAY)
    assert items(settings)[0]["title"] == "Bridge shut"
    assert STORY[0] in items(settings)[0]["content_html"]


def test_by_default_no_page_is_asked_for(settings: Settings, origin: Origin) -> None:
    a_round(of(settings, fetch_pages=False))
    assert not origin.asked("/bridge")
    assert TEASER in items(settings)[0]["content_html"]


def test_an_entry_waits_a_moment_for_its_page_and_no_longer(settings: Settings, store: Store) -> None:
    desk, engine = pipeline.open_desk(store, settings), HereEngine(settings)
    list(pipeline.refresh(store, pipeline.prepare(store, settings, now=NOW), engine, clock=lambda: NOW))
    assert pipeline.regroup(store, desk, now=NOW) == 0
    assert not store.texts.release(now=NOW + PATIENCE - timedelta(seconds=1))
    assert store.texts.release(now=NOW + PATIENCE)
    assert pipeline.regroup(store, desk, now=NOW + PATIENCE) == 1


def test_a_text_that_comes_later_changes_the_content_once_and_nothing_else(
    settings: Settings, origin: Origin, store: Store
) -> None:
    page = Answer(body=a_page(), headers=HTML)
    origin.say_in_turn("/bridge", Answer(status=503), page)
    walk(store, settings)
    (before,) = items(settings)
    assert TEASER in before["content_html"]
    walk(store, settings, now=NOW + 2 * RETRY)
    (after,) = items(settings)
    assert LAST in after["content_html"]
    same = [{k: v for k, v in item.items() if not k.startswith("content")} for item in (before, after)]
    assert same[0] == same[1]
    walk(store, settings, now=NOW + DAY)
    assert items(settings) == [after]


def test_a_feed_that_tells_all_by_itself_later_has_the_last_word(
    settings: Settings, origin: Origin, store: Store
) -> None:
    walk(store, settings)
    whole = " ".join([*STORY, "Nobody was hurt, said the railway, and ferries are free of charge."] * 2)
    a_feed(origin, a_post(origin, text=whole))
    walk(store, settings, now=NOW + DAY)
    assert "ferries are free of charge" in items(settings)[0]["content_html"]


def test_a_small_change_in_the_feed_leaves_the_text_and_the_date(
    settings: Settings, origin: Origin, store: Store
) -> None:
    walk(store, settings)
    (before,) = items(settings)
    a_feed(origin, a_post(origin, text=TEASER.replace("closed", "shut")))
    walk(store, settings, now=NOW + DAY)
    (after,) = items(settings)
    assert after["summary"] != before["summary"]
    assert {**after, "summary": ""} == {**before, "summary": ""}


# ---------------------------------------------------------------- what pages see


def test_a_page_is_asked_for_once_whatever_its_feed_does(
    settings: Settings, origin: Origin, store: Store
) -> None:
    for days in range(5):
        a_feed(origin, a_post(origin, title=f"Bridge closed, day {days}", text=f"{days} {TEASER}"))
        walk(store, settings, now=NOW + days * DAY)
    assert len(origin.asked("/bridge")) == 1


def test_entries_of_two_sources_share_one_request(settings: Settings, origin: Origin, store: Store) -> None:
    south = replace(a_feed(origin, a_post(origin, title="Bridge shut"), path="/south"), id="south")
    settings = replace(settings, sources=(*settings.sources, south))
    walk(store, settings)
    assert len(origin.asked("/bridge")) == 1
    assert [tally.brought for tally in store.texts.tally()] == [1, 1]


def test_the_backlog_of_a_new_source_is_not_crawled(settings: Settings, origin: Origin, store: Store) -> None:
    names = [f"page{number}" for number in range(30)]
    for name in names:
        origin.say(f"/{name}", a_page(), headers=HTML)
    posts = [a_post(origin, name, at=NOW - (n + 1) * HOUR) for n, name in enumerate(names)]
    a_feed(origin, *posts)
    walk(store, settings)
    assert [name for name in names if origin.asked(f"/{name}")] == names[:MOST_AT_FIRST]


def test_a_host_has_a_day_off_after_so_many_pages(
    settings: Settings, origin: Origin, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_A_DAY > MOST_AT_FIRST > 3
    monkeypatch.setattr("aggregator.pipeline.pages.MOST_A_DAY", 3)
    names = [f"page{number}" for number in range(4)]
    for name in names:
        origin.say(f"/{name}", a_page(), headers=HTML)
    a_feed(origin, *(a_post(origin, name) for name in names))
    walk(store, settings)
    assert sum(len(origin.asked(f"/{name}")) for name in names) == 3
    walk(store, settings, now=NOW + DAY)
    assert [len(origin.asked(f"/{name}")) for name in names] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        pytest.param(Answer(status=404), "http status: HTTP 404 not found", id="not there"),
        pytest.param(
            Answer(body=a_page(*[COOKIES] * 9), headers=HTML),
            "it tells of something else than the entry",
            id="a wall",
        ),
        pytest.param(
            Answer(body=b"%PDF", headers={"Content-Type": "application/pdf"}),
            "not a page: it is application/pdf",
            id="no page",
        ),
        pytest.param(Answer(status=304), "not a page: HTTP 304, as if we had it", id="unchanged"),
        pytest.param(Answer(headers=HTML), "not a page: no text was found in it", id="empty"),
    ],
)
def test_a_page_that_does_not_help_is_remembered_with_the_reason_and_left_alone(
    settings: Settings, origin: Origin, store: Store, answer: Answer, because: str
) -> None:
    origin.say_in_turn("/bridge", answer)
    for days in range(3):
        walk(store, settings, now=NOW + days * DAY)
    assert len(origin.asked("/bridge")) == 1
    assert troubles(store) == {because: 1}
    assert TEASER in items(settings)[0]["content_html"]


def test_what_may_pass_is_asked_for_three_times_in_all(
    settings: Settings, origin: Origin, store: Store
) -> None:
    origin.say("/bridge", status=500)
    for hours in range(0, 60, 2):
        walk(store, settings, now=NOW + hours * HOUR)
    assert len(origin.asked("/bridge")) == 3
    assert list(troubles(store)) == ["http status: HTTP 500 internal server error"]


def test_robots_txt_keeps_us_from_pages_even_where_the_source_overrules_it_for_its_feed(
    settings: Settings, origin: Origin, store: Store
) -> None:
    origin.say("/robots.txt", b"User-agent: *\nDisallow: /bridge\n")
    assert not settings.sources[0].obey_robots
    walk(store, settings)
    assert not origin.asked("/bridge")
    assert list(troubles(store)) == ["robots.txt: its robots.txt asks us to stay away"]


def test_a_host_that_has_enough_of_pages_is_asked_for_no_feed_either(
    settings: Settings, origin: Origin, store: Store
) -> None:
    origin.say("/bridge", status=429, headers={"Retry-After": "7200"})
    walk(store, of(settings, every=timedelta(minutes=1)))
    assert store.sources.get("north").next_due >= NOW + HOUR
    walk(store, settings, now=NOW + 0.9 * RETRY)
    assert (len(origin.asked("/bridge")), len(origin.asked("/feed"))) == (1, 1)


def test_a_feed_cannot_have_a_private_host_asked_that_is_not_its_own(
    settings: Settings, origin: Origin, store: Store
) -> None:
    other = Origin()
    try:
        other.say("/secret", a_page(), headers=HTML)
        a_feed(origin, a_post(origin, link=f"{other.url}/secret"))
        walk(store, settings)
        assert other.connections == 0
        assert "private network" in next(iter(troubles(store)))
    finally:
        other.close()


def test_the_daemon_asks_for_one_page_at_a_time_with_a_pause(
    tmp_path: Path, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When each was sent says the sender: when it comes, the load of this machine has a say in."""
    turn, turns, names = Turns.turn, list[float](), ["bridge", "ferry", "report"]

    @asynccontextmanager
    async def noted(self: Turns, host: str, place: Place | None = None) -> AsyncIterator[Host]:
        async with turn(self, host, place) as state:
            turns.append(state.free_at)
            yield state

    monkeypatch.setattr(Turns, "turn", noted)
    for name in names:
        origin.say(f"/{name}", a_page(), headers=HTML)
    feed = a_feed(origin, *(a_post(origin, name) for name in names))
    settings = a_settings(tmp_path, feed)
    settings = replace(settings, fetch=replace(settings.fetch, host_delay=timedelta(seconds=0.2)))

    def watch(_: Settings) -> None:
        for _name in names:
            journal.wait_for(r"^asked page=\S+ source=north characters=")

    live(settings, clock, watch)
    assert LAST in items(settings)[0]["content_html"]
    assert origin.most_at_once == 1
    assert len(origin.asked("/robots.txt")) == 1
    assert len(turns) == len(origin.requests) == len(names) + 2  # the feed and robots.txt
    assert all(later - sooner >= 0.199 for sooner, later in pairwise(turns))


def test_what_is_published_waits_for_no_page_of_another_source(
    tmp_path: Path, origin: Origin, clock: Clock
) -> None:
    gate, north = Gate(), a_feed(origin, a_post(origin))
    origin.say("/bridge", a_page(), headers=HTML, gate=gate)
    url = origin.say("/south", rss(Post(title="Okonkwo wins", text=CHESS, guid="urn:chess")))
    settings = a_settings(tmp_path, north, a_source(url, id="south"), site=Site(url="http://127.0.0.1:0/"))

    def watch(reached: Settings) -> None:
        gate.wait_until_reached()
        clock.move_on(PUBLISH_EVERY)
        while titles(reached) != {"Okonkwo wins"}:
            clock.wait_for_beats(1)
        clock.move_on(PATIENCE)
        while titles(reached) != {"Okonkwo wins", "Bridge closed"}:
            clock.wait_for_beats(1)
        gate.open()

    live(settings, clock, watch)


# ---------------------------------------------------------------- what is kept


def test_what_is_taken_down_is_forgotten_with_the_text_of_its_page(settings: Settings, store: Store) -> None:
    walk(store, settings)
    (entry_id,) = [brief.entry_id for brief, _ in store.entries.in_order()]
    assert store.texts.of([entry_id])
    with store.transaction():
        store.takedowns.ask("entry", entry_id)
        store.takedowns.carry_out(at=NOW)
    assert not store.texts.of([entry_id])


@pytest.mark.parametrize("is_whole", [True, False])
def test_texts_are_let_go_of_in_time_unless_they_are_published(
    settings: Settings, store: Store, is_whole: bool
) -> None:
    settings = replace(of(settings, full_text=is_whole), storage=Storage(keep=30 * DAY))
    walk(store, settings)
    (entry_id,) = [brief.entry_id for brief, _ in store.entries.in_order()]
    pipeline.tidy(store, settings, now=NOW + 29 * DAY)
    assert store.texts.of([entry_id])
    pipeline.tidy(store, settings, now=NOW + 31 * DAY)
    assert bool(store.texts.of([entry_id])) is is_whole


def test_a_wish_whose_source_wants_no_pages_any_more_is_dropped(
    settings: Settings, origin: Origin, store: Store
) -> None:
    origin.say("/bridge", status=503)
    walk(store, settings)
    walk(store, of(settings, fetch_pages=False), now=NOW + DAY)
    assert len(origin.asked("/bridge")) == 1
    assert not store.texts.tally()


def test_a_clock_that_is_set_moves_the_next_attempt_with_it(
    settings: Settings, origin: Origin, store: Store
) -> None:
    origin.say("/bridge", status=503)
    walk(store, settings)
    pipeline.move_clock(store, by=timedelta(days=-300), now=NOW - 300 * DAY)
    walk(store, settings, now=NOW - 300 * DAY + 2 * RETRY)
    assert len(origin.asked("/bridge")) == 2


def test_status_says_what_became_of_pages_and_why(
    tmp_path: Path,
    origin: Origin,
    run: Command,  # noqa: F811
) -> None:
    posts = [a_post(origin), *(a_post(origin, name) for name in ("gone", "lost"))]
    origin.say("/bridge", a_page(), headers=HTML)
    url = origin.say("/feed", rss(*posts))
    Path("feeds.yaml").write_text(
        f"fetch:\n  host_delay: 0s\nsources:\n  - id: north\n    url: {url}\n    fetch_pages: true\n"
        "    allow_private: true\n"
    )
    assert run("run", "--once").exit_code == 0
    told = "Pages of north: 1 brought, 0 waiting, 2 refused (2 http status: HTTP 404 not found)."
    assert told in run("status").stdout
    tally = {"source_id": "north", "brought": 1, "waiting": 0}
    assert data(run("status", "--json"))["pages"] == [
        tally | {"refused": [["http status: HTTP 404 not found", 2]]}
    ]


def test_a_page_can_be_looked_at_before_it_is_wanted(origin: Origin, run: Command) -> None:  # noqa: F811
    url = origin.say("/bridge", a_page(), headers=HTML)
    (found,) = data(run("inspect", "--page", url))["documents"]
    assert found["page"]["text"] == "\n".join(STORY)
    origin.say("/robots.txt", b"User-agent: *\nDisallow: /\n")
    result = run("inspect", "--page", url)
    assert (result.exit_code, result.stderr) == (
        1,
        "aggregator: robots.txt: its robots.txt asks us to stay away\n",
    )


def test_without_the_extra_the_configuration_says_which_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text("sources:\n  - url: https://north.example/feed\n    fetch_pages: true\n")
    assert load_settings(file).sources[0].fetch_pages
    monkeypatch.setattr("aggregator.config.beside.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"feeds\.yaml:3: .*pip install 'aggregator\[fulltext\]'"):
        load_settings(file)
