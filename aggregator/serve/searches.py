"""What subscribers search for, as a page and as feeds."""

from aiohttp import web

from aggregator.behind import Behind
from aggregator.errors import StoreError
from aggregator.packing import gzipped
from aggregator.serve.answers import (
    ALWAYS,
    FEEDS,
    READING,
    Form,
    answer,
    chosen_coding,
    later,
    not_reading,
    nothing,
    tag_of,
)

MOST_SEARCHES = 20  # at once, all but one of them waiting
SEARCH_SECONDS = 60  # that caches may keep what was found

_SHORTLY = {"Cache-Control": f"public, max-age={SEARCH_SECONDS}"}


class Searches:
    """What is looked for, by whoever stands behind."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._under_way = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request for what a query finds."""
        if request.method not in READING:
            return not_reading(request)
        file = request.match_info.get("file")
        if file is None:
            query = request.rel_url.raw_query_string
            location = f"search/{f'?{query}' if query else ''}"
            return web.Response(status=301, headers={**ALWAYS, **_SHORTLY, "Location": location})
        name = file or "index.html"
        if name != "index.html" and name not in FEEDS:
            return nothing()
        if self._under_way >= MOST_SEARCHES:
            return later("Many are searching just now; try again in a moment.\n")
        coding = chosen_coding(request.headers.get("Accept-Encoding", ""), ("gzip",))
        return await self._found(request, name, coding)

    async def _found(self, request: web.Request, name: str, coding: str) -> web.Response:
        query = request.query.get("q", "")
        self._under_way += 1
        try:
            found = await self._behind.find(query, name)
        except StoreError:
            return later("The search took too long, or is not ready yet; try again, with rarer words.\n")
        finally:
            self._under_way -= 1
        if found is None:
            return nothing()
        body, is_good = found
        if not is_good:
            return web.Response(status=400, text=body.decode(), headers=ALWAYS)
        packed = gzipped(body) if coding else body
        return answer(request, name, Form(body=packed, tag=tag_of(packed)), coding, _SHORTLY)

    def join(self, app: web.Application) -> None:
        """Become part of an application."""
        app.router.add_route("*", "/search", self.answer)
        app.router.add_route("*", "/search/{file:.*}", self.answer)
