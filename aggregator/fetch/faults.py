"""What went wrong with a request, in our words: a cause for decisions, a sentence for people."""

import aiohttp

from aggregator.errors import Cause, FetchError
from aggregator.fetch.guard import ForbiddenAddressError
from aggregator.text import one_line
from aggregator.urls import origin_of

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


def refusal(status: int) -> str:
    """Put a status in words."""
    return f"HTTP {status} {_REASONS.get(status, '')}".strip()


def translated(error: Exception, url: str, *, seconds: float) -> FetchError:
    """Turn a client's exception into a FetchError; what the other side said gets in by its kind alone."""
    inner = getattr(error, "os_error", None) or error
    reason = one_line(getattr(inner, "strerror", None) or str(inner)) or type(error).__name__
    where = origin_of(url)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return FetchError(Cause.TIMEOUT, f"{where} took no connection in time")
    if isinstance(error, aiohttp.SocketTimeoutError):
        return FetchError(Cause.TIMEOUT, f"{where} fell silent")
    if isinstance(error, TimeoutError):
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
