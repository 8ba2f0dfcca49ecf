"""A job from wire to entries: what any worker runs, here or elsewhere. It sees no store and no clock.

`read` is the costly half, pure and picklable, and may run in another process. This is the one place on the
journey where a source's error becomes a value, so that it can travel.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import blake2b

from aggregator.errors import Cause, HeldError, ParseError, SourceError
from aggregator.fetch import open_fetcher
from aggregator.model import (
    Deletion,
    Document,
    Entry,
    FeedInfo,
    Fetched,
    FetchJob,
    Harvest,
    Hints,
    Offer,
    Trouble,
)
from aggregator.normalize import entry_id, normalize, vouch_for
from aggregator.parse import parse
from aggregator.parse.page import offered_by
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
    async with open_fetcher(settings, user_agent=user_agent) as fetch:

        async def harvest(job: FetchJob) -> Harvest:
            try:
                async with fetch(job) as fetched:
                    if fetched.is_unchanged:
                        return unchanged(job, fetched)
                    lean = replace(job, authorization="", pushed=b"")  # no reader needs these
                    return await run(read, lean, fetched)
            except SourceError as error:
                return failed(job, error)

        yield harvest


def read(job: FetchJob, fetched: Fetched) -> Harvest:
    """Read what was fetched into entries; one bad document of several is a trouble, the only one a failure.

    Returns: of a page a failure that names the feeds it offers.
    Raises: ParseError when none can be read.
    """
    digest = _digest(fetched)
    if digest == job.body_digest:
        return unchanged(job, fetched)
    entries: list[Entry] = []
    deleted: list[Deletion] = []
    present: dict[str, str] = {}
    troubles = list(fetched.troubles)
    feed, version, dropped, cuts, is_whole = FeedInfo(), "", 0, Counter[str](), True
    for document in fetched.documents:
        try:
            parsed = parse(document)
        except SourceError as error:
            if not document.name:
                if offers := _offers(document, fetched, error):
                    named = ParseError(error.cause, f"{error.detail}; it names {offers[0].url}")
                    return replace(failed(job, named), offers=offers)
                raise
            troubles.append(Trouble(cause=error.cause, detail=error.detail, where=document.name))
            continue
        normal = normalize(parsed, document, source_id=job.source_id, known=job.known)
        entries += normal.entries
        deleted += parsed.deleted[:MOST_DELETED]
        present |= normal.present
        feed, version, dropped = (
            _with_hubs(parsed.feed, fetched, document),
            parsed.version,
            dropped + normal.dropped,
        )
        cuts.update(normal.cuts)
        if parsed.is_cut:
            troubles.append(Trouble(cause=Cause.MALFORMED, detail=CUT, where=document.name))
            is_whole = False
    return Harvest(
        source_id=job.source_id,
        kind=job.kind,
        feed=feed if len(fetched.documents) == 1 and version != "article" else FeedInfo(),
        version=version,
        entries=tuple(entries),
        deleted=tuple(deleted),
        present=present,
        # With those of half a document we would be told that nothing is new, and never see its end.
        validators=fetched.validators if is_whole else job.validators,
        body_digest=digest if is_whole else job.body_digest,
        status=fetched.status,
        moved=fetched.moved,
        hints=fetched.hints,
        troubles=(*troubles, *_limits_told(len(present), dropped, cuts)),
        size_bytes=sum(len(document.body) for document in fetched.documents),
    )


def _limits_told(kept: int, dropped: int, cuts: Counter[str]) -> Iterator[Trouble]:
    """Say what was left out because there was too much of it."""
    if dropped:
        most = f"the newest {kept:,} of {kept + dropped:,} entries are kept"
        yield Trouble(cause=Cause.TOO_LARGE, detail=most)
    if cuts:
        told = ", ".join(f"{number} {what}" for what, number in sorted(cuts.items()))
        yield Trouble(cause=Cause.TOO_LARGE, detail=f"cut short: {told}")


def _offers(document: Document, fetched: Fetched, error: SourceError) -> tuple[Offer, ...]:
    return offered_by(document, fetched.offers) if error.cause is Cause.NOT_A_FEED else ()


def adopted(harvest: Harvest, source_id: str) -> Harvest:
    """Return a harvest as if another source, at the place to which it moved, had brought it."""
    entries = (
        replace(entry, id=entry_id(source_id, entry.keys[0]), source_id=source_id)
        for entry in harvest.entries
    )
    return replace(harvest, source_id=source_id, entries=tuple(entries), moved=())


def _with_hubs(given: FeedInfo, fetched: Fetched, document: Document) -> FeedInfo:
    """Vouch for a feed, and say who pushes it: its header first, then itself (WebSub, 4)."""
    feed = vouch_for(given)
    if fetched.hubs:
        return replace(feed, hubs=fetched.hubs, topic=fetched.topic or feed.feed_url or document.address)
    return replace(feed, topic=feed.feed_url or fetched.topic or document.address) if feed.hubs else feed


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


def failed(job: FetchJob, error: SourceError) -> Harvest:
    """Make an error travel."""
    status = getattr(error, "status", 0)
    return Harvest(
        source_id=job.source_id,
        kind=job.kind,
        is_failed=True,
        is_held=isinstance(error, HeldError),
        status=status,
        answered=getattr(error, "answered", ""),
        hints=Hints(retry_after=getattr(error, "retry_after", "")),
        troubles=(Trouble(cause=error.cause, detail=error.detail, status=status),),
    )


def _digest(fetched: Fetched) -> str:
    digest = blake2b(digest_size=16)
    for document in fetched.documents:
        digest.update(
            f"{document.name}\0{document.address}\0{len(document.body)}\0".encode("utf-8", "replace")
        )
        digest.update(document.body)
    return digest.hexdigest()
