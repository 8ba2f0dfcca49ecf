"""The process that faces subscribers: it reads published files, and asks the daemon for what is not in them.

It is a process of its own because Python lets one thread of a process work at a time: beside one that groups
and publishes, an answer of a thousandth of a second would wait for a third of one.
"""

import asyncio
import signal
import socket
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator import log
from aggregator.behind import Found
from aggregator.daemon.clocks import utc_now
from aggregator.daemon.line import Line, Told, open_line
from aggregator.serve import serve


def main(**order: Any) -> None:
    """Serve, as ordered, until the other end of the line is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # are for the daemon, which says when
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_work(**order))


async def _work(
    *, line: int, listening: list[int], root: str, max_age: float, most_bytes: int, logging: dict[str, str]
) -> None:
    log.configure(**logging)
    links: dict[str, str] = {}

    async def name_hubs(named: Mapping[str, str], _: bytes) -> Told:
        links.clear()
        links.update(named)
        return None, b""

    async with open_line(socket.socket(fileno=line), {"name_hubs": name_hubs}) as daemon:
        site = serve(
            Path(root),
            [socket.socket(fileno=each) for each in listening],
            max_age=timedelta(seconds=max_age),
            clock=utc_now,
            links=links,
            behind=_Behind(daemon),
            most_bytes=most_bytes,
        )
        async with site:
            await daemon.listen()


class _Behind:
    """The daemon, as far as it can be asked."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def find(self, query: str, file: str) -> Found | None:
        is_good, body = await self._line.ask("find", query, file)
        return None if is_good is None else (body, is_good)

    async def expects(self, token: str) -> bool | None:
        is_expected: bool | None = await self._told("expects", token)
        return is_expected

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        challenge: str | None = await self._told("confirm", token, dict(query))
        return challenge

    async def deliver(self, token: str, body: bytes, *, media_type: str, signature: str) -> bool:
        return bool(await self._told("deliver", token, media_type, signature, body=body))

    async def _told(self, what: str, *given: Any, body: bytes = b"") -> Any:
        return (await self._line.ask(what, *given, body=body))[0]
