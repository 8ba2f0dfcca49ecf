"""The daemon serves while it ingests, comes back when a source is due, survives faults, ends when told."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import feedparser
import pytest

from aggregator import pipeline
from aggregator.daemon.walk import PUBLISH_EVERY
from aggregator.errors import OutputError
from aggregator.settings import Output, Server, Settings, Site
from tests.living import BRIDGE_POST, CHESS_POST, Clock, Journal, Process, get, live, titles
from tests.world import (
    CHESS,
    PATIENCE,
    Gate,
    Origin,
    a_settings,
    a_source,
    article,
    rss,
)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    source = a_source(origin.say("/north", rss(BRIDGE_POST)))
    return a_settings(tmp_path, source, site=Site(title="Planet", url="http://127.0.0.1:0/"))


# ---------------------------------------------------------------- in this process


def test_it_serves_what_it_ingested_under_the_port_it_got(
    settings: Settings, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*/", started.site.url)
        journal.wait_for(r"refreshed source=north outcome=fresh new=1 changed=0")
        journal.wait_for(r"published placed=1 written=\d+ removed=0")
        assert titles(started) == {"Bridge closed"}
        assert f'href="{started.site.url}atom.xml"'.encode() in get(started, "atom.xml")

    live(settings, clock, scenario)


def test_it_finds_what_it_ingested(settings: Settings, clock: Clock, journal: Journal) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        assert b"Bridge closed" in get(started, "search/?q=bridge")
        assert get(started, "search?q=bridge") == get(started, "search/?q=bridge")
        feed = feedparser.parse(get(started, "search/atom.xml?q=bridge"))
        assert [entry.title for entry in feed.entries] == ["Bridge closed"]
        assert feed.feed.links[0].href == f"{started.site.url}search/atom.xml?q=bridge"

    live(settings, clock, scenario)


def test_a_site_without_a_search_answers_none(settings: Settings, clock: Clock, journal: Journal) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        with pytest.raises(HTTPError, match="404"):
            get(started, "search/?q=bridge")

    live(replace(settings, site=replace(settings.site, search=False)), clock, scenario)


def test_a_feed_that_outgrows_its_readers_is_named_once(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = Output(name="mine", token="s3cr3t", formats=("json",))
    monkeypatch.setattr("aggregator.pipeline.weight.MOST_BYTES", 1000)

    def scenario(started: Settings) -> None:
        line = journal.wait_for("weighed feeds.*")[0]
        assert "'atom.xml, feed.json, mine/feed.json, rss.xml'" in line
        origin.say("/north", rss(BRIDGE_POST, CHESS_POST))
        clock.move_on()
        journal.wait_for("published placed=1")
        monkeypatch.setattr("aggregator.pipeline.weight.MOST_BYTES", 100_000)
        origin.say("/north", rss(BRIDGE_POST))
        clock.move_on()
        assert "which=''" in journal.wait_for("weighed feeds.*")[0]

    live(replace(settings, outputs=(hidden,)), clock, scenario)


def test_it_picks_up_a_changed_feed_on_a_later_beat(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        origin.say("/north", rss(BRIDGE_POST, CHESS_POST))
        clock.move_on()
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed", "Chess"}

    live(settings, clock, scenario)


def test_it_asks_nobody_before_it_is_due(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    def scenario(_: Settings) -> None:
        journal.wait_for("published placed=1")
        clock.wait_for_beats(2)
        assert len(origin.requests) == 1

    live(settings, clock, scenario)


def test_it_asks_nobody_earlier_because_it_was_started_again(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    live(settings, clock, lambda _: journal.wait_for("published placed=1") and None)

    def scenario(started: Settings) -> None:
        clock.wait_for_beats(2)
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)
    assert len(origin.requests) == 1


def test_what_did_not_change_is_not_published_again(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    def scenario(_: Settings) -> None:
        journal.wait_for("published placed=1")
        path = pipeline.public_folder(settings) / "atom.xml"
        before = path.stat()
        clock.move_on()
        journal.wait_for("refreshed source=north outcome=unchanged")
        clock.wait_for_beats(2)
        after = path.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    live(settings, clock, scenario)


def test_a_slow_source_holds_up_neither_the_others_nor_the_subscribers(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    other, gate = Origin(), Gate()
    slow = a_source(other.say("/slow", rss(CHESS_POST), gate=gate), id="slow")
    settings = replace(settings, sources=(*settings.sources, slow))

    def scenario(started: Settings) -> None:
        gate.wait_until_reached()
        journal.wait_for("refreshed source=north")
        clock.move_on(PUBLISH_EVERY)
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}
        gate.open()
        journal.wait_for("refreshed source=slow")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed", "Chess"}

    try:
        live(settings, clock, scenario)
    finally:
        other.close()


def test_sources_are_asked_while_what_is_known_of_live_entries_is_rebuilt(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    origin.say("/north", rss(BRIDGE_POST), gate=gate)
    really_open = pipeline.open_desk

    def open_desk(*arguments: Any) -> object:
        gate.wait_until_reached()
        gate.open()
        return really_open(*arguments)

    monkeypatch.setattr(pipeline, "open_desk", open_desk)

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)


def test_a_source_in_trouble_is_a_warning_with_its_cause(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    origin.say("/north", status=503)

    def scenario(_: Settings) -> None:
        match = journal.wait_for(r"refreshed source=north outcome=failed new=0 changed=0 trouble=(.*)")
        assert "503" in match[1]

    live(settings, clock, scenario)


def test_a_fault_of_ours_is_shown_whole_and_does_not_end_the_service(
    settings: Settings, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_publish, faults = pipeline.publish, [ZeroDivisionError("ours")]

    def publish(*arguments: Any, **options: Any) -> tuple[int, int]:
        if faults:
            raise faults.pop()
        return really_publish(*arguments, **options)

    monkeypatch.setattr(pipeline, "publish", publish)

    def scenario(started: Settings) -> None:
        journal.wait_for("failed room=corridor")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)


def test_a_fault_in_grouping_is_mended_from_the_store(
    settings: Settings, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_regroup, faults = pipeline.regroup, [ZeroDivisionError("ours")]

    def regroup(store: object, desk: object, *, now: datetime) -> int:
        placed = really_regroup(store, desk, now=now) if not faults else 0  # type: ignore[arg-type]
        if faults:
            raise faults.pop()
        return placed

    monkeypatch.setattr(pipeline, "regroup", regroup)

    def scenario(started: Settings) -> None:
        journal.wait_for("failed room=corridor")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)


def test_local_articles_are_found_while_it_runs(
    settings: Settings, tmp_path: Path, clock: Clock, journal: Journal
) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    settings = replace(settings, sources=(a_source(id="seeds", path="seeds/*.txt"),))

    def scenario(started: Settings) -> None:
        journal.wait_for("refreshed source=seeds outcome=failed")
        (folder / "a.txt").write_text(article("Our headline", CHESS))
        clock.move_on()
        journal.wait_for("refreshed source=seeds outcome=fresh new=1")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Our headline"}

    live(settings, clock, scenario)


def test_it_ends_while_an_origin_keeps_it_waiting(settings: Settings, origin: Origin, clock: Clock) -> None:
    gate = Gate()
    origin.say("/north", gate=gate)
    live(settings, clock, lambda _: gate.wait_until_reached())


def test_the_address_that_the_operator_gave_stays(settings: Settings, clock: Clock, journal: Journal) -> None:
    settings = replace(settings, site=Site(url="https://planet.example/"))
    live(settings, clock, lambda _: journal.wait_for("published") and None)
    assert b"https://planet.example/atom.xml" in (pipeline.public_folder(settings) / "atom.xml").read_bytes()


def test_a_port_that_is_taken_ends_it_before_it_asks_anybody(
    settings: Settings, origin: Origin, clock: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = replace(settings, server=Server(port=taken.getsockname()[1]))
        with pytest.raises(OutputError, match="cannot be listened on"):
            live(settings, clock, lambda _: pytest.fail("it listens"))
    assert origin.requests == []


# ---------------------------------------------------------------- as a process


CONFIG = """
site: {{title: Planet}}
server: {{port: 0}}
fetch: {{host_delay: 0s, workers: 1}}
sources:
  - id: north
    url: {url}
    every: 1s
    allow_private: true
"""


@pytest.fixture
def start(tmp_path: Path, origin: Origin) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def run() -> Process:
        url = origin.say("/north", rss(BRIDGE_POST))
        started.append(Process(tmp_path, CONFIG.format(url=url)))
        return started[-1]

    yield run
    for process in started:
        process.close()


def test_ctrl_c_ends_it_cleanly_even_while_it_starts(start: Callable[[], Process]) -> None:
    process = start()
    process.journal.wait_for("Subscribe to")
    assert process.end(signal.SIGINT) == 0


def test_it_does_all_it_is_for(start: Callable[[], Process], origin: Origin) -> None:
    process = start()
    address = process.journal.wait_for(r"(http://127\.0\.0\.1:\d+/atom\.xml)  Atom")[1]
    process.journal.wait_for(r"Watching 1 sources")
    process.journal.wait_for(
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO refreshed source=north outcome=fresh new=1"
    )
    process.journal.wait_for(r"INFO published placed=1")
    settings = Settings(site=Site(url=address.removesuffix("atom.xml")))
    assert titles(settings) == {"Bridge closed"}
    origin.say("/north", rss(BRIDGE_POST, CHESS_POST))
    process.journal.wait_for(r"INFO published placed=1")
    assert titles(settings) == {"Bridge closed", "Chess"}
    assert process.end() == 0


def test_the_second_daemon_goes_at_once_and_names_the_first(
    start: Callable[[], Process], tmp_path: Path
) -> None:
    first = start()
    first.journal.wait_for("Subscribe to")
    second = subprocess.run(
        [sys.executable, "-m", "aggregator", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert second.returncode == 75
    assert f"process {first.process.pid}" in second.stderr
    assert (tmp_path / "data" / "aggregator.lock").read_text() == f"{first.process.pid}\n"


def test_a_second_signal_ends_it_in_the_middle(start: Callable[[], Process]) -> None:
    process = start()
    process.journal.wait_for("Subscribe to")
    process.process.send_signal(signal.SIGTERM)
    process.journal.wait_for("stopping")
    assert process.end(signal.SIGTERM) in (0, -signal.SIGTERM)  # it may be gone before
