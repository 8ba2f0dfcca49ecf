"""Keeps a window open: starts the process that serves, answers what it asks, and replaces it when it ends.

Its sockets are bound here, so that nobody is turned away while another one takes its place.
"""

import asyncio
import json
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from aggregator.behind import Behind
from aggregator.daemon.clocks import Clock
from aggregator.daemon.front import Front
from aggregator.daemon.line import Answer, Told, open_line
from aggregator.errors import OutputError, StoreError
from aggregator.listen import bound
from aggregator.output import public_folder
from aggregator.settings import Settings

log = logging.getLogger(__name__)

REPLACED_AFTER = 1.0  # seconds
LONGEST_END = 5.0  # seconds

_WINDOW = """
import json, sys
order = json.loads(sys.argv[1])
sys.path[:] = order.pop("path")
from aggregator.daemon.window import main
main(**order)
"""

OpenFront = Callable[[Settings, Clock], AbstractAsyncContextManager[Front]]


@asynccontextmanager
async def open_front(settings: Settings, _: Clock) -> AsyncIterator[Front]:
    """Serve what is published while the context lasts, by the time that the system tells.

    Raises: OutputError when the port cannot be had.
    """
    server = settings.server
    with bound(server.host, server.port, knob="server.port") as sockets:
        address = replace(server, port=sockets[0].getsockname()[1]).url
        front = Front(address=address)
        keeping = asyncio.ensure_future(_keep_open(front, settings, [each.fileno() for each in sockets]))
        await asyncio.sleep(0)  # for it to be started: what is loaded here next would be in its way
        try:
            yield front
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


async def _keep_open(front: Front, settings: Settings, listening: Sequence[int]) -> None:
    """Start the window, and another one when it ends."""
    while True:
        try:
            code = await _one_window(front, settings, listening)
            log.error("failed room=window code=%d", code)
        except Exception:
            log.exception("failed room=window")
        if not front.opened.done():
            front.opened.set_exception(OutputError("the web server could not be started; why stands above"))
        await asyncio.sleep(REPLACED_AFTER)


async def _one_window(front: Front, settings: Settings, listening: Sequence[int]) -> int:
    """Start a window and hear it until it ends; return how it did."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = await _started(settings, theirs.fileno(), listening)
        try:
            async with open_line(ours, _answers(front)) as front.line, asyncio.TaskGroup() as tasks:
                tasks.create_task(front.line.listen())
                await front.line.ask("name_hubs", front.links)
                if not front.opened.done():
                    front.opened.set_result(None)
        except* StoreError:  # it ended before it answered
            pass
        finally:
            front.line = None
            ours.close()  # which tells it to end
            code = await _ended(process)
    return code


async def _started(settings: Settings, line: int, listening: Sequence[int]) -> asyncio.subprocess.Process:
    order = {
        "path": sys.path,  # what is imported there is what is imported here
        "line": line,
        "listening": listening,
        "root": str(public_folder(settings).absolute()),
        "max_age": settings.publish.max_age.total_seconds(),
        "most_bytes": settings.fetch.most_bytes,
        "logging": {"form": settings.logging.form, "level": settings.logging.level},
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _WINDOW, json.dumps(order)),
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=(line, *listening),
        start_new_session=True,  # Ctrl-C is for the daemon, which says when
    )


async def _ended(process: asyncio.subprocess.Process) -> int:
    try:
        async with asyncio.timeout(LONGEST_END):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


def _answers(front: Front) -> dict[str, Answer]:
    """Return what the window may ask, as it is said on the line: see `Behind`."""

    def behind() -> Behind:
        if front.behind is None:
            raise StoreError("it has only just been started")
        return front.behind

    async def find(query: str, file: str, _: bytes) -> Told:
        found = await behind().find(query, file)
        return (None, b"") if found is None else (found[1], found[0])

    async def expects(token: str, _: bytes) -> Told:
        return await behind().expects(token), b""

    async def confirm(token: str, query: Mapping[str, str], _: bytes) -> Told:
        return await behind().confirm(token, query), b""

    async def deliver(token: str, media_type: str, signature: str, body: bytes) -> Told:
        return await behind().deliver(token, body, media_type=media_type, signature=signature), b""

    return {"find": find, "expects": expects, "confirm": confirm, "deliver": deliver}
