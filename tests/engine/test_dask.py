"""Other machines as an engine, on a real scheduler with two workers over TLS: nothing lost, nothing twice."""

import io
import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from distributed import LocalCluster

from aggregator import pipeline
from aggregator.engine import Engine, open_engine
from aggregator.engine.dask import AT_HOME, DaskEngine, courier, crew, travel
from aggregator.errors import Cause, ClusterError
from aggregator.model import FetchJob, Harvest
from aggregator.settings import Cluster, Settings
from tests.engine.away import open_away
from tests.engine.cluster import DaskCluster, free_port, running
from tests.engine.harvests import gathered
from tests.engine.papers import Papers, drawn_up
from tests.world import (
    HOUR,
    NOW,
    PATIENCE,
    Gate,
    Origin,
    Post,
    a_fetch,
    a_job,
    a_settings,
    a_source,
    article,
    files_below,
    rss,
)

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, for certificates")


@pytest.fixture(autouse=True)
def no_time_to_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for schedulers and workers at once: how often is nobody's promise."""
    monkeypatch.setattr(courier, "RETRY", 0.1)
    monkeypatch.setattr(courier, "LOOK_EVERY", 0.1)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return drawn_up(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, papers: Papers) -> Iterator[DaskCluster]:
    with running(DaskCluster(folder=tmp_path_factory.mktemp("cluster"), tls=papers.options())) as opened:
        yield opened


@pytest.fixture
def engine(cluster: DaskCluster, papers: Papers) -> Iterator[Engine]:
    with open_engine("dask", a_fetch(), open_away, cluster=papers.cluster(cluster.address)) as opened:
        yield opened


def wait_for_trouble(engine: Engine, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while words not in engine.trouble:
        assert time.monotonic() < deadline, f"the trouble is {engine.trouble!r}"
        engine.finished(wait=0.05)


def hosts(count: int, name: str = "where") -> list[FetchJob]:
    return [a_job(f"https://h{number}.example/", source_id=f"{name}-{number}") for number in range(count)]


# ---------------------------------------------------------------- the same as at home


def feeds(origin: Origin, hour: int) -> None:
    """Let an origin tell of a few events, in feeds that are sound, broken, the same as before and gone."""
    events = ["The old stone bridge was closed", "A ferry ran aground", "Rain flooded the lower town"]
    for number in range(14):
        posts = [
            Post(
                title=f"{event} after {hour} h, writes gazette {number}" if number % 3 else event,
                text=f"{event} on Sunday morning, the harbour master said. Nobody was hurt. " * 3,
                link=f"https://g{number}.example/{hour}/{place}",
                guid=f"{number}/{hour}/{place}",
                at=NOW - HOUR + hour * HOUR,
            )
            for place, event in enumerate(events[: 1 + number % 3])
        ]
        origin.say(f"/feed-{number}", rss(*posts, title=f"Gazette {number}"))
    origin.say("/cut", rss(Post(title="Whole", guid="1"), Post(title="Cut", guid="2"))[:-80])
    origin.say("/page", b"<html><body>no feed</body></html>", headers={"Content-Type": "text/html"})


def settings_of(folder: Path, origin: Origin, cluster: Cluster | None) -> Settings:
    (folder / "articles").mkdir(parents=True)
    (folder / "articles" / "own.md").write_text(
        article("We mend the bridge ourselves", "With our own hands.")
    )
    names = [*(f"feed-{number}" for number in range(14)), "cut", "page", "missing"]
    sources = [a_source(f"{origin.url}/{name}", id=name) for name in names]
    given = {"engine": "dask", "cluster": cluster} if cluster else {}
    return a_settings(folder, *sources, a_source(id="own", path="articles/*.md"), **given)


def published(settings: Settings, origin: Origin) -> dict[str, bytes]:
    """Walk two rounds with the engine that the settings name, and read what is published."""
    with pipeline.open_house(settings) as (store, engine):
        for hour in (0, 2):
            feeds(origin, hour)
            now = NOW + hour * HOUR
            ready = pipeline.prepare(store, settings, now=now, is_spread=False)
            harvests = gathered(engine, pipeline.send_out(store, ready, engine, now=now))
            for _, harvest in sorted(harvests.items()):  # in which order they come is nobody's promise
                pipeline.take_in(store, ready, harvest, now=now)
            pipeline.regroup(store, pipeline.open_desk(store, ready), now=now)
            pipeline.publish(store, ready)
    return files_below(pipeline.public_folder(settings))


def test_what_is_published_is_the_same_byte_for_byte(
    cluster: DaskCluster, papers: Papers, origin: Origin, tmp_path: Path
) -> None:
    here = published(settings_of(tmp_path / "here", origin, None), origin)
    away = published(settings_of(tmp_path / "away", origin, papers.cluster(cluster.address)), origin)
    assert here.keys() == away.keys()
    assert [name for name in here if here[name] != away[name]] == []
    assert sum(b"writes gazette" in text for text in away.values()) > 3, "hardly anything was published"


# ---------------------------------------------------------------- who does what


def test_feeds_are_asked_by_the_workers(engine: Engine) -> None:
    engine.submit(hosts(60))
    found = gathered(engine, 60)
    pids = {int(harvest.version) for harvest in found.values()}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert engine.under_way == frozenset()


def test_a_host_that_has_had_enough_is_asked_no_more(engine: Engine, origin: Origin) -> None:
    names = [f"many-{number}" for number in range(60)]
    for name in names:
        origin.say(f"/{name}", status=429, headers={"Retry-After": "7200"})
    engine.submit([a_job(f"{origin.url}/{name}", source_id=name) for name in names])
    found = gathered(engine, 60)
    assert len(origin.requests) == 1
    held = [harvest for harvest in found.values() if harvest.is_held]
    assert len(held) == 59
    assert {harvest.hints.retry_after for harvest in held} == {"7200"}


# ---------------------------------------------------------------- strangers


def test_a_cluster_of_another_version_gets_no_work(
    cluster: DaskCluster, papers: Papers, monkeypatch: pytest.MonkeyPatch, origin: Origin
) -> None:
    for room in (travel, crew):
        monkeypatch.setattr(room, "edition", lambda: "aggregator 99")
    with open_engine("dask", a_fetch(), open_away, cluster=papers.cluster(cluster.address)) as engine:
        engine.submit([a_job(origin.say("/feed", status=304), source_id="north")])
        wait_for_trouble(engine, "here is aggregator 99: install the same there")
        assert engine.under_way == {"north"}
        assert origin.requests == []


def test_who_shows_no_papers_is_not_let_in(cluster: DaskCluster) -> None:
    plain = Cluster(scheduler=cluster.address.replace("tls:", "tcp:"))
    with open_engine("dask", a_fetch(), open_away, cluster=plain) as engine:
        wait_for_trouble(engine, "no scheduler at tcp://127.0.0.1")


def test_papers_of_another_authority_are_not_believed(cluster: DaskCluster, tmp_path: Path) -> None:
    forged = drawn_up(tmp_path).cluster(cluster.address)
    with open_engine("dask", a_fetch(), open_away, cluster=forged) as engine:
        wait_for_trouble(engine, "no scheduler at tls://127.0.0.1")


# ---------------------------------------------------------------- poison


@dataclass(frozen=True, slots=True, kw_only=True)
class Disaster:
    """What was left of a batch in which one job killed its worker and another met a fault of ours."""

    found: dict[str, Harvest]
    told: str  # by errors
    logged: str  # by scheduler, workers and home
    shown: set[bytes]  # to the origin of the third


SECRET = "Bearer correct-horse-battery"


@pytest.fixture(scope="module")
def disaster(cluster: DaskCluster, papers: Papers) -> Disaster:
    origin, journal = Origin(), io.StringIO()
    handler = logging.StreamHandler(journal)
    logging.getLogger().addHandler(handler)
    url = origin.say("/private", rss(Post(title="For members", guid="1")))
    addresses = {"private": url, "slip": "https://s.example/", "poison": "https://p.example/"}
    jobs = [a_job(place, source_id=name, authorization=SECRET) for name, place in addresses.items()]
    found: dict[str, Harvest] = {}
    told = ""
    with open_engine("dask", a_fetch(), open_away, cluster=papers.cluster(cluster.address)) as engine:
        engine.submit([*hosts(12), *jobs])
        while engine.under_way:
            try:
                found |= {harvest.source_id: harvest for harvest in engine.finished(wait=PATIENCE)}
            except RuntimeError as error:
                told += f"{error} {error.__notes__}"
    logging.getLogger().removeHandler(handler)
    shown = {request.header("Authorization") for request in origin.asked("/private")}
    origin.close()
    return Disaster(found=found, told=told, logged=journal.getvalue() + cluster.said(), shown=shown)


def test_a_source_that_kills_its_worker_is_found(disaster: Disaster) -> None:
    (trouble,) = disaster.found["poison"].troubles
    assert (trouble.cause, trouble.detail) == (Cause.CRASHED, courier.KILLED)


def test_what_went_with_it_comes_back_as_ever(disaster: Disaster) -> None:
    others = {f"where-{number}" for number in range(12)} | {"private"}
    assert disaster.found.keys() == others | {"poison"}
    assert not any(disaster.found[name].is_failed for name in others)


def test_a_fault_of_ours_at_a_worker_is_raised_at_home(disaster: Disaster) -> None:
    assert "KeyError: 'ours'" in disaster.told
    assert "source=slip" in disaster.told


def test_a_login_is_told_to_its_origin_and_written_nowhere(disaster: Disaster) -> None:
    assert disaster.shown == {SECRET.encode()}
    assert "workers died" in disaster.logged
    assert "horse" not in f"{disaster.found}{disaster.told}{disaster.logged}"


# ---------------------------------------------------------------- without a cluster


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(crew, "CONNECT_SECONDS", 0.2)
    return Cluster(scheduler=f"tcp://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("kind", sorted(AT_HOME))
def test_what_belongs_to_a_place_is_done_at_home(kind: str, nowhere: Cluster) -> None:
    with open_engine("dask", a_fetch(), open_away, cluster=nowhere) as engine:
        engine.submit([a_job("https://north.example/", source_id="where", kind=kind)])
        assert int(gathered(engine, 1)["where"].version) == os.getpid()


def test_whoever_waits_for_a_cluster_that_is_away_is_told(
    tmp_path: Path, origin: Origin, nowhere: Cluster
) -> None:
    settings = a_settings(tmp_path, a_source(origin.say("/feed", status=304)), engine="dask", cluster=nowhere)
    moments = (NOW + number * timedelta(seconds=40) for number in range(100))
    with pipeline.open_house(settings) as (store, engine):
        ready = pipeline.prepare(store, settings, now=NOW, is_spread=False)
        wait_for_trouble(engine, "no scheduler")
        with pytest.raises(ClusterError, match=r"no scheduler at tcp://.*; what was not asked"):
            list(pipeline.refresh(store, ready, engine, clock=lambda: next(moments)))


def test_closing_waits_for_no_cluster(nowhere: Cluster) -> None:
    with open_engine("dask", a_fetch(), open_away, cluster=nowhere) as engine:
        engine.submit(hosts(3))
        started = time.monotonic()
    assert time.monotonic() - started < PATIENCE / 5


# ---------------------------------------------------------------- losses


def gated(origin: Origin, count: int) -> tuple[list[FetchJob], Gate]:
    """Return jobs that all wait at one gate, each at a host of its own."""
    gate = Gate()
    for number in range(count):
        origin.say(f"/gated-{number}", rss(Post(title=f"Bridge {number}", guid=str(number))), gate=gate)
    return [
        a_job(f"http://127.0.0.{number + 1}:{origin.port}/gated-{number}", source_id=f"gated-{number}")
        for number in range(count)
    ], gate


@pytest.fixture
def everywhere() -> Iterator[Origin]:
    """An origin that answers at every address of the loopback."""
    opened = Origin("0.0.0.0")
    yield opened
    opened.close()


def test_what_a_lost_worker_had_is_done_by_another(
    engine: Engine, cluster: DaskCluster, everywhere: Origin
) -> None:
    jobs, gate = gated(everywhere, 40)
    engine.submit(jobs)
    gate.wait_until_reached()
    cluster.workers[0].kill()
    gate.open()
    done_after_all(engine, 40)


def stranded(engine: Engine, jobs: list[FetchJob], gate: Gate, scheduler: str) -> None:
    """Wait until the loss of a scheduler is told, see that its jobs wait, and let them be answered."""
    wait_for_trouble(engine, f"scheduler at {scheduler}")
    assert engine.under_way == {job.source_id for job in jobs}
    gate.open()


def done_after_all(engine: Engine, count: int) -> None:
    found = gathered(engine, count)
    assert not any(harvest.is_failed for harvest in found.values())


def a_small_cluster(port: int = 0) -> LocalCluster:
    """Return a cluster in this process, which starts and ends in no time."""
    return LocalCluster(
        host="127.0.0.1",
        scheduler_port=port,
        protocol="tcp",
        processes=False,
        n_workers=1,
        threads_per_worker=2,
        dashboard_address=":0",
    )


def test_a_lost_scheduler_is_told_of_and_its_work_done_by_the_next(everywhere: Origin) -> None:
    jobs, gate = gated(everywhere, 20)
    port = free_port()
    with a_small_cluster(port) as first:
        place = first.scheduler_address
        engine = DaskEngine(a_fetch(), open_away, Cluster(scheduler=place))
        engine.submit(jobs)
        gate.wait_until_reached()
    stranded(engine, jobs, gate, place)
    with a_small_cluster(port):
        done_after_all(engine, 20)
        assert engine.trouble == ""
        engine.close()


def test_a_slow_host_holds_nobody_up_and_is_asked_once(
    everywhere: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "PART_SECONDS", 0.2)
    (slow,), gate = gated(everywhere, 1)
    with (
        a_small_cluster() as cluster,
        open_engine(
            "dask", a_fetch(), open_away, cluster=Cluster(scheduler=cluster.scheduler_address)
        ) as engine,
    ):
        engine.submit([slow, *hosts(12)])
        assert slow.source_id not in gathered(engine, 12)
        assert engine.under_way == {slow.source_id}
        gate.open()
        assert not gathered(engine, 1)[slow.source_id].is_failed
    assert len(everywhere.requests) == 1


def test_what_does_not_end_in_time_is_begun_anew(everywhere: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "PART_SECONDS", 0.1)
    monkeypatch.setattr(courier, "TURN_SECONDS", 0.1)
    patient = a_fetch(timeout=timedelta(seconds=0.05), read_timeout=timedelta(seconds=0.1))
    (slow,), gate = gated(everywhere, 1)
    with (
        a_small_cluster() as cluster,
        open_engine(
            "dask", patient, open_away, cluster=Cluster(scheduler=cluster.scheduler_address)
        ) as engine,
    ):
        engine.submit([slow])
        everywhere.wait_until_asked("/gated-0", times=2)
        gate.open()
        assert not gathered(engine, 1)[slow.source_id].is_failed


def test_what_does_not_come_back_at_all_is_tried_alone_and_given_up(
    everywhere: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "PART_SECONDS", PATIENCE)
    monkeypatch.setattr(courier, "PATIENCE", 1 / 100)  # a second, of what a job may take
    (silent,), gate = gated(everywhere, 1)
    with (
        a_small_cluster() as cluster,
        open_engine(
            "dask", a_fetch(), open_away, cluster=Cluster(scheduler=cluster.scheduler_address)
        ) as engine,
    ):
        engine.submit([*hosts(2), silent])
        found = gathered(engine, 3)
        gate.open()
    assert [name for name, harvest in found.items() if harvest.is_failed] == [silent.source_id]
    assert found[silent.source_id].troubles[0].cause is Cause.TIMEOUT


@pytest.mark.full
def test_a_scheduler_that_is_killed_is_told_of_and_its_work_done_by_the_next(
    engine: Engine, cluster: DaskCluster, everywhere: Origin
) -> None:
    jobs, gate = gated(everywhere, 20)
    engine.submit(jobs)
    gate.wait_until_reached()
    cluster.scheduler.kill()
    stranded(engine, jobs, gate, cluster.address)
    cluster.kill()
    cluster.start()
    done_after_all(engine, 20)
    assert engine.trouble == ""


@pytest.mark.full
def test_poison_is_found_by_the_rules_that_dask_comes_with(tmp_path: Path, papers: Papers) -> None:
    patient = DaskCluster(folder=tmp_path, tls=papers.options(), deaths=4)
    with (
        running(patient),
        open_engine("dask", a_fetch(), open_away, cluster=papers.cluster(patient.address)) as engine,
    ):
        engine.submit([*hosts(12), *hosts(1, "poison")])
        found = gathered(engine, 13, patience=100)  # eight workers die
    assert [name for name, harvest in found.items() if harvest.is_failed] == ["poison-0"]
