"""A farm of feeds at as many addresses as one asks for: `python -m tests.engine.fields PORT`.

Each address is a host with one feed, whose entries say of which. Nothing else is remembered but who asked.
"""

import asyncio
import sys
from datetime import timedelta
from hashlib import blake2b

from aiohttp import web

from tests.world import NOW, Post, rss

ITEMS = 3  # of a feed
_LETTERS = str.maketrans("0123456789abcdef", "klmnoprstuabdefi")
TAG = '"1"'


def address_of(number: int) -> str:
    return f"10.78.{number // 250}.{number % 250 + 1}"


def titles_of(host: str) -> list[str]:
    """Return headlines that share no word with those of others."""
    return [" ".join(_words(f"{host}/{item}")) for item in range(ITEMS)]


def _words(seed: str) -> list[str]:
    letters = blake2b(seed.encode(), digest_size=12).hexdigest().translate(_LETTERS)
    return [letters[at : at + 6] for at in range(0, 24, 6)]


async def answer(request: web.BaseRequest) -> web.StreamResponse:
    host = request.host.partition(":")[0]
    if request.headers.get("If-None-Match") == TAG:
        return web.Response(status=304, headers={"ETag": TAG})
    posts = [
        Post(title=title, guid=f"{host}/{item}", link=f"http://{host}/{item}", at=NOW - timedelta(hours=item))
        for item, title in enumerate(titles_of(host))
    ]
    await asyncio.sleep(0.2)  # so far away is the world
    body = rss(*posts, title=f"Gazette of {host}", link=f"http://{host}/")
    return web.Response(body=body, headers={"ETag": TAG, "Content-Type": "application/rss+xml"})


async def serve(port: int) -> None:
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port, backlog=1000).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
