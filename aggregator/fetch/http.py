"""Feeds over HTTP: one conditional request, redirects followed by hand, everything bounded.

What is asked for is what was configured, byte for byte; validators go back as they came. No cookies, no
Referer, no proxies from the environment. When to ask again is `policy`'s business.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from aggregator.errors import Cause, FetchError
from aggregator.fetch.guard import ForbiddenAddressError, socket_factory
from aggregator.fetch.manners import Turns
from aggregator.model import Document, Fetched, FetchJob, Hints, Validators
from aggregator.settings import Fetch
from aggregator.text import one_line
from aggregator.urls import absolute, is_fetchable, origin_of

MOST_REDIRECTS = 5
MOST_HEADER_BYTES = 32_768
CHUNK = 65_536

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class HttpClient:
    """Asks origins, each in its turn. An asynchronous context manager of one event loop."""

    def __init__(self, settings: Fetch, *, user_agent: str) -> None:
        self._settings = settings
        self._user_agent = user_agent
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by `allow_private`: they share no connection
        self._turns = Turns(delay=settings.host_delay.total_seconds(), concurrency=settings.concurrency)

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context()
        for allow_private in (False, True):
            self._sessions[allow_private] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # `Turns` limits
                    ssl=tls,
                    ttl_dns_cache=300,
                    socket_factory=socket_factory(allow_private=allow_private),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": self._user_agent,
                    "Accept": _ACCEPT,
                    "Accept-Encoding": "gzip, deflate, br",
                },
                max_line_size=MOST_HEADER_BYTES,
                max_field_size=MOST_HEADER_BYTES,
                trust_env=False,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def fetch(self, job: FetchJob) -> Fetched:
        """Ask for one feed, and for where it redirects to; waiting for a host's turn takes none of its time.

        Returns: its document, or that it is unchanged (304).
        Raises: FetchError with the cause.
        """
        url, is_permanent = job.address, True
        left = self._settings.timeout.total_seconds()
        for _ in range(MOST_REDIRECTS + 1):
            answer, taken = await self._ask(url, job, left)
            left -= taken
            if answer.status not in _REDIRECTS:
                moved_to = url if is_permanent and url != job.address else ""
                return _read(answer, url, job, moved_to)
            target = absolute(url, answer.headers.get("Location", ""))
            if not is_fetchable(target):
                raise _failed(Cause.REDIRECT, f"HTTP {answer.status} leads nowhere", answer)
            url, is_permanent = target, is_permanent and answer.status in _PERMANENT
        raise FetchError(Cause.REDIRECT, f"more than {MOST_REDIRECTS} redirects, the last to {url}")

    async def _ask(self, url: str, job: FetchJob, seconds: float) -> tuple[_Answer, float]:
        """Make one request; return its answer and how many seconds it took."""
        # A redirect must not carry the permission for one private address to another.
        session = self._sessions[job.allow_private and origin_of(url) == origin_of(job.address)]
        async with self._turns.turn(origin_of(url)):
            started = asyncio.get_running_loop().time()
            try:
                async with (
                    asyncio.timeout(max(0.0, seconds)),
                    session.get(
                        URL(url, encoded=url.isascii()),
                        headers=_conditions(job.validators),
                        allow_redirects=False,
                    ) as response,
                ):
                    body = await self._body(response) if response.status == 200 else b""
                    answer = _Answer(response.status, response.headers, body)
            except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
                raise _translated(error, url, self._settings) from error
            return answer, asyncio.get_running_loop().time() - started

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        most = self._settings.most_bytes
        if (response.content_length or 0) > most:
            raise FetchError(Cause.TOO_LARGE, f"it is {response.content_length:,} bytes, more than {most:,}")
        body = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK):
            body += chunk
            if len(body) > 2 * most:
                raise FetchError(Cause.TOO_LARGE, f"it is more than {2 * most:,} bytes unpacked")
        return bytes(body)


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _read(answer: _Answer, url: str, job: FetchJob, moved_to: str) -> Fetched:
    hints = _hints(answer.headers)
    given = Validators(
        etag=_sendable(answer.headers.get("ETag", "")),
        last_modified=_sendable(answer.headers.get("Last-Modified", "")),
    )
    if answer.status == 304:
        kept = Validators(
            etag=given.etag or job.validators.etag,
            last_modified=given.last_modified or job.validators.last_modified,
        )
        return Fetched(is_unchanged=True, validators=kept, status=304, moved_to=moved_to, hints=hints)
    if answer.status != 200:
        raise _failed(Cause.STATUS, f"HTTP {answer.status} {_REASONS.get(answer.status, '')}".strip(), answer)
    media_type = answer.headers.get("Content-Type", "")
    document = Document(address=url, body=answer.body, media_type=media_type)
    return Fetched(documents=(document,), validators=given, status=200, moved_to=moved_to, hints=hints)


def _hints(headers: Mapping[str, str]) -> Hints:
    return Hints(
        cache_control=headers.get("Cache-Control", ""),
        expires=headers.get("Expires", ""),
        date=headers.get("Date", ""),
        age=headers.get("Age", ""),
        retry_after=headers.get("Retry-After", ""),
    )


def _sendable(validator: str) -> str:
    """Keep a validator only if it goes back byte for byte: aiohttp drops what is not ASCII."""
    return validator if validator.isascii() and len(validator) < 4096 else ""


def _failed(cause: Cause, detail: str, answer: _Answer) -> FetchError:
    return FetchError(cause, detail, status=answer.status, retry_after=answer.headers.get("Retry-After", ""))


def _translated(error: Exception, url: str, settings: Fetch) -> FetchError:
    """Put a client's exception in our words: a cause for decisions, a sentence for people."""
    inner = getattr(error, "os_error", None) or error
    reason = one_line(getattr(inner, "strerror", None) or str(inner)) or type(error).__name__
    where = origin_of(url)
    if isinstance(error, TimeoutError):
        seconds = settings.timeout.total_seconds()
        return FetchError(Cause.TIMEOUT, f"{where} gave no complete answer within {seconds:g} s")
    if ForbiddenAddressError.__name__ in _chain(error) or "forbidden address" in str(error):
        return FetchError(
            Cause.FORBIDDEN, f"{where} is in a private network; `allow_private: true` would allow it"
        )
    for kind, cause, words in _CAUSES:
        if isinstance(error, kind):
            return FetchError(cause, f"{where} {words}: {reason}")
    return FetchError(Cause.PROTOCOL, f"{where} was not understood: {reason}")


def _chain(error: BaseException | None) -> set[str]:
    names = set[str]()
    while error is not None:
        names.add(type(error).__name__)
        error = error.__cause__ or error.__context__
    return names


_CAUSES: tuple[tuple[type[Exception], Cause, str], ...] = (
    (aiohttp.ClientConnectorDNSError, Cause.DNS, "has no address"),
    (aiohttp.ClientSSLError, Cause.TLS, "cannot be trusted"),
    (aiohttp.ServerDisconnectedError, Cause.PROTOCOL, "hung up"),
    (aiohttp.ClientPayloadError, Cause.PROTOCOL, "broke off"),
    (aiohttp.ClientResponseError, Cause.PROTOCOL, "does not speak HTTP"),
    (aiohttp.ClientOSError, Cause.CONNECT, "cannot be reached"),
    (OSError, Cause.CONNECT, "cannot be reached"),
)
_REASONS = {
    400: "bad request",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    406: "not acceptable",
    410: "gone",
    429: "too many requests",
    500: "internal server error",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
}
