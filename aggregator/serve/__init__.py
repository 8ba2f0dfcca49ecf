"""Answer subscribers: the published files, what they search for, ETag, 304, HEAD, compression; and hubs.

Nothing of a request but its method, its path, its conditions and the words of a search is looked at, least
of all its Host; nothing is ever written. `docs/nginx.conf` does the same with nginx and passes our tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from aggregator.errors import OutputError
from aggregator.serve.answers import ALWAYS, nothing
from aggregator.serve.files import Clock, Site
from aggregator.serve.hubs import Door
from aggregator.serve.searches import Found, Search, Searches
from aggregator.settings import Server
from aggregator.websub import Postbox

__all__ = ["Found", "Told", "serve", "serve_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of the daemon itself."""

    status: int = 200
    media_type: str
    text: str


@asynccontextmanager
async def serve(
    root: Path,
    settings: Server,
    *,
    max_age: timedelta,
    clock: Clock,
    links: Mapping[str, str] = MappingProxyType({}),
    postbox: Postbox | None = None,
    most_bytes: int = 0,
    search: Search | None = None,
) -> AsyncIterator[str]:
    """Serve a folder while the context lasts; yield the address that is listened on.

    Args:
        search: answers what stands below `search/`, in another thread; may raise StoreError.
        max_age: for how long caches may keep what they are told.
        clock: no file may seem to be of a later moment.
        links: the Link header of files, by their names.
        postbox: takes what hubs say; without one they are not heard.
        most_bytes: of what a hub brings.
    Raises: OutputError when the port cannot be had.
    """
    app = web.Application()
    if postbox:
        app.router.add_route("*", "/websub/{token}", Door(postbox, most_bytes=most_bytes).answer)
    if search:
        Searches(search).join(app)
    app.router.add_route("*", "/{path:.*}", Site(root, max_age=max_age, clock=clock, links=links).answer)
    async with _listening(app, settings.host, settings.port, knob="server.port") as port:
        yield replace(settings, port=port).url


@asynccontextmanager
async def serve_status(port: int, answers: Mapping[str, Callable[[], Told]]) -> AsyncIterator[int]:
    """Answer questions about the daemon itself, on 127.0.0.1 alone; yield the port that is listened on.

    A listener of its own, because whoever comes through a proxy on this machine comes from here as well.

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
    async with _listening(app, "127.0.0.1", port, knob="server.status_port") as found:
        yield found


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int, *, knob: str) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=3)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, host, port)
        try:
            await listener.start()
        except OSError as error:
            reason = f"{host}:{port} cannot be listened on: {error.strerror}"
            raise OutputError(f"{reason}; name another `{knob}`") from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
