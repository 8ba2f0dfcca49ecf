"""What things cost: CPU seconds, wall seconds, memory of a process and all it started. Linux only."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

LOOK_EVERY = 0.05  # seconds, at memory
_TICK = os.sysconf("SC_CLK_TCK")

Given = ParamSpec("Given")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What something cost."""

    cpu: float  # seconds, of all processes and the system on their behalf
    wall: float  # seconds
    peak_mb: float = 0.0  # of all processes, what they share counted once

    def __add__(self, other: "Spent") -> "Spent":
        peak = max(self.peak_mb, other.peak_mb)
        return Spent(cpu=self.cpu + other.cpu, wall=self.wall + other.wall, peak_mb=peak)


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it and live."""
    found, ahead = [], [pid]
    while ahead:
        found.append(one := ahead.pop())
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                ahead += map(int, (task / "children").read_text().split())
        except OSError:  # it is gone
            continue
    return found


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants, those that ended and were waited for too."""
    ticks = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICK


def memory_of(pid: int) -> float:
    """Return the megabytes of a process and its descendants; what several share is counted once."""
    total = 0
    for one in family(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000


class Watch:
    """Looks at a process while a block runs; afterwards `spent` says what it cost."""

    def __init__(self, pid: int) -> None:
        self._pid, self._stop = pid, threading.Event()
        self._peak = 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.spent = Spent(cpu=0, wall=0)

    def _look(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._peak = max(self._peak, memory_of(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        self._cpu, self._wall = cpu_of(self._pid), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cpu, wall = cpu_of(self._pid) - self._cpu, time.perf_counter() - self._wall
        self._stop.set()
        self._thread.join()
        self.spent = Spent(cpu=cpu, wall=wall, peak_mb=self._peak)


def run(arguments: Sequence[str], *, patience: float = 900.0) -> tuple[Spent, str]:
    """Run a program to its end; return what it cost, and what it said.

    Raises: RuntimeError when it fails.
    """
    root = str(Path(__file__).parent.parent)
    started = time.perf_counter()
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert process.stdout
    ending = threading.Timer(patience, process.kill)
    ending.start()
    with Watch(process.pid) as watch:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    ending.cancel()
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments[:4])} … ended with {process.returncode}")
    return Spent(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak_mb=watch.spent.peak_mb), said


def apart(function: Callable[Given, Found], *given: Given.args, **options: Given.kwargs) -> Found:
    """Call a function in a process of its own, which knows nothing of what was done here before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *given, **options).result()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
