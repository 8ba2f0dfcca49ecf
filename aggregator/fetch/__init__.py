"""Bring documents in: over HTTP, or from local files. What they say is for `parse`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aggregator.fetch.directory import fetch_directory
from aggregator.fetch.http import HttpClient
from aggregator.model import Fetched, FetchJob
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

    async with HttpClient(settings, user_agent=user_agent) as client:
        fetchers: dict[str, Fetcher] = {"http": client.fetching, "path": from_disk}
        yield lambda job: fetchers[job.kind](job)
