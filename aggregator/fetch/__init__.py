"""Bring documents in: over HTTP, from local files, out of a hub's hands. What they say is for `parse`.

Hubs are told things by the same client, so that what guards a request guards those as well.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aggregator.fetch.answers import PARTIAL
from aggregator.fetch.directory import fetch_directory
from aggregator.fetch.http import HttpClient
from aggregator.model import Document, Fetched, FetchJob
from aggregator.settings import Fetch

Fetcher = Callable[[FetchJob], AbstractAsyncContextManager[Fetched]]


@asynccontextmanager
async def open_fetcher(settings: Fetch, *, user_agent: str) -> AsyncIterator[Fetcher]:
    """Yield the function that brings in any job; it raises FetchError, and only that, when a source fails.

    What it brings is to be read inside its block: only so many may be unread at once.
    """

    @asynccontextmanager
    async def from_disk(job: FetchJob) -> AsyncIterator[Fetched]:
        yield await asyncio.to_thread(fetch_directory, job, most_bytes=settings.most_bytes)

    @asynccontextmanager
    async def at_hand(job: FetchJob) -> AsyncIterator[Fetched]:
        document = Document(address=job.address, body=job.pushed, media_type=job.media_type)
        # A hub may leave out what it has delivered before (WebSub, 7).
        yield Fetched(documents=(document,), status=PARTIAL)

    async with HttpClient(settings, user_agent=user_agent) as client:
        fetchers: dict[str, Fetcher] = {
            "http": client.fetching,
            "opml": client.fetching,
            "path": from_disk,
            "push": at_hand,
            "hub": client.fetching,
            "ping": client.fetching,
            "page": client.fetching,
        }
        yield lambda job: fetchers[job.kind](job)
