"""A thousand subscribers at one server, while it is published a hundred times."""

import asyncio
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.output import write_files
from tests.world import PATIENCE

NEWS = 10  # times that something is published until the feed is another
SIZE = 100_000  # bytes of the feed

SERVER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from aggregator.listen import bound
from aggregator.serve import serve
async def main():
    clock = lambda: datetime.now(UTC)
    root, max_age = Path(sys.argv[1]), timedelta(minutes=15)
    with bound("127.0.0.1", 0, knob="") as sockets:
        async with serve(root, sockets, max_age=max_age, clock=clock):
            print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/", flush=True)
            await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What subscribers saw of it."""

    clients: int
    requests: int
    errors: int  # no answer, another status than 200 and 304, or half a body
    not_modified: int
    p50: float  # milliseconds until a 304
    p99: float


def storm(root: Path, *, clients: int, seconds: float, publishes: int, every: float = 2.0) -> Storm:
    """Let so many subscribers poll for some seconds, half of them with the tag they were given.

    Args:
        every: seconds between two requests of a subscriber.
    """
    _publish(root, 0)
    with _server(root) as address:
        return asyncio.run(_storm(root, address, clients, seconds, publishes, every))


def _publish(root: Path, number: int) -> None:
    dice = random.Random(number // NEWS)
    body = f"<feed>{dice.randbytes(SIZE // 4).hex()}{' ' * (SIZE // 2)}</feed>\n"
    write_files(root, {"index.html": str(number).encode(), "atom.xml": body.encode()})


@contextmanager
def _server(root: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=PATIENCE)


async def _storm(
    root: Path, address: str, clients: int, seconds: float, publishes: int, every: float
) -> Storm:
    answers: list[tuple[int, float]] = []  # status, 0 for an error, and milliseconds
    end = time.monotonic() + seconds
    polling = [
        asyncio.create_task(_poll(address, end, n % 2 == 1, every * n / clients, every, answers))
        for n in range(clients)
    ]
    for number in range(publishes):
        await asyncio.sleep(seconds / (publishes + 1))
        await asyncio.to_thread(_publish, root, number + 1)
    await asyncio.gather(*polling)
    quick = sorted(took for status, took in answers if status == 304)
    return Storm(
        clients=clients,
        requests=len(answers),
        errors=sum(status not in (200, 304) for status, _ in answers),
        not_modified=len(quick),
        p50=quick[len(quick) // 2] if quick else math.nan,
        p99=quick[len(quick) * 99 // 100] if quick else math.nan,
    )


async def _poll(
    address: str, end: float, is_thrifty: bool, first: float, every: float, answers: list[tuple[int, float]]
) -> None:
    """Ask from some seconds on, and note what is answered; the thrifty show the tag they were given."""
    await asyncio.sleep(first)
    tag = ""
    try:
        reader, writer = await asyncio.open_connection(urlsplit(address).hostname, urlsplit(address).port)
    except OSError:
        answers.append((0, 0.0))
        return
    try:
        while time.monotonic() < end:
            began = time.monotonic()
            status, tag = await _ask(reader, writer, tag if is_thrifty else "")
            answers.append((status, (time.monotonic() - began) * 1000))
            await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))
    except (OSError, asyncio.IncompleteReadError, ValueError):
        answers.append((0, 0.0))
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tag: str) -> tuple[int, str]:
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    writer.write(f"GET /atom.xml HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n{condition}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status = int(head.split()[1])
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if status == 200:
        await reader.readexactly(int(fields["content-length"]))
    return status, fields.get("etag", "")
