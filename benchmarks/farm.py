"""Feeds on loopback: a process of its own that answers as fast as one process can, and writes down when."""

import asyncio
import multiprocessing
import re
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from benchmarks import feeds as world

NEW_ITEMS = 2  # on top of a feed, when it is its turn
PORTS = 32  # a client that asks a host one thing at a time has so many to ask
_FEED = re.compile(rb"/f/(\d+)")


@dataclass(slots=True, kw_only=True)
class _Ground:
    """What there is to ask for."""

    feeds: int
    items: int
    generations: list[int] = field(default_factory=list)
    kept: dict[tuple[int, int], tuple[bytes, bytes]] = field(default_factory=dict)  # plain and packed
    asked: list[tuple[int, float]] = field(default_factory=list)  # feeds, and when

    def sow(self) -> None:
        self.generations = [0] * self.feeds
        for feed in range(self.feeds):
            self._grow(feed)

    def turn(self, every: int) -> None:
        """Put new items on top of every so-manieth feed."""
        for feed in range(0, self.feeds, every):
            self.generations[feed] += 1
            self._grow(feed)

    def _grow(self, feed: int) -> tuple[bytes, bytes]:
        key = feed, self.generations[feed]
        if key not in self.kept:
            newest = self.items + NEW_ITEMS * key[1]
            body = world.document(feed, newest, feeds=self.feeds, items=self.items)
            self.kept[key] = body, world.packed(body)
        return self.kept[key]

    def answer(self, head: bytes) -> bytes:
        found = _FEED.match(head, head.find(b" ") + 1)
        if not found:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        number = int(found[1])
        self.asked.append((number, time.time()))
        feed = number % self.feeds  # there may be more addresses than feeds
        tag = b'"%d-%d"' % (number, self.generations[feed])
        if tag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\n\r\n" % tag
        plain, packed = self._grow(feed)
        is_packed = b"gzip" in head
        body, coding = (packed, b"Content-Encoding: gzip\r\n") if is_packed else (plain, b"")
        kind = b"application/atom+xml" if feed % 3 == 2 else b"application/rss+xml"
        headers = b"Content-Type: %b\r\nETag: %b\r\n%bContent-Length: %d" % (kind, tag, coding, len(body))
        return b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (headers, body)


class _Gate(asyncio.Protocol):
    """One connection."""

    def __init__(self, ground: _Ground) -> None:
        self._ground, self._rest = ground, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for head in heads:
            self._transport.write(self._ground.answer(head))


async def _serve(ground: _Ground, orders: Connection) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    servers = [await loop.create_server(lambda: _Gate(ground), "127.0.0.1", 0) for _ in range(PORTS)]
    orders.send([server.sockets[0].getsockname()[1] for server in servers])

    def obey() -> None:
        match orders.recv():
            case "turn", int(every):
                ground.turn(every)
                orders.send(None)
            case "asked":
                orders.send(ground.asked)
                ground.asked = []
            case "reset":
                ground.generations = [0] * ground.feeds
                orders.send(None)
            case _:
                stop.set()

    loop.add_reader(orders.fileno(), obey)
    await stop.wait()


def _run(ground: _Ground, orders: Connection) -> None:
    ground.sow()
    asyncio.run(_serve(ground, orders))


class Farm:
    """A farm that runs, as whoever started it sees it."""

    def __init__(self, *, feeds: int, items: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        ground = _Ground(feeds=feeds, items=items)
        self._process = context.Process(target=_run, args=(ground, theirs), daemon=True)
        self._process.start()
        self._ports = self._orders.recv()
        self.feeds = feeds

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self._ports[number % PORTS]}/f/{number}"

    def urls(self, count: int | None = None) -> list[str]:
        return [self.url(number) for number in range(self.feeds if count is None else count)]

    def turn(self, every: int) -> None:
        """Put new items on top of every so-manieth feed."""
        self._orders.send(("turn", every))
        self._orders.recv()

    def reset(self) -> None:
        """Let all feeds be as at first."""
        self._orders.send("reset")
        self._orders.recv()

    def asked(self) -> list[tuple[int, float]]:
        """Return which feeds were asked since the last time, and when."""
        self._orders.send("asked")
        found: list[tuple[int, float]] = self._orders.recv()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._orders.send("stop")
        self._process.join()
