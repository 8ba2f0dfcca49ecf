"""The daemon and its engine: what ails that is told, and another one is taken over while it runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.cli.states import daemon_of
from aggregator.daemon.corridor import Corridor
from aggregator.settings import Cluster, Settings
from aggregator.store import Store, open_store
from aggregator.vitals import ailments
from tests.living import Journal
from tests.world import NOW, HereEngine, Origin, Post, a_settings, a_source, rss

MINUTE = timedelta(minutes=1)
ELSEWHERE = Cluster(scheduler="tls://scheduler.example:8786")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, HereEngine]]:
    """The engines that were opened, each with the settings it was opened by; all of them run here."""
    found: list[tuple[Settings, HereEngine]] = []

    @contextmanager
    def open_here(settings: Settings) -> Iterator[HereEngine]:
        found.append((settings, HereEngine(settings)))
        yield found[-1][1]

    monkeypatch.setattr(pipeline, "open_workers", open_here)
    return found


@pytest.fixture
def corridor(tmp_path: Path, origin: Origin, opened: list[tuple[Settings, HereEngine]]) -> Iterator[Corridor]:
    source = a_source(origin.say("/feed", rss(Post(title="Bridge closed", guid="1"))))
    walking = Corridor(a_settings(tmp_path, source), lambda: NOW, NOW.timestamp)
    yield walking
    walking.close()


def test_what_ails_the_engine_is_told_and_the_rest_goes_on(
    corridor: Corridor, opened: list[tuple[Settings, HereEngine]], journal: Journal
) -> None:
    ((_, engine),) = opened
    engine.trouble = "no scheduler at tls://scheduler.example:8786"
    corridor.beat()
    journal.wait_for("^engine no scheduler at tls://scheduler.example:8786$")
    assert engine.trouble in ailments(corridor.vitals, now=NOW)
    assert corridor.vitals.published == NOW
    corridor.beat()
    assert daemon_of(corridor.settings)["engine"] == engine.trouble
    engine.trouble = ""
    corridor.beat()
    journal.wait_for("^engine works again$")
    assert corridor.vitals.engine == ""


def beat(corridor: Corridor, now: datetime) -> None:
    corridor.board.clock, corridor.board.steady = partial(lambda at: at, now), now.timestamp
    corridor.beat()


def test_an_answer_from_an_old_address_is_let_go_of_also_when_that_takes_two_tries(
    corridor: Corridor, opened: list[tuple[Settings, HereEngine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    really, refused = Store.transaction, list[None]()

    @contextmanager
    def full_once(store: Store) -> Iterator[None]:
        with really(store):
            yield
            if corridor._walk and corridor._walk._harvests and not refused:
                refused.append(None)
                full = sqlite3.OperationalError("database or disk is full")
                full.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise full

    ((_, engine),) = opened
    with monkeypatch.context() as slow:
        slow.setattr(engine, "finished", lambda wait: ())
        beat(corridor, NOW)
        moved = replace(corridor.settings.sources[0], url="https://elsewhere.example/feed")
        corridor.reload(replace(corridor.settings, sources=(moved,)))
        beat(corridor, NOW + MINUTE)
    monkeypatch.setattr(Store, "transaction", full_once)
    beat(corridor, NOW + 2 * MINUTE)
    assert refused
    engine.submit, engine.asked = lambda jobs: None, []  # type: ignore[method-assign]
    beat(corridor, NOW + 3 * MINUTE)
    assert corridor.vitals.trouble == ""
    with open_store(pipeline.store_path(corridor.settings)) as store:
        assert store.entries.count() == 0


def test_what_waits_longer_than_a_lease_is_not_claimed_again(
    corridor: Corridor, opened: list[tuple[Settings, HereEngine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_, engine),) = opened
    monkeypatch.setattr(engine, "finished", lambda wait: ())  # as for a crowded host, or without workers
    for minute in range(12):
        now = NOW + minute * MINUTE
        beat(corridor, now)
    with open_store(pipeline.store_path(corridor.settings)) as store, store.transaction():
        assert store.sources.claim(now=now, lease=MINUTE, limit=10) == ()
    assert len(engine.asked) == 1


@pytest.mark.parametrize(
    ("change", "count"),
    [
        pytest.param({"engine": "dask"}, 2, id="another engine"),
        pytest.param({"cluster": ELSEWHERE}, 2, id="another cluster"),
        pytest.param({"publish": replace(a_settings(Path()).publish, limit=7)}, 1, id="what it does not see"),
    ],
)
def test_another_engine_is_taken_over_while_it_runs(
    corridor: Corridor, opened: list[tuple[Settings, HereEngine]], change: dict[str, object], count: int
) -> None:
    new = replace(corridor.settings, **change)  # type: ignore[arg-type]
    corridor.reload(new)
    corridor.beat()
    assert len(opened) == count
    assert corridor.settings == new


def test_what_has_settled_is_packed_with_patience_a_file_a_beat(
    corridor: Corridor, opened: list[tuple[Settings, HereEngine]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.output._LONG", 1)
    public, later = pipeline.public_folder(corridor.settings), datetime(2100, 1, 1, tzinfo=UTC)
    beat(corridor, NOW)
    beat(corridor, NOW + MINUTE)
    assert not list(public.rglob("*.br"))
    for packed in range(1, 4):
        beat(corridor, later + packed * MINUTE)
        assert len(list(public.rglob("*.br"))) == packed
