"""A cluster of Dask on loopback, as its users start one: a scheduler and workers, each a process."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import python
from benchmarks.ours import free_port

BATCHES = 8  # at once at a worker, which are Dask's threads
ABSENT = "Dask is not measured: it is the extra `cluster`"


def is_installed() -> bool:
    return find_spec("distributed") is not None


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """Run so many workers, and end them afterwards; yield the scheduler's address."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    bare = ("--no-dashboard", "--host", "127.0.0.1")
    scheduler = python("-m", "distributed.cli.dask_scheduler", *bare, "--port", str(port))
    worker = python("-m", "distributed.cli.dask_worker", address, *bare, "--nthreads", str(BATCHES))
    worker += ["--local-directory", str(folder)]
    with ExitStack() as stack:
        stack.enter_context(_running(scheduler))
        for _ in range(workers):
            stack.enter_context(_running(worker))
        from distributed import Client  # an extra; `is_installed` says whether it is there

        with Client(address) as client:
            client.wait_for_workers(workers)
        yield address


@contextmanager
def _running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
