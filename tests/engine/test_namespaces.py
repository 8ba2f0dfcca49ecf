"""Three machines and a farm of feeds, each in a network of its own, over TLS; one cable is pulled out.

`python -m pytest -m full -s tests/engine/test_namespaces.py` prints the figures of the long form, which takes
minutes. It needs root, and `ip` of iproute2.
"""

import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.errors import StoreError
from aggregator.settings import Settings
from tests.engine.cluster import DaskCluster, Program, running
from tests.engine.fields import ITEMS, address_of, titles_of
from tests.engine.nets import Street, inside, street, why_not
from tests.engine.papers import Papers, drawn_up

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, for certificates"),
]

PORT = 8000
CONFIG = """
site: {{title: Planet, url: "https://planet.example/"}}
server: {{port: 8080, status_port: 8081}}
fetch: {{concurrency: 32, workers: 1}}
defaults: {{every: {every}}}
engine: dask
cluster:
  scheduler: {scheduler}
  ca: {papers}/ca.pem
  certificate: {papers}/machine.pem
  key: {papers}/machine.key
sources:
"""


@pytest.fixture(scope="module", autouse=True)
def permitted() -> None:
    if reason := why_not() if shutil.which("ip") else "there is no `ip`":
        pytest.skip(f"network namespaces are not permitted here: {reason}")


@contextmanager
def three_machines(folder: Path, papers: Papers, net: Street, config: Path) -> Iterator[Program]:
    """Start scheduler and workers, the farm, and the daemon, which is yielded."""
    home, north, south, farm = (net.hosts[name] for name in ("home", "north", "south", "farm"))
    cluster = DaskCluster(
        folder=folder, hosts=(north, south), home=home, tls=papers.options(), threads=8, port=8786, deaths=4
    )
    for worker, host in zip(cluster.workers, (north, south), strict=True):
        worker.command = inside(host, worker.command[len(host.enter) :])
    commands = {
        "farm": (*farm.enter, sys.executable, "-m", "tests.engine.fields", str(PORT)),
        "daemon": (*home.enter, sys.executable, "-m", "aggregator", "-c", str(config), "run"),
    }
    with running(cluster), ExitStack() as stack:
        for name, command in commands.items():
            program = Program(command=command, log=folder / f"{name}.log", environment={})
            program.start()
            stack.callback(program.kill)
        yield program


def configured(folder: Path, papers: Papers, count: int, *, every: str) -> Path:
    path = folder / "feeds.yaml"
    head = CONFIG.format(every=every, scheduler="tls://10.77.0.1:8786", papers=papers.folder)
    sources = (
        f"- {{url: 'http://{address_of(number)}:{PORT}/', allow_private: true, obey_robots: false}}\n"
        for number in range(count)
    )
    path.write_text(head + "".join(sources))
    return path


def stored(settings: Settings) -> int:
    try:
        with pipeline.open_to_read(settings) as store:
            return store.entries.count()
    except StoreError:
        return 0  # not yet


def wait_until(is_so: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("count", "every", "seconds"),
    [pytest.param(60, "5s", 4, id="short"), pytest.param(5000, "2m", 45, id="long")],
)
def test_a_cut_link_and_its_healing_lose_nothing(
    tmp_path: Path, count: int, every: str, seconds: int
) -> None:
    papers = drawn_up(tmp_path)
    config = configured(tmp_path, papers, count, every=every)
    settings = load_settings(config)
    with street("home", "north", "south", "farm") as net:
        started = time.monotonic()
        with three_machines(tmp_path, papers, net, config) as daemon:
            wait_until(lambda: stored(settings) > count * ITEMS / 4, seconds=300, what="a quarter is stored")
            net.cut("north")
            cut_at, had = time.monotonic(), stored(settings)
            time.sleep(seconds)
            meanwhile = stored(settings) - had
            net.heal("north")
            wait_until(lambda: stored(settings) >= count * ITEMS, seconds=900, what="all of it is stored")
            ended = time.monotonic()
            assert daemon.process
            daemon.process.send_signal(signal.SIGTERM)
            daemon.process.wait(20)
    with pipeline.open_to_read(settings) as store:
        titles = Counter(brief.title for brief, _ in store.entries.all_placed())
        _, failing, entries = store.census()
    said = daemon.said()
    print(  # noqa: T201
        f"\n{count} sources, {entries} entries, cut after {cut_at - started:.0f} s for {seconds} s"
        f" ({meanwhile} entries came meanwhile), all there after {ended - started:.0f} s;"
        f" {failing} failing, {said.count('engine ')} words of the engine"
    )
    expected = Counter(title for number in range(count) for title in titles_of(address_of(number)))
    assert titles == expected
    assert failing == 0
    assert "Traceback" not in said
