"""Our own part in it: a folder with a configuration, and an aggregator that does as it is told.

`Running` is one in a process of its own that has started already, as a daemon has: what it is told is one
line, "refresh", "regroup" or "publish", and what each costs is seen from outside. `Daemon` is one as its
users start it.
"""

import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from aggregator import pipeline
from aggregator.config import load_settings
from aggregator.settings import Settings
from aggregator.store import Store
from benchmarks.measure import Spent, Watch, python

WORKERS = 2
PATIENCE = 60.0  # seconds until something is served


def configured(folder: Path, urls: Sequence[str], **more: str) -> Path:
    """Write a configuration, and return where it is; hosts on loopback need no pause.

    Args:
        more: other keys at the top, and what they are in YAML.
    """
    sources = "".join(f"  - {{id: f{n}, url: '{url}', allow_private: true}}\n" for n, url in enumerate(urls))
    others = "".join(f"{key}: {value}\n" for key, value in more.items())
    path = folder / "feeds.yaml"
    fetch = f"{{host_delay: 0s, workers: {WORKERS}}}"
    path.write_text(f"site: {{title: Bench}}\nfetch: {fetch}\n{others}sources:\n{sources or '  []'}\n")
    return path


class Running:
    """An aggregator that has started, and waits to be told."""

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            # Not by -m: workers would import the main module, which costs them more than their work.
            python("-c", "from benchmarks.ours import obey; obey()", str(config)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def tell(self, order: str) -> Spent:
        """Let it do one thing, and return what that cost."""
        assert self._process.stdin
        with Watch(self._process.pid) as watch:
            self._process.stdin.write(f"{order}\n")
            self._process.stdin.flush()
            self._read()
        return watch.spent

    def _read(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the aggregator ended with {self._process.wait()}")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


class Daemon:
    """An aggregator as its users start it."""

    def __init__(self, config: Path) -> None:
        command = python("-m", "aggregator", "--config", str(config), "run")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.pid = self._process.pid

    def ready(self) -> None:
        """Wait until it has loaded all it works with: it serves before that."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("Watching"):
                return
        raise RuntimeError(f"the aggregator ended with {self._process.wait()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def serving(port: int) -> float:
    """Wait until a server gives out the combined feed; return the seconds that took."""
    started = time.perf_counter()
    while not _is_served(port):
        if time.perf_counter() - started > PATIENCE:
            raise TimeoutError(f"nothing is served on port {port}")
        time.sleep(0.02)
    return time.perf_counter() - started


def _is_served(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/atom.xml") as answer:
            return bool(answer.read(1))
    except OSError:
        return False


def obey() -> None:
    """Be the aggregator of `Running`."""
    logging.disable()
    settings = load_settings(Path(sys.argv[1]))

    def clock() -> datetime:
        return datetime.now(UTC)

    with pipeline.open_house(settings, now=clock()) as (store, engine):
        pipeline.prepare(store, settings, now=clock(), is_spread=False)
        desk, memory = pipeline.open_desk(store, settings), pipeline.Memory()
        print("ready", flush=True)
        for order in map(str.strip, sys.stdin):
            if order == "refresh":
                all_due(store, settings, clock())
                found: object = sum(1 for _ in pipeline.refresh(store, settings, engine, clock=clock))
            elif order == "regroup":
                found = pipeline.regroup(store, desk, now=clock())
            else:
                found = pipeline.publish(store, settings, memory=memory)
            print(order, found, flush=True)


def all_due(store: Store, settings: Settings, now: datetime) -> None:
    with store.transaction():
        before = now - timedelta(seconds=1)  # appointments are in whole seconds
        # What was under way at a stop is nobody else's for some minutes.
        store.sources.postpone([source.id for source in settings.sources], until=before)
        store.sources.appoint({source.id: before for source in settings.sources})
