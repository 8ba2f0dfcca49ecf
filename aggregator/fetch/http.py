"""Feeds over HTTP: one conditional request, redirects followed by hand, everything bounded; forms for hubs.

Pages of entries come the same way; nobody but a feed says that they are there. What is asked for is what was
given, byte for byte. No cookies, no Referer, no proxies from the environment. What an answer means is
`answers`' business, when to ask again `policy`'s.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from aggregator.errors import Cause, FetchError, HeldError
from aggregator.fetch.answers import (
    KEEPING,
    PERMANENT,
    REDIRECTS,
    WITH_BODY,
    Answer,
    accepted,
    asks_to_wait,
    conditions,
    failed,
    understood,
)
from aggregator.fetch.faults import refusal, translated
from aggregator.fetch.guard import is_open_port, socket_factory
from aggregator.fetch.manners import Place, Turns
from aggregator.fetch.names import Names
from aggregator.fetch.robots import Robots
from aggregator.fetch.unpack import OFFERED, Unpacker
from aggregator.model import Fetched, FetchJob
from aggregator.settings import Fetch
from aggregator.urls import absolute, is_fetchable, is_same_origin, origin_of, scheme_of

MOST_REDIRECTS = 5
MOST_HEADERS = 100
MOST_HEADER_BYTES = 32_768  # of one
MOST_HEAD_BYTES = 65_536  # of all
CONNECT_SECONDS = 10.0  # TLS included
SILENT_SECONDS = 15.0
CHUNK = 65_536

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9"
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


class HttpClient:
    """Asks origins, each in its turn. An asynchronous context manager of one event loop."""

    def __init__(self, settings: Fetch, *, user_agent: str) -> None:
        self._settings = settings
        self._user_agent = user_agent
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by `allow_private`: they share no connection
        self._turns = Turns(delay=settings.host_delay.total_seconds(), concurrency=settings.concurrency)
        self._names = Names(threads=settings.concurrency)
        self._robots = Robots()

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context()
        for allow_private in (False, True):
            self._sessions[allow_private] = self._open(tls, allow_private=allow_private)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()
        await self._names.close()

    def _open(self, tls: ssl.SSLContext, *, allow_private: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # `Turns` limits
                ssl=tls,
                ttl_dns_cache=300,
                resolver=self._names,
                socket_factory=socket_factory(allow_private=allow_private),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent, "Accept": _ACCEPT, "Accept-Encoding": OFFERED},
            auto_decompress=False,  # `unpack` does, and counts
            max_line_size=MOST_HEADER_BYTES,
            max_field_size=MOST_HEADER_BYTES,
            max_headers=MOST_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS),
            trust_env=False,
        )

    async def fetch(self, job: FetchJob) -> Fetched:
        """Ask for one feed; see `fetching`."""
        async with self.fetching(job) as fetched:
            return fetched

    @asynccontextmanager
    async def fetching(self, job: FetchJob) -> AsyncIterator[Fetched]:
        """Ask for one feed, and for where it redirects to; waiting for a host's turn takes none of its time.

        What came counts among the requests under way until the block ends: documents that nobody has read
        yet must not pile up.

        Yields: its document, a part of it (226), or that it is unchanged (304).
        Raises: FetchError with the cause.
        """
        async with self._turns.place() as place:
            answer, moved = await self._follow(job, place)
            yield accepted(answer) if job.form else understood(answer, job, moved)

    async def _follow(self, job: FetchJob, place: Place) -> tuple[Answer, tuple[str, ...]]:
        """Return the answer behind all redirects, and where these led if all of them are permanent."""
        url, chain, is_permanent = job.address, tuple[str, ...](), True
        left = self._settings.timeout.total_seconds()
        if job.kind == "page" and not is_open_port(url):
            raise FetchError(Cause.FORBIDDEN, "it is at a port that serves no pages", answered=url)
        for _ in range(MOST_REDIRECTS + 1):
            if job.obey_robots:
                await self._heed(url, job, place)
            answer, taken = await self._ask(url, job, place, left)
            left -= taken
            if answer.status not in (KEEPING if job.form else REDIRECTS):
                return answer, chain if is_permanent else ()
            place.give_back()  # it may have to wait for another host
            url = _next_hop(answer, job)
            if url in (job.address, *chain):
                raise failed(Cause.REDIRECT, f"a loop of redirects, back to {url}", answer)
            chain, is_permanent = (*chain, url), is_permanent and answer.status in PERMANENT
        raise FetchError(Cause.REDIRECT, f"more than {MOST_REDIRECTS} redirects, the last to {url}")

    async def _heed(self, url: str, job: FetchJob, place: Place) -> None:
        """Ask for nothing that its origin does not want us, by our name, to ask for.

        Raises: FetchError then, and when the origin is in no state to say so (RFC 9309, 2.3.1).
        """
        may_be_private = job.allow_private and origin_of(url) == origin_of(job.address)
        bring = partial(self._robots_txt, job, place, allow_private=may_be_private)
        if not await self._robots.allow(url, bring, is_crawled=job.kind == "page"):
            words = f"its robots.txt asks us to stay away{_way_out(job)}"
            raise FetchError(Cause.ROBOTS, words, answered=url)

    async def _robots_txt(self, of: FetchJob, place: Place, address: str, *, allow_private: bool) -> bytes:
        job = FetchJob(source_id=of.source_id, kind="http", address=address, allow_private=allow_private)
        try:
            answer, _ = await self._follow(job, place)
        except FetchError as error:
            if error.cause in (Cause.REDIRECT, Cause.TOO_LARGE):
                return b""  # as good as none
            raise
        finally:
            place.give_back()  # the feed has to wait for its turn
        if answer.status >= 500 or answer.status == 429:
            words = f"its robots.txt answers {refusal(answer.status)}{_way_out(of)}"
            raise failed(Cause.STATUS, words, answer)
        return answer.body if answer.status == 200 else b""

    async def _ask(self, url: str, job: FetchJob, place: Place, seconds: float) -> tuple[Answer, float]:
        """Make one request; return its answer and how many seconds it took."""
        # A redirect must not carry the permission for one private address to another.
        session = self._sessions[job.allow_private and origin_of(url) == origin_of(job.address)]
        async with self._turns.turn(origin_of(url), place) as host:
            if host.refusal is not None:
                detail = f"{refusal(429)}, said to another feed of {origin_of(url)}"
                kind = HeldError if url == job.address else FetchError  # behind a redirect it was asked
                raise kind(Cause.STATUS, detail, 429, host.refusal, url)
            started = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    answer = await self._answer(session, url, job)
            except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
                whole = self._settings.timeout.total_seconds()
                raise translated(error, url, seconds=whole) from error
            if answer.status == 429:
                host.refusal = answer.headers.get("Retry-After", "")
            return answer, asyncio.get_running_loop().time() - started

    async def _answer(self, session: aiohttp.ClientSession, url: str, job: FetchJob) -> Answer:
        headers = conditions(job.validators) | ({"Accept": _ACCEPT_PAGE} if job.kind == "page" else {})
        if job.authorization and is_same_origin(url, job.address):
            headers["Authorization"] = job.authorization
        target = URL(url, encoded=url.isascii())
        method, form = ("POST", aiohttp.FormData(job.form)) if job.form else ("GET", None)
        async with session.request(
            method, target, headers=headers, data=form, allow_redirects=False
        ) as response:
            size = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
            if size > MOST_HEAD_BYTES:
                raise FetchError(Cause.TOO_LARGE, f"its header is more than {MOST_HEAD_BYTES:,} bytes")
            is_read = response.status in WITH_BODY and not job.form
            if is_read and job.kind == "page" and response.content_type not in _HTML:
                raise FetchError(Cause.NOT_A_PAGE, f"it is {response.content_type}", response.status)
            body = await self._body(response) if is_read else b""
            links = tuple(response.headers.getall("Link", ()))
            return Answer(url, response.status, response.headers, body, links)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        most = self._settings.most_bytes
        if (response.content_length or 0) > most:
            raise FetchError(Cause.TOO_LARGE, f"it is {response.content_length:,} bytes, more than {most:,}")
        unpacker = Unpacker(response.headers.get("Content-Encoding", ""), most_bytes=most)
        async for chunk in response.content.iter_chunked(CHUNK):
            unpacker.feed(chunk)
        return unpacker.whole()


def _way_out(job: FetchJob) -> str:
    """Say what the operator can do: of a feed, not of a page, which is crawled."""
    return "" if job.kind == "page" else "; `obey_robots: false` asks all the same"


def _next_hop(answer: Answer, job: FetchJob) -> str:
    """Return where a redirect leads.

    Raises: FetchError when that is nowhere, is to be followed later, or is a place we do not ask.
    """
    target = absolute(answer.url, answer.headers.get("Location", ""))
    if not is_fetchable(target):
        raise failed(Cause.REDIRECT, f"HTTP {answer.status} leads nowhere", answer)
    if origin_of(target) != origin_of(job.address) and not is_open_port(target):
        raise failed(Cause.FORBIDDEN, f"HTTP {answer.status} leads to a port that serves no feeds", answer)
    if job.form and scheme_of(answer.url) == "https" != scheme_of(target):  # it may hold a secret
        raise failed(Cause.FORBIDDEN, f"HTTP {answer.status} leads from https to http", answer)
    if asks_to_wait(answer) and not job.has_waited:
        raise failed(Cause.REDIRECT, f"HTTP {answer.status} asks to wait before it is followed", answer)
    return target
