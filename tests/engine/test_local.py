"""This machine as an engine: every job comes back once, and a poisonous one takes nothing with it."""

import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from functools import partial

import pytest

from aggregator.engine import ENGINES, Engine, OpenHarvester, local, open_engine
from aggregator.engine.local import LocalEngine
from aggregator.engine.workshop import Workshop
from aggregator.errors import Cause, ExtraError, SourceError
from aggregator.harvest import open_harvester
from aggregator.model import Fetched, FetchJob, Harvest
from tests.engine import DEEDS, work
from tests.engine.harvests import gathered
from tests.world import PATIENCE, Gate, Origin, Post, a_fetch, a_harvest, a_job, open_nothing, rss

Harvester = Callable[[FetchJob], Awaitable[Harvest]]
Run = Callable[..., Awaitable[Harvest]]


def jobs(*names: str) -> list[FetchJob]:
    return [a_job(f"https://{name}.example/feed", source_id=name) for name in names]


@asynccontextmanager
async def open_deeds(*, run: Run) -> AsyncIterator[Harvester]:
    """Open a harvester that makes a worker do what the source is called, else work."""

    async def harvest(job: FetchJob) -> Harvest:
        try:
            return await run(DEEDS.get(job.source_id, work), job, Fetched())
        except SourceError as error:
            return Harvest.failed(job, error)

    yield harvest


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    settings = a_fetch(workers=2, read_timeout=timedelta(seconds=2))
    with open_engine("local", settings, open_deeds) as opened:
        yield opened


@pytest.fixture
def idle() -> Iterator[LocalEngine]:
    """An engine whose jobs need no worker."""
    opened = LocalEngine(a_fetch(), open_nothing)
    yield opened
    opened.close()


# ---------------------------------------------------------------- coming back


def test_every_job_comes_back_once(engine: Engine) -> None:
    names = [f"source-{number}" for number in range(50)]
    engine.submit(jobs(*names))
    assert sorted(gathered(engine, 50)) == sorted(names)
    assert engine.finished(wait=0) == ()
    assert engine.under_way == frozenset()


def test_what_was_read_is_held_while_too_much_waits() -> None:
    is_full, looked = True, threading.Event()

    def look() -> bool:
        looked.set()
        return is_full

    with closing(Workshop(a_fetch(), open_deeds, is_full=look)) as workshop:
        (north,) = workshop.start(jobs("north"))
        assert looked.wait(PATIENCE)
        assert not north.done()
        is_full = False
        workshop.go_on()
        assert north.result(PATIENCE).source_id == "north"


def test_all_come_back_where_little_may_wait(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MOST_WAITING", 1)
    names = [f"source-{number}" for number in range(20)]
    engine.submit(jobs(*names))
    assert sorted(gathered(engine, 20)) == sorted(names)


def test_what_came_back_before_it_closed_can_be_taken_in_after() -> None:
    with closing(LocalEngine(a_fetch(), open_nothing)) as engine:
        engine.submit(jobs("north"))
        while not engine._returns.waiting:
            pass
    assert [harvest.source_id for harvest in engine.finished(wait=0)] == ["north"]


def test_documents_are_read_in_another_process(engine: Engine) -> None:
    engine.submit(jobs("north"))
    (harvest,) = gathered(engine, 1).values()
    assert int(harvest.version) != os.getpid()


def test_a_job_is_under_way_until_it_is_back(origin: Origin) -> None:
    gate = Gate()
    slow, quick = origin.say("/slow", status=304, gate=gate), origin.say("/quick", status=304)
    with open_engine("local", a_fetch(), over_http()) as engine:
        engine.submit([a_job(slow, source_id="slow")])
        gate.wait_until_reached()
        assert engine.under_way == {"slow"}
        assert engine.finished(wait=0) == ()
        gate.open()
        assert list(gathered(engine, 1)) == ["slow"]
        engine.submit([a_job(quick, source_id="quick")])
        assert engine.under_way == {"quick"}
        gathered(engine, 1)
        assert engine.under_way == frozenset()


def over_http() -> OpenHarvester:
    return partial(open_harvester, a_fetch(), user_agent="Tester/1")


def test_an_engine_without_jobs_has_nothing(idle: LocalEngine) -> None:
    assert idle.finished(wait=0) == ()
    assert idle.under_way == frozenset()


def test_the_real_harvest_runs_in_it(origin: Origin) -> None:
    url = origin.say("/feed", rss(Post(title="Bridge closed", guid="1")))
    with open_engine("local", a_fetch(), over_http()) as engine:
        engine.submit([a_job(url), a_job(f"{origin.url}/missing", source_id="south")])
        found = gathered(engine, 2)
    assert [entry.title for entry in found["north"].entries] == ["Bridge closed"]
    assert found["south"].troubles[0].cause is Cause.STATUS


# ---------------------------------------------------------------- poison


@pytest.mark.parametrize(
    ("deed", "cause"),
    [
        pytest.param("die", Cause.CRASHED, id="kills its worker"),
        pytest.param("devour", Cause.CRASHED, id="wants all memory"),
        pytest.param("hang", Cause.TIMEOUT, id="takes for ever"),
        pytest.param("refuse", Cause.NOT_A_FEED, id="is no feed"),
        pytest.param("phone", Cause.CRASHED, id="wants to the network"),
        pytest.param("ask", Cause.CRASHED, id="wants to know a name"),
        pytest.param("scribble", Cause.CRASHED, id="wants to write a file"),
        pytest.param("launch", Cause.CRASHED, id="wants to start a program"),
    ],
)
def test_a_poisonous_document_hurts_only_its_source(engine: Engine, deed: str, cause: Cause) -> None:
    engine.submit(jobs("before", deed, "after", "later"))
    found = gathered(engine, 4)
    assert [trouble.cause for trouble in found[deed].troubles] == [cause]
    assert [found[name].is_failed for name in ("before", "after", "later")] == [False] * 3


def test_a_worker_that_died_is_replaced(engine: Engine) -> None:
    for _ in range(3):
        engine.submit(jobs("die", "north"))
        found = gathered(engine, 2)
        assert found["die"].is_failed
        assert not found["north"].is_failed


# ---------------------------------------------------------------- faults of ours


def test_a_fault_of_ours_reaches_whoever_waits(engine: Engine) -> None:
    engine.submit(jobs("slip"))
    with pytest.raises(KeyError, match="ours"):
        gathered(engine, 1)


@asynccontextmanager
async def open_slips(**_: object) -> AsyncIterator[Harvester]:
    """Open a harvester with a fault for the source `slip`."""

    async def harvest(job: FetchJob) -> Harvest:
        if job.source_id == "slip":
            raise KeyError("ours")
        return a_harvest(source_id=job.source_id)

    yield harvest


def settled(engine: LocalEngine) -> None:
    """Wait until the engine's loop has done all it was given."""
    done = threading.Event()
    loop = engine._workshop._loop
    loop.call_soon_threadsafe(lambda: loop.call_soon(done.set))
    assert done.wait(PATIENCE)


def take(engine: LocalEngine) -> set[str]:
    """Take out all there is, faults of ours aside."""
    found: set[str] = set()
    for _ in range(5):
        try:
            found |= {harvest.source_id for harvest in engine.finished(wait=0)}
        except KeyError:
            continue
    return found


@pytest.fixture
def slipping() -> Iterator[LocalEngine]:
    opened = LocalEngine(a_fetch(), open_slips)
    yield opened
    opened.close()


@pytest.mark.parametrize("names", [["slip", "north"], ["north", "slip"]], ids=" then ".join)
def test_a_fault_of_ours_loses_no_other_harvest(slipping: LocalEngine, names: Sequence[str]) -> None:
    slipping.submit(jobs(*names))
    settled(slipping)
    assert take(slipping) == {"north"}


def test_a_source_that_met_a_fault_of_ours_may_be_asked_again(slipping: LocalEngine) -> None:
    slipping.submit(jobs("slip"))
    settled(slipping)
    take(slipping)
    assert slipping.under_way == frozenset()


# ---------------------------------------------------------------- ending


def test_closing_waits_for_nobody(origin: Origin) -> None:
    gate = Gate()
    engine = LocalEngine(a_fetch(), over_http())
    engine.submit([a_job(origin.say("/feed", gate=gate))])
    gate.wait_until_reached()
    closing = threading.Thread(target=engine.close)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_closing_stops_workers_in_the_middle_of_work() -> None:
    engine = LocalEngine(a_fetch(workers=1, read_timeout=timedelta(minutes=5)), open_deeds)
    engine.submit(jobs("north"))
    gathered(engine, 1)
    engine.submit(jobs("hang"))
    settled(engine)
    closing = threading.Thread(target=engine.close)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_an_engine_is_closed_when_its_user_fails() -> None:
    def use() -> None:
        with open_engine("local", a_fetch(), open_nothing) as engine:
            opened.append(engine)
            raise ZeroDivisionError

    opened: list[Engine] = []
    with pytest.raises(ZeroDivisionError):
        use()
    (engine,) = opened
    assert isinstance(engine, LocalEngine)
    assert not engine._workshop._thread.is_alive()


def test_engines_are_found_by_name() -> None:
    assert set(ENGINES) == {"local", "dask"}
    with pytest.raises(KeyError):
        open_engine("elsewhere", a_fetch(), open_nothing).__enter__()


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("aggregator.engine.dask")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExtraError, match=r"pip install 'aggregator\[cluster\]'"):
        open_engine("dask", a_fetch(), open_nothing).__enter__()


def test_the_local_engine_costs_nobody_the_other() -> None:
    code = "import sys, aggregator.daemon; print({'distributed', 'dask'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
