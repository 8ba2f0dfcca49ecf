"""Subscribers: many connections that ask for one file again and again, and how long each answer took."""

import asyncio
import random
import time

PATIENCE = 30.0  # seconds for one answer


class _Subscriber(asyncio.Protocol):
    """One connection; it asks one thing at a time."""

    def __init__(self) -> None:
        self._rest, self._answered = b"", asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            self.head, self._rest = head, b""
            self._answered.set()

    async def ask(self, request: bytes) -> float:
        """Return the seconds until the answer is whole."""
        started = time.perf_counter()
        self._answered.clear()
        self.transport.write(request)
        async with asyncio.timeout(PATIENCE):
            await self._answered.wait()
        return time.perf_counter() - started


def _length(head: bytes) -> int:
    if b" 304 " in head[:16]:
        return 0
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])


def storm(port: int, *, clients: int, requests: int = 0, seconds: float = 0.0, known: bool) -> list[float]:
    """Ask for the combined feed; return the seconds of each answer.

    Args:
        requests: in all, each as soon as the one before is answered; or else for so many `seconds`, in which
            each client asks about every two.
        known: whether subscribers have the file already.
    """
    return asyncio.run(_storm(port, clients, requests, seconds, known=known))


async def _storm(port: int, clients: int, requests: int, seconds: float, *, known: bool) -> list[float]:
    loop = asyncio.get_running_loop()
    found: list[float] = []

    async def subscribe(request: bytes) -> None:
        _, subscriber = await loop.create_connection(_Subscriber, "127.0.0.1", port)
        end = loop.time() + seconds
        found.extend([await subscriber.ask(request) for _ in range(requests // clients)])
        while loop.time() < end:
            await asyncio.sleep(random.uniform(0, 4))
            found.append(await subscriber.ask(request))
        subscriber.transport.close()

    plain = f"GET /atom.xml HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
    tag = await _tag(port, f"{plain}\r\n".encode())
    request = f"{plain}If-None-Match: {tag}\r\n\r\n" if known else f"{plain}\r\n"
    await asyncio.gather(*(subscribe(request.encode()) for _ in range(clients)))
    return found


async def _tag(port: int, request: bytes) -> str:
    _, one = await asyncio.get_running_loop().create_connection(_Subscriber, "127.0.0.1", port)
    await one.ask(request)
    one.transport.close()
    lines = one.head.decode().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("etag:"))
