"""Answer subscribers: the published files, what they search for, ETag, 304, HEAD, compression; and hubs.

Nothing of a request but its method, its path, its conditions and the words of a search is looked at, least
of all its Host; nothing is ever written. `docs/nginx.conf` does the same with nginx and passes our tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import socket
from types import MappingProxyType

from aiohttp import web

from aggregator.behind import Behind
from aggregator.listen import WAITING
from aggregator.serve.answers import ALWAYS, nothing
from aggregator.serve.files import Clock, Site
from aggregator.serve.hubs import Door
from aggregator.serve.searches import Searches

__all__ = ["Told", "serve", "serve_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of the daemon itself."""

    status: int = 200
    media_type: str
    text: str


@asynccontextmanager
async def serve(
    root: Path,
    sockets: Iterable[socket],
    *,
    max_age: timedelta,
    clock: Clock,
    links: Mapping[str, str] = MappingProxyType({}),
    behind: Behind | None = None,
    most_bytes: int = 0,
) -> AsyncIterator[None]:
    """Serve a folder while the context lasts.

    Args:
        sockets: where it can be reached.
        max_age: for how long caches may keep what they are told.
        clock: no file may seem to be of a later moment.
        links: the Link header of files, by their names.
        behind: hears what hubs say, and searches; without it neither is there.
        most_bytes: of what a hub brings.
    """
    app = web.Application()
    if behind:
        app.router.add_route("*", "/websub/{token}", Door(behind, most_bytes=most_bytes).answer)
        Searches(behind).join(app)
    app.router.add_route("*", "/{path:.*}", Site(root, max_age=max_age, clock=clock, links=links).answer)
    async with _taking_calls(app, sockets):
        yield


@asynccontextmanager
async def serve_status(
    sockets: Iterable[socket], answers: Mapping[str, Callable[[], Told]]
) -> AsyncIterator[None]:
    """Answer questions about the daemon itself while the context lasts.

    It listens for itself, because whoever comes through a proxy on this machine comes from here as well.

    Args:
        answers: by path.
    """

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            return nothing()
        told = answers[request.path]()
        headers = {**ALWAYS, "Cache-Control": "no-store", "Content-Type": told.media_type}
        return web.Response(status=told.status, body=told.text.encode(), headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with _taking_calls(app, sockets):
        yield


@asynccontextmanager
async def _taking_calls(app: web.Application, sockets: Iterable[socket]) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=3)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each, backlog=WAITING).start()
        yield
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
