"""What the web server asks: what a search finds, and what hubs want."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from aggregator.behind import Found
from aggregator.websub import Postbox

Search = Callable[[str, str], Found | None]  # see `Behind.find`


class Backroom:
    """See `Behind`. Searches run one after the other in a thread of their own: ingest goes on."""

    def __init__(self, postbox: Postbox, search: Search) -> None:
        self._postbox, self._search = postbox, search
        self._searching = ThreadPoolExecutor(1, thread_name_prefix="search")

    async def find(self, query: str, file: str) -> Found | None:
        return await asyncio.get_running_loop().run_in_executor(self._searching, self._search, query, file)

    async def expects(self, token: str) -> bool | None:
        return self._postbox.is_expected(token) if self._postbox.is_open else None

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        return self._postbox.confirm(token, query)

    async def deliver(self, token: str, body: bytes, *, media_type: str, signature: str) -> bool:
        return self._postbox.deliver(token, body, media_type=media_type, signature=signature)

    def close(self) -> None:
        self._searching.shutdown(wait=False, cancel_futures=True)
