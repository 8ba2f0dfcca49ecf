"""What an answer means: a document, a part of one, nothing new, or a failure. And what was asked for it.

Validators go back as they came, byte for byte, or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aggregator.errors import Cause, FetchError
from aggregator.fetch.faults import refusal
from aggregator.fetch.links import linked, offered
from aggregator.model import Document, Fetched, FetchJob, Hints, Validators

PARTIAL = 226
WITH_BODY = frozenset({200, PARTIAL})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
KEEPING = frozenset({307, 308})  # the method, and so the form

MOST_HUBS = 5

_MOST_VALIDATOR = 4096  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request; the body only where it is one that is read."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    links: tuple[str, ...] = ()  # Link headers, each as received


def conditions(validators: Validators) -> dict[str, str]:
    """Return the headers that make a request conditional; who has a version may be sent just what is new."""
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    given = {name: value for name, value in headers.items() if value}
    return given | {"A-IM": "feed"} if validators.etag else given  # RFC 3229, 10.5.3


def understood(answer: Answer, job: FetchJob, moved: tuple[str, ...]) -> Fetched:
    """Read an answer that is no redirect.

    Raises: FetchError when it brings no feed.
    """
    hints, given = _hints(answer.headers), _validators(answer.headers)
    if answer.status == 304:
        kept = Validators(
            etag=given.etag or job.validators.etag,
            last_modified=given.last_modified or job.validators.last_modified,
        )
        return Fetched(is_unchanged=True, validators=kept, status=304, moved=moved, hints=hints)
    if answer.status not in WITH_BODY:
        raise failed(Cause.STATUS, refusal(answer.status), answer)
    if answer.status == PARTIAL and not _is_what_is_new(answer, job):
        raise failed(Cause.PROTOCOL, "HTTP 226 with a part that nobody asked for", answer)
    media_type = answer.headers.get("Content-Type", "")
    document = Document(address=answer.url, body=answer.body, media_type=media_type)
    return Fetched(
        documents=(document,),
        validators=given,
        status=answer.status,
        moved=moved,
        hints=hints,
        offers=offered(answer.links, base=answer.url),
        hubs=linked(answer.links, "hub", base=answer.url)[:MOST_HUBS],
        topic=next(iter(linked(answer.links, "self", base=answer.url)), ""),
    )


def accepted(answer: Answer) -> Fetched:
    """Read what a hub answers to a form: any success will do, though WebSub asks for 202.

    Raises: FetchError when it does not accept it.
    """
    if not 200 <= answer.status < 300:
        raise failed(Cause.STATUS, refusal(answer.status), answer)
    return Fetched(is_unchanged=True, status=answer.status)


def failed(cause: Cause, detail: str, answer: Answer) -> FetchError:
    return FetchError(cause, detail, answer.status, answer.headers.get("Retry-After", ""), answer.url)


def asks_to_wait(answer: Answer) -> bool:
    """Say whether a redirect wants to be followed later only (RFC 9110, 10.2.3)."""
    text = answer.headers.get("Retry-After", "").strip()
    return bool(text.strip("0")) if text.isascii() and text.isdigit() else ":" in text


def _is_what_is_new(answer: Answer, job: FetchJob) -> bool:
    manipulations = answer.headers.get("IM", "").lower().replace(" ", "").split(",")
    return manipulations == ["feed"] and bool(job.validators.etag)


def _validators(headers: Mapping[str, str]) -> Validators:
    return Validators(
        etag=_sendable(headers.get("ETag", "")), last_modified=_sendable(headers.get("Last-Modified", ""))
    )


def _sendable(validator: str) -> str:
    """Keep a validator only if it goes back byte for byte: aiohttp drops what is not ASCII."""
    return validator if validator.isascii() and len(validator) < _MOST_VALIDATOR else ""


def _hints(headers: Mapping[str, str]) -> Hints:
    return Hints(
        cache_control=headers.get("Cache-Control", ""),
        expires=headers.get("Expires", ""),
        date=headers.get("Date", ""),
        age=headers.get("Age", ""),
        retry_after=headers.get("Retry-After", ""),
    )
