"""The daemon bears what comes: disks, locks, clocks, damage, wrong configurations, faults of ours."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from aggregator import pipeline, store
from aggregator.config import load_settings, parse_settings
from aggregator.errors import ConfigError, CrashedError
from aggregator.notify import Manager
from aggregator.settings import Settings, Site, Storage
from tests.living import BRIDGE_POST, CHESS_POST, Clock, Journal, get, live, titles
from tests.test_mutations import mutated
from tests.world import DAY, HOUR, PATIENCE, Gate, Origin, a_round, a_settings, a_source, rss

MINUTE = timedelta(minutes=1)


@pytest.fixture
def settings(tmp_path: Path, origin: Origin) -> Settings:
    source = a_source(origin.say("/north", rss(BRIDGE_POST)))
    return a_settings(tmp_path, source, site=Site(title="Planet", url="http://127.0.0.1:0/"))


def stored(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(pipeline.store_path(settings))) as connection:
        return [row[0] for row in connection.execute("SELECT title FROM entries ORDER BY title")]


def health(port: str) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def with_status(settings: Settings) -> Settings:
    return replace(settings, server=replace(settings.server, status_port=0))


# ---------------------------------------------------------------- the disk


def test_with_too_little_room_nothing_is_fetched_and_serving_goes_on(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    a_round(settings)
    origin.say("/north", rss(CHESS_POST))
    settings = with_status(replace(settings, storage=Storage(least_free=10**18)))

    def scenario(started: Settings) -> None:
        port = journal.wait_for(r"status=http://127\.0\.0\.1:(\d+)")[1]
        journal.wait_for("paused fetching")
        clock.move_on(DAY)
        clock.wait_for_beats(6)
        assert len(origin.requests) == 1
        assert titles(started) == {"Bridge closed"}
        code, told = health(port)
        assert (code, told["status"]) == (503, "failing")
        assert "bytes are free" in told["wrong"][0]

    live(settings, clock, scenario)


def test_a_full_disk_is_waited_out_and_nothing_is_lost(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is a small one of its own, where this machine lets us have one."""
    data = Path(settings.data)
    data.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "small", data], capture_output=True
    ).returncode:
        pytest.skip("no disk of our own can be mounted here")
    settings = replace(settings, storage=Storage(least_free=0, backups=False))

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        _fill(data / "ballast")
        origin.say("/north", rss(BRIDGE_POST, replace(CHESS_POST, text=CHESS_POST.text * 40)))
        clock.move_on()
        journal.wait_for("waiting because=full")
        assert titles(started) == {"Bridge closed"}
        (data / "ballast").unlink()
        clock.move_on(MINUTE)
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed", "Chess"}
        assert len(origin.requests) == 2

    try:
        live(settings, clock, scenario)
        assert stored(settings) == ["Bridge closed", "Chess"]
    finally:
        subprocess.run(["umount", "-l", data], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


def test_a_store_that_another_holds_is_waited_for_and_nothing_is_asked_twice(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_WRITING", ("busy_timeout = 20", *store._WRITING[1:]))
    gate = Gate()
    origin.say("/north", rss(BRIDGE_POST), gate=gate)

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=0")
        gate.wait_until_reached()
        with closing(sqlite3.connect(pipeline.store_path(settings), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            gate.open()
            journal.wait_for("waiting because=locked")
            assert titles(started) == set()
            other.execute("ROLLBACK")
        clock.move_on(MINUTE)
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed"}
        assert len(origin.requests) == 1

    live(settings, clock, scenario)


# ---------------------------------------------------------------- damage


def spoil(settings: Settings) -> None:
    with pipeline.store_path(settings).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 4096 * 20)


def test_a_damaged_store_is_not_published_from_and_another_is_taken_up_by_itself(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    a_round(settings)
    backup = pipeline.new_backup(settings, now=clock())
    pipeline.back_up(pipeline.store_path(settings), backup)
    spoil(settings)

    def scenario(started: Settings) -> None:
        port = journal.wait_for(r"status=http://127\.0\.0\.1:(\d+)")[1]
        clock.move_on(DAY)
        clock.wait_for_beats(4)
        assert titles(started) == {"Bridge closed"}
        code, told = health(port)
        assert code == 503
        assert "damaged" in told["trouble"]
        assert "`aggregator restore`" in told["trouble"]
        pipeline.restore(settings, backup, now=clock())
        clock.move_on(HOUR)
        journal.wait_for("recovered from='damaged")
        assert titles(started) == {"Bridge closed"}
        assert health(port)[0] == 200

    live(with_status(settings), clock, scenario)


def test_damage_is_found_while_it_runs(settings: Settings, clock: Clock, journal: Journal) -> None:
    settings = replace(settings, storage=Storage(backups=False))

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        with closing(sqlite3.connect(pipeline.store_path(settings))) as other:
            other.execute("PRAGMA foreign_keys = off")
            other.execute("DELETE FROM sources")
            other.commit()
        clock.move_on(8 * DAY)
        journal.wait_for("damaged: .*refers to nothing")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)


def test_a_store_that_was_trusted_at_its_start_is_read_through_within_minutes(
    settings: Settings, clock: Clock, journal: Journal
) -> None:
    a_round(settings)
    path = pipeline.store_path(settings)
    pipeline.back_up(path, pipeline.new_backup(settings, now=clock()))  # none is due
    with store.open_sealed(path, now=clock()) as opened:  # what no change of the file gives away
        opened._db.execute("PRAGMA foreign_keys = off")
        opened._db.execute("INSERT INTO entry_keys VALUES ('north', 'key', 'nothing', 0)")

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=0")
        clock.move_on(2 * MINUTE)
        journal.wait_for("damaged: .*refers to nothing")
        assert titles(started) == {"Bridge closed"}

    live(settings, clock, scenario)
    with store.open_sealed(path, now=clock()) as opened:
        assert not opened.seal.is_trusted


def test_it_backs_up_every_day(settings: Settings, clock: Clock, journal: Journal) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        for _ in range(2):
            clock.move_on(DAY)
            journal.wait_for(r"backed up file=.*/data/backups/aggregator-\d{8}T\d{6}Z\.db bytes=\d+")

    live(settings, clock, scenario)
    assert len(pipeline.backups_in(pipeline.backup_folder(settings))) == 2


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("by", [HOUR, -HOUR, 3650 * DAY, -3650 * DAY], ids=["+1h", "-1h", "+10y", "-10y"])
def test_a_clock_that_is_set_makes_nobody_be_asked_early_or_late(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, by: timedelta
) -> None:
    def scenario(_: Settings) -> None:
        journal.wait_for("published placed=1")
        clock.set_by(by)
        journal.wait_for("clock was set")
        clock.move_on(50 * MINUTE)
        clock.wait_for_beats(6)
        assert len(origin.requests) == 1
        clock.move_on(2 * HOUR)
        journal.wait_for("refreshed source=north")
        assert len(origin.requests) == 2

    live(settings, clock, scenario)


def test_the_heart_goes_on_when_the_clock_is_set_back(
    settings: Settings, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """APScheduler counts in the time of the clock."""
    import apscheduler.schedulers.base as base
    from apscheduler.triggers import interval

    class Wrong(base.datetime):  # type: ignore[misc]
        by = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) - cls.by

    monkeypatch.setattr(base, "datetime", Wrong)
    monkeypatch.setattr(interval, "datetime", Wrong)
    monkeypatch.setattr("aggregator.daemon.metronome.datetime", Wrong)

    def scenario(_: Settings) -> None:
        journal.wait_for("published placed=1")
        Wrong.by = HOUR
        clock.wait_for_beats(1)
        clock.move_on(MINUTE)  # more than the beats that may be missed
        clock.wait_for_beats(30)

    live(settings, clock, scenario)


# ---------------------------------------------------------------- faults of ours


def test_a_fault_that_keeps_coming_ends_it_for_its_supervisor(
    settings: Settings, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish(*_: object, **__: object) -> tuple[int, int]:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(pipeline, "publish", publish)

    def scenario(started: Settings) -> None:
        for _ in range(5):
            journal.wait_for("failed room=corridor")
            clock.move_on(MINUTE)
        journal.wait_for("left undone")  # it ends by itself

    with pytest.raises(CrashedError, match="5 times in ten minutes"):
        live(settings, clock, scenario)


def test_a_fault_over_one_source_is_no_fault_of_the_others(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, south = pipeline.take_in, a_source(origin.say("/south", rss(CHESS_POST)), id="south")

    def take_in(store: Any, knobs: Any, harvest: Any, *, now: Any) -> Any:
        if harvest.source_id == "north":
            raise KeyError("ours")
        return really(store, knobs, harvest, now=now)

    monkeypatch.setattr(pipeline, "take_in", take_in)

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        assert titles(started) == {"Chess"}
        clock.move_on(50 * MINUTE)
        clock.wait_for_beats(6)
        assert len(origin.asked("/north")) == 1

    live(replace(settings, sources=(*settings.sources, south)), clock, scenario)


# ---------------------------------------------------------------- another configuration

FILE = """
site: {{title: {title}}}
server: {{port: {port}}}
fetch: {{host_delay: 0s, workers: 1}}
sources: [{sources}]
outputs: [{outputs}]
"""


class Config:
    """A configuration file that is changed while the daemon runs."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self.path = path
        self.north = f"{{id: north, url: {origin.say('/north', rss(BRIDGE_POST))}, allow_private: true}}"
        self.south = f"{{id: south, url: {origin.say('/south', rss(CHESS_POST))}, allow_private: true}}"

    def write(self, *sources: str, title: str = "Planet", port: int = 0, outputs: str = "") -> None:
        text = FILE.format(title=title, port=port, sources=", ".join(sources), outputs=outputs)
        part = self.path.with_suffix(".part")
        part.write_text(text)
        part.replace(self.path)


@pytest.fixture
def config(tmp_path: Path, origin: Origin) -> Config:
    made = Config(tmp_path / "feeds.yaml", origin)
    made.write(made.north)
    return made


def configured(config: Config, clock: Clock, scenario: Callable[[Settings], None]) -> None:
    live(load_settings(config.path), clock, scenario, config=config.path)


def test_a_changed_file_takes_effect_without_a_restart(
    config: Config, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        config.write(config.north, config.south, title="Renamed", outputs="{name: chess, search: chess}")
        journal.wait_for("reloaded sources=2 outputs=1")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed", "Chess"}
        assert b"<title>Renamed</title>" in get(started, "atom.xml")
        assert b"Chess" in get(started, "chess/atom.xml")
        assert f'href="{started.site.url}atom.xml"'.encode() in get(started, "atom.xml")

    configured(config, clock, scenario)


def test_a_hub_that_is_named_later_stands_in_the_header_as_well(
    config: Config, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        with config.path.open("a") as file:
            file.write("publish: {hubs: ['https://hub.example/']}\n")
        journal.wait_for("reloaded")
        journal.wait_for("published")
        with urlopen(f"{started.site.url}atom.xml", timeout=PATIENCE) as reply:
            assert '<https://hub.example/>; rel="hub"' in reply.headers["Link"]
            assert b'rel="hub"' in reply.read()

    configured(config, clock, scenario)


def test_a_hangup_reloads(config: Config, clock: Clock, journal: Journal) -> None:
    def scenario(_: Settings) -> None:
        journal.wait_for("published placed=1")
        os.kill(os.getpid(), signal.SIGHUP)
        journal.wait_for("reloaded sources=1")

    configured(config, clock, scenario)


def test_a_wrong_file_changes_nothing_and_is_named_by_line(
    config: Config, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        config.write(config.north, "{id: south, evry: 3h}")
        assert "sources[1]" in journal.wait_for(r"kept the configuration as it was: .*feeds.yaml:5: .*")[0]
        clock.wait_for_beats(3)
        assert titles(started) == {"Bridge closed"}
        config.write(config.north, config.south)
        journal.wait_for("published placed=1")
        assert titles(started) == {"Bridge closed", "Chess"}

    configured(config, clock, scenario)


def test_no_wrong_file_ever_changes_anything(config: Config, clock: Clock, journal: Journal) -> None:
    good, dice = config.path.read_bytes(), random.Random(11)

    def wrong() -> bytes:
        while True:
            text = mutated(good, dice)
            try:
                parse_settings(text.decode("utf-8", "replace"), path=config.path)
            except ConfigError:
                return text

    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        for _ in range(20):
            config.path.write_bytes(wrong())
            os.kill(os.getpid(), signal.SIGHUP)
            journal.wait_for(r"kept the configuration as it was: .*feeds\.yaml:\d+: ")
        assert titles(started) == {"Bridge closed"}

    configured(config, clock, scenario)


def test_a_removed_source_keeps_what_it_told_and_comes_back_with_it(
    config: Config, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        config.write(config.south)
        journal.wait_for("reloaded")
        journal.wait_for("published placed=1")
        assert titles(started) == {"Chess"}
        config.write(config.south, config.north)
        journal.wait_for("reloaded")
        journal.wait_for("published placed=0")
        assert titles(started) == {"Bridge closed", "Chess"}

    configured(config, clock, scenario)


def test_what_a_source_that_was_removed_meanwhile_brings_is_dropped(
    config: Config, origin: Origin, clock: Clock, journal: Journal
) -> None:
    gate = Gate()
    origin.say("/north", rss(BRIDGE_POST), gate=gate)

    def scenario(started: Settings) -> None:
        gate.wait_until_reached()
        config.write(config.south)
        journal.wait_for("reloaded")
        gate.open()
        journal.wait_for("refreshed source=south")
        clock.move_on(MINUTE)
        journal.wait_for("published placed=1")
        assert titles(started) == {"Chess"}

    configured(config, clock, scenario)


def test_what_needs_a_restart_is_said_and_the_rest_is_taken_over(
    config: Config, clock: Clock, journal: Journal
) -> None:
    def scenario(started: Settings) -> None:
        journal.wait_for("published placed=1")
        config.write(config.north, title="Renamed", port=1234)
        journal.wait_for("needs a restart key=server")
        journal.wait_for("published placed=0")
        assert b"<title>Renamed</title>" in get(started, "atom.xml")
        assert b":1234" not in get(started, "atom.xml")

    configured(config, clock, scenario)


# ---------------------------------------------------------------- the service manager


class Listener:
    """A service manager's ear."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE)
        self._socket.bind(str(path))
        self.address = str(path)

    def wait_for(self, state: str) -> None:
        while not self._socket.recv(4096).decode().startswith(state):
            pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path / "notify")
    yield listener
    listener.close()


def test_the_manager_is_told_how_it_goes(
    config: Config, clock: Clock, journal: Journal, ear: Listener
) -> None:
    def scenario(_: Settings) -> None:
        ear.wait_for("READY=1")
        journal.wait_for("published")
        ear.wait_for("WATCHDOG=1")
        clock.move_on(2 * MINUTE)
        ear.wait_for("STATUS=1 sources, 0 failing; 1 entries")
        os.kill(os.getpid(), signal.SIGHUP)
        ear.wait_for("RELOADING=1\nMONOTONIC_USEC=")
        ear.wait_for("READY=1")

    manager = Manager(address=ear.address, watchdog=10 * MINUTE)
    live(load_settings(config.path), clock, scenario, config=config.path, manager=manager)
    ear.wait_for("STOPPING=1")


def test_a_corridor_that_hangs_does_not_feed_the_watchdog(
    settings: Settings, clock: Clock, journal: Journal, ear: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, really = Gate(), pipeline.send_out

    def send_out(*arguments: Any, **options: Any) -> int:
        if Path(settings.data, "hang").exists():
            gate._reached.set()
            assert gate._opened.wait(PATIENCE)
        return really(*arguments, **options)

    monkeypatch.setattr(pipeline, "send_out", send_out)

    def scenario(_: Settings) -> None:
        ear.wait_for("WATCHDOG=1")
        Path(settings.data, "hang").touch()
        gate.wait_until_reached()
        clock.move_on(6 * MINUTE)
        ear.wait_for("STATUS=nothing has been done for 6 min")
        ear._socket.settimeout(0.3)  # six beats
        with pytest.raises(TimeoutError):
            ear.wait_for("WATCHDOG=1")
        Path(settings.data, "hang").unlink()
        gate.open()
        ear._socket.settimeout(PATIENCE)
        ear.wait_for("WATCHDOG=1")

    live(settings, clock, scenario, manager=Manager(address=ear.address, watchdog=10 * MINUTE))


# ---------------------------------------------------------------- the end


def test_what_came_in_is_published_before_it_ends(
    settings: Settings, origin: Origin, clock: Clock, journal: Journal
) -> None:
    """A slow source holds the publishing back, and the end does not wait for it."""
    gate, slow = Gate(), Origin()
    other = a_source(slow.say("/slow", gate=gate), id="slow")

    def scenario(_: Settings) -> None:
        gate.wait_until_reached()
        journal.wait_for("refreshed source=north")

    try:
        live(replace(settings, sources=(*settings.sources, other)), clock, scenario)
        assert b"Bridge closed" in (pipeline.public_folder(settings) / "atom.xml").read_bytes()
        assert not Path(f"{pipeline.store_path(settings)}-wal").exists()
    finally:
        slow.close()
