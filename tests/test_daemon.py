"""The daemon serves while it ingests, comes back when a source is due, survives faults, ends when told."""

import asyncio
import logging
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

import feedparser
import pytest

from aggregator import daemon, pipeline
from aggregator.daemon import PUBLISH_EVERY, run_forever
from aggregator.errors import OutputError
from aggregator.settings import Server, Settings, Site
from tests.world import (
    BRIDGE,
    CHESS,
    HOUR,
    NOW,
    PATIENCE,
    Gate,
    Origin,
    Post,
    a_settings,
    a_source,
    article,
    rss,
)

BRIDGE_POST = Post(title="Bridge closed", text=BRIDGE, guid="urn:bridge")
CHESS_POST = Post(title="Chess", text=CHESS, guid="urn:chess")


class Journal(logging.Handler):
    """What the daemon said, to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self._said.put(record.getMessage())

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the next line that matches; lines before it are passed over."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._said.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"nobody said {pattern!r}")
            if match := re.search(pattern, line):
                return match


class Clock:
    """Time that stands still until it is told to move; who waits for a beat waits until it was read again."""

    def __init__(self) -> None:
        self._now = NOW
        self._read = 0
        self._changed = threading.Condition()

    def __call__(self) -> datetime:
        with self._changed:
            self._read += 1
            self._changed.notify_all()
            return self._now

    def move_on(self, by: timedelta = 2 * HOUR) -> None:
        self._now += by

    def wait_for_beats(self, count: int) -> None:
        with self._changed:
            end = self._read + count
            assert self._changed.wait_for(lambda: self._read >= end, PATIENCE), "it stands still"


@pytest.fixture
def journal() -> Iterator[Journal]:
    log, handler = logging.getLogger("aggregator"), Journal()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of our own, and a quick heart: how often it beats is nobody's promise."""
    monkeypatch.setattr(daemon, "HEARTBEAT", 0.05)
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    source = a_source(origin.say("/north", rss(BRIDGE_POST)))
    return a_settings(tmp_path, source, site=Site(title="Planet", url="http://127.0.0.1:0/"))


def live(settings: Settings, clock: Clock, scenario: Callable[[Settings], None]) -> None:
    """Run the daemon in this process, with a scenario beside it; tell it to end when that is over."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        started: asyncio.Future[Settings] = loop.create_future()
        running = asyncio.ensure_future(run_forever(settings, announce=started.set_result, clock=clock))
        either: set[asyncio.Future[Any]] = {running, started}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        try:
            if started.done():
                await asyncio.to_thread(scenario, started.result())
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await running

    asyncio.run(main())


def get(settings: Settings, path: str) -> bytes:
    with urlopen(settings.site.url + path, timeout=PATIENCE) as reply:
        content: bytes = reply.read()
    return content


def titles(settings: Settings) -> set[str]:
    return {entry.title for entry in feedparser.parse(get(settings, "atom.xml")).entries}


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

    def publish(*arguments: object) -> tuple[int, int]:
        if faults:
            raise faults.pop()
        return really_publish(*arguments)  # type: ignore[arg-type]

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


class Process:
    """The daemon as its users start it; what it says comes line by line."""

    def __init__(self, folder: Path, text: str) -> None:
        (folder / "feeds.yaml").write_text(text)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "run"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.journal = Journal()
        assert self.process.stdout
        self._thread = threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True)
        self._thread.start()

    def _listen(self, said: IO[str]) -> None:
        for line in said:
            self.journal._said.put(line)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join()
        assert self.process.stdout
        self.process.stdout.close()


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
