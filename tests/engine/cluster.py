"""A cluster of our own: Dask's scheduler and workers as operators start them, here or in other networks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.world import PATIENCE

TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where a process runs: an address, and what to say before a command so that it runs there."""

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()


HERE = Host()


@dataclass(slots=True, kw_only=True)
class Program:
    """One process with its log; it dies with all its children."""

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(TOP), **self.environment},
            )

    def kill(self) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def wait_until_it_says(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while words not in self.said():
            assert time.monotonic() < deadline, f"it never said {words!r}: {self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass(slots=True, kw_only=True)
class DaskCluster:
    """A scheduler, and workers on hosts."""

    folder: Path
    hosts: Sequence[Host] = (HERE, HERE)
    home: Host = HERE
    tls: Sequence[str] = ()  # options for the command line
    threads: int = 2
    deaths: int = 1  # of workers, after which Dask gives a batch up; its own default is 4
    port: int = 0
    scheduler: Program = field(init=False)
    workers: list[Program] = field(init=False)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.scheduler = self._program(
            self.home, "scheduler", "scheduler", "--host", self.home.address, "--port", str(self.port)
        )
        threads = ("--nthreads", str(self.threads))
        self.workers = [
            self._program(host, f"worker-{number}", "worker", self.address, "--host", host.address, *threads)
            for number, host in enumerate(self.hosts)
        ]

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://{self.home.address}:{self.port}"

    def start(self) -> None:
        for program in (self.scheduler, *self.workers):
            program.start()

    def kill(self) -> None:
        for program in (*self.workers, self.scheduler):
            program.kill()

    def said(self) -> str:
        """Return all that its processes have logged."""
        return "".join(program.said() for program in (self.scheduler, *self.workers))

    def _program(self, host: Host, name: str, *words: str) -> Program:
        command = (*host.enter, sys.executable, "-m", "dask", *words, "--no-dashboard", *self.tls)
        rules = {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(self.deaths - 1),
            "DASK_TEMPORARY_DIRECTORY": str(self.folder),
        }
        return Program(command=command, log=self.folder / f"{name}.log", environment=rules)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def running(cluster: DaskCluster) -> Iterator[DaskCluster]:
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.kill()
