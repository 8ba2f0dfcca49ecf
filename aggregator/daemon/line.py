"""A line between two processes of ours: either end may ask the other, and several things at once.

A message is a line of JSON, and after it as many bytes as that says: nothing in it is ever run.
"""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from aggregator.errors import StoreError

log = logging.getLogger(__name__)

MOST_JSON = 1 << 24  # bytes of a message, without what follows it

Told = tuple[Any, bytes]  # a value that JSON knows, and bytes beside it
Answer = Callable[..., Awaitable[Told]]  # is given what JSON brought, and the bytes


class Line:
    """One end."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Mapping[str, Answer]
    ) -> None:
        self._reader, self._writer, self._answers = reader, writer, answers
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Told]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def ask(self, what: str, *given: Any, body: bytes = b"") -> Told:
        """Return what the other end says.

        Raises: StoreError when it cannot answer, or is gone.
        """
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._send({"number": number, "ask": what, "given": given}, body)
            return await self._asked[number]
        finally:
            del self._asked[number]

    async def listen(self) -> None:
        """Answer, and hear answers, until the other end is gone."""
        try:
            while head := await self._reader.readline():
                message = json.loads(head)
                self._take(message, await self._reader.readexactly(message["bytes"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for task in self._answering:
                task.cancel()
            for future in self._asked.values():
                _fail(future, "the other process is gone")

    def _take(self, message: dict[str, Any], body: bytes) -> None:
        if "ask" in message:
            task = asyncio.ensure_future(self._answer(message, body))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif future := self._asked.get(message["number"]):
            if "fault" in message:
                _fail(future, message["fault"])
            elif not future.done():
                future.set_result((message["told"], body))

    async def _answer(self, message: dict[str, Any], body: bytes) -> None:
        number, what = message["number"], message["ask"]
        try:
            told, more = await self._answers[what](*message["given"], body)
        except StoreError as error:
            self._send({"number": number, "fault": str(error)})
        except Exception as error:
            log.exception("failed room=line asked=%s", what)
            self._send({"number": number, "fault": type(error).__name__})
        else:
            self._send({"number": number, "told": told}, more)

    def _send(self, message: dict[str, Any], body: bytes = b"") -> None:
        head = json.dumps({**message, "bytes": len(body)}).encode()
        self._writer.writelines((head, b"\n", body))


def _fail(future: "asyncio.Future[Told]", why: str) -> None:
    if not future.done():
        future.set_exception(StoreError(why))


@asynccontextmanager
async def open_line(end: socket.socket, answers: Mapping[str, Answer]) -> AsyncIterator[Line]:
    """Take up one end of a pair of sockets; the other end learns when it is put down."""
    reader, writer = await asyncio.open_connection(sock=end, limit=MOST_JSON)
    try:
        yield Line(reader, writer, answers)
    finally:
        writer.transport.abort()
