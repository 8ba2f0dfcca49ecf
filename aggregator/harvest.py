"""A job from wire to entries: what any worker runs, here or elsewhere. It sees no store and no clock.

`read` is the costly half, pure and picklable, and may run in another process. This is the one place on the
journey where a source's error becomes a value, so that it can travel.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b

from aggregator.errors import Cause, FetchError, ListError, ParseError, SourceError
from aggregator.lists import read_list, sift
from aggregator.model import (
    Document,
    FeedInfo,
    Fetched,
    FetchJob,
    Harvest,
    Parsed,
    Trouble,
)
from aggregator.normalize import Normalized, entry_id, normalize, vouch_for
from aggregator.parse import parse
from aggregator.parse.page import offered_by
from aggregator.reading import read_page
from aggregator.settings import Fetch

CUT = "it ends in the middle; the entries that are whole were read"
MOST_DELETED = 2000  # of one document

Harvester = Callable[[FetchJob], Awaitable[Harvest]]
Reader = Callable[[FetchJob, Fetched], Harvest]
Run = Callable[[Reader, FetchJob, Fetched], Awaitable[Harvest]]


@asynccontextmanager
async def open_harvester(settings: Fetch, *, user_agent: str, run: Run) -> AsyncIterator[Harvester]:
    """Yield the function that harvests any job and never raises a SourceError.

    Args:
        run: how to run `read`; it may do so in another process, and raises WorkerError when that fails.
    """
    from aggregator.fetch import open_fetcher  # whoever just reads is 10 MB smaller without

    async with open_fetcher(settings, user_agent=user_agent) as fetch:

        async def harvest(job: FetchJob) -> Harvest:
            try:
                async with fetch(job) as fetched:
                    if fetched.is_unchanged and job.kind == "page":
                        raise FetchError(Cause.NOT_A_PAGE, f"HTTP {fetched.status}, as if we had it")
                    if fetched.is_unchanged:
                        return unchanged(job, fetched)
                    lean = replace(job, authorization="", pushed=b"")  # no reader needs these
                    return await run(read, lean, fetched)
            except SourceError as error:
                return Harvest.failed(job, error)

        yield harvest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One of the documents, read."""

    document: Document
    parsed: Parsed
    normal: Normalized


def read(job: FetchJob, fetched: Fetched) -> Harvest:
    """Read what was fetched into entries; one bad document of several is a trouble, the only one a failure.

    Returns: of a page a failure that names the feeds it offers.
    Raises: ParseError when none can be read.
    """
    if job.kind == "page":
        return Harvest(
            source_id=job.source_id,
            kind=job.kind,
            status=fetched.status,
            page=read_page(fetched.documents[0]),
        )
    digest = _digest(fetched)
    if digest == job.body_digest:
        return unchanged(job, fetched)
    if job.kind == "opml":
        return replace(_listed(job, fetched), body_digest=digest)
    return _assembled(job, fetched, digest=digest)


def _assembled(job: FetchJob, fetched: Fetched, *, digest: str) -> Harvest:
    """Read each document, and put together what all of them brought."""
    parts: list[_Part] = []
    unread = list(fetched.troubles)
    for document in fetched.documents:
        try:
            parts.append(_part(job, document))
        except SourceError as error:
            if not document.name:
                return _refused(job, fetched, document, error)
            unread.append(Trouble(cause=error.cause, detail=error.detail, where=document.name))
    unread += [
        Trouble(cause=Cause.MALFORMED, detail=CUT, where=part.document.name)
        for part in parts
        if part.parsed.is_cut
    ]
    return replace(
        _brought(job, fetched, parts),
        body_digest=digest,
        is_partial=bool(unread),
        troubles=(*unread, *_limits_told(parts)),
    )


def _listed(job: FetchJob, fetched: Fetched) -> Harvest:
    """Read a list of feeds. Raises: ParseError when it is none, or names no feed that could be followed."""
    document = fetched.documents[0]
    try:
        found = sift(read_list(document.body), present={})
    except ListError as error:
        raise ParseError(Cause.NOT_A_LIST, str(error)) from error
    if not found.added:
        raise ParseError(Cause.EMPTY, "it names no feed; those that it named are followed on")
    refused = [f"{outline.url or outline.name}: {why}" for outline, why in found.invalid]
    told = f"{len(refused)} of its lines cannot be followed, the first is {refused[0]}" if refused else ""
    return replace(
        _brought(job, fetched, ()),
        version="opml",
        listed=tuple(replace(outline, every="") for outline in found.added),
        troubles=(Trouble(cause=Cause.MALFORMED, detail=told),) if told else (),
    )


def _part(job: FetchJob, document: Document) -> _Part:
    parsed = parse(document)
    normal = normalize(parsed, document, source_id=job.source_id, known=job.known)
    return _Part(document=document, parsed=parsed, normal=normal)


def _brought(job: FetchJob, fetched: Fetched, parts: Sequence[_Part]) -> Harvest:
    """Put together what was read."""
    only = parts[0] if len(parts) == len(fetched.documents) == 1 else None
    return Harvest(
        source_id=job.source_id,
        kind=job.kind,
        feed=FeedInfo() if only is None or only.parsed.version == "article" else _with_hubs(only, fetched),
        version=parts[-1].parsed.version if parts else "",
        entries=tuple(entry for part in parts for entry in part.normal.entries),
        deleted=tuple(told for part in parts for told in part.parsed.deleted[:MOST_DELETED]),
        present={key: digest for part in parts for key, digest in part.normal.present.items()},
        validators=fetched.validators,
        status=fetched.status,
        moved=fetched.moved,
        hints=fetched.hints,
        size_bytes=sum(len(document.body) for document in fetched.documents),
    )


def _refused(job: FetchJob, fetched: Fetched, document: Document, error: SourceError) -> Harvest:
    """Name the feeds that a page offers in place of one, or raise the error as it is."""
    offers = offered_by(document, fetched.offers) if error.cause is Cause.NOT_A_FEED else ()
    if not offers:
        raise error
    named = ParseError(error.cause, f"{error.detail}; it names {offers[0].url}")
    return replace(Harvest.failed(job, named), offers=offers)


def _limits_told(parts: Sequence[_Part]) -> Iterator[Trouble]:
    """Say what was left out because there was too much of it."""
    if dropped := sum(part.normal.dropped for part in parts):
        kept = sum(len(part.normal.present) for part in parts)
        most = f"the newest {kept:,} of {kept + dropped:,} entries are kept"
        yield Trouble(cause=Cause.TOO_LARGE, detail=most)
    if cuts := sum((Counter(part.normal.cuts) for part in parts), Counter[str]()):
        told = ", ".join(f"{number} {what}" for what, number in sorted(cuts.items()))
        yield Trouble(cause=Cause.TOO_LARGE, detail=f"cut short: {told}")


def adopted(harvest: Harvest, source_id: str) -> Harvest:
    """Return a harvest as if another source, at the place to which it moved, had brought it."""
    entries = (
        replace(entry, id=entry_id(source_id, entry.keys[0]), source_id=source_id)
        for entry in harvest.entries
    )
    return replace(harvest, source_id=source_id, entries=tuple(entries), moved=())


def _with_hubs(part: _Part, fetched: Fetched) -> FeedInfo:
    """Vouch for a feed, and say who pushes it: its header first, then itself (WebSub, 4)."""
    feed, address = vouch_for(part.parsed.feed), part.document.address
    if fetched.hubs:
        return replace(feed, hubs=fetched.hubs, topic=fetched.topic or feed.feed_url or address)
    return replace(feed, topic=feed.feed_url or fetched.topic or address) if feed.hubs else feed


def unchanged(job: FetchJob, fetched: Fetched) -> Harvest:
    """Say that a source has nothing new."""
    return Harvest(
        source_id=job.source_id,
        kind=job.kind,
        is_unchanged=True,
        validators=fetched.validators,
        body_digest=job.body_digest,
        status=fetched.status,
        moved=fetched.moved,
        hints=fetched.hints,
    )


def _digest(fetched: Fetched) -> str:
    digest = blake2b(digest_size=16)
    for document in fetched.documents:
        digest.update(
            f"{document.name}\0{document.address}\0{len(document.body)}\0".encode("utf-8", "replace")
        )
        digest.update(document.body)
    return digest.hexdigest()
