"""The daemon, to be lived with for the length of a scenario: in this process, or as its users start it."""

import asyncio
import logging
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

import feedparser
import pytest

from aggregator.daemon.front import Front
from aggregator.daemon.start import run_forever
from aggregator.listen import bound
from aggregator.output import public_folder
from aggregator.serve import serve
from aggregator.settings import Settings
from tests.world import BRIDGE, CHESS, HOUR, NOW, PATIENCE, Post

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
        self._now, self._wrong_by = NOW, timedelta(0)
        self._read = 0
        self._changed = threading.Condition()

    def __call__(self) -> datetime:
        with self._changed:
            self._read += 1
            self._changed.notify_all()
            return self._now + self._wrong_by

    def steady(self) -> float:
        """Return the seconds that have passed, whatever the clock was set to."""
        return self._now.timestamp()

    def set_by(self, by: timedelta) -> None:
        """Set the clock, without any time passing."""
        self._wrong_by += by

    def move_on(self, by: timedelta = 2 * HOUR) -> None:
        self._now += by

    def wait_for_beats(self, count: int) -> None:
        with self._changed:
            end = self._read + count
            assert self._changed.wait_for(lambda: self._read >= end, PATIENCE), "it stands still"


@asynccontextmanager
async def front_here(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Front]:
    """Serve in this process: a clock that tests set cannot be read in another."""
    with bound("127.0.0.1", settings.server.port, knob="server.port") as sockets:
        address = replace(settings.server, port=sockets[0].getsockname()[1]).url
        front = Front(address=address)
        site = serve(
            public_folder(settings),
            sockets,
            max_age=settings.publish.max_age,
            clock=clock,
            links=front.links,
            behind=_Later(front),
            most_bytes=settings.fetch.most_bytes,
        )
        async with site:
            front.opened.set_result(None)
            yield front


class _Later:
    """Whoever stands behind a front when it is asked."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def __getattr__(self, name: str) -> Any:
        return getattr(self._front.behind, name)


def live(settings: Settings, clock: Clock, scenario: Callable[[Settings], None], **options: Any) -> None:
    """Run the daemon in this process, with a scenario beside it; tell it to end when that is over."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        started: asyncio.Future[Settings] = loop.create_future()
        running = asyncio.ensure_future(
            run_forever(
                settings,
                announce=started.set_result,
                clock=clock,
                steady=clock.steady,
                open_front=front_here,
                **options,
            )
        )
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
