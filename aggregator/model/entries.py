"""Coming home: what documents hold, raw and vouched for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from aggregator.errors import HeldError, SourceError
from aggregator.model.fetching import FetchJob, Hints, Offer, Trouble, Validators
from aggregator.model.lists import Outline
from aggregator.model.pages import PageText


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    url: str
    media_type: str = ""
    size_bytes: int | None = None
    title: str = ""
    language: str = ""
    duration_seconds: int = 0  # 0: it is not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something that an entry points to besides its own page."""

    rel: str  # "related", "via", "replies", "license", "payment"
    url: str
    media_type: str = ""
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """An element of another namespace, which passes through from a source to what is published."""

    name: str  # "media:thumbnail"; one of `namespaces.SHAPES`
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple["Extra", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The feed an entry first appeared in, when another carries it (RFC 4287, 4.2.11; RSS `<source>`)."""

    title: str = ""
    url: str = ""  # its site
    feed_url: str = ""
    id: str = ""
    subtitle: str = ""
    rights: str = ""
    icon: str = ""
    authors: tuple[Person, ...] = ()
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What a local article says it builds on: a title and a date; the link is found later, in the store."""

    title: str
    published: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """Text as a document gave it, with what is needed to read it."""

    value: str
    is_html: bool = False
    base: str = ""  # relative addresses start here


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One item as a parser read it: complete, and not to be trusted. No two parsers may differ on a field.

    `id` is as written in the document, surrounding white space aside. Dates are in UTC or None.
    """

    id: str = ""
    link: str = ""
    permalink: str = ""  # where `link` is a counter's: the address it leads to
    title: RawText | None = None
    summary: RawText | None = None
    content: RawText | None = None
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    links: tuple[Link, ...] = ()
    extras: tuple[Extra, ...] = ()
    comments: str = ""
    language: str = ""
    rights: str = ""
    origin: Origin | None = None
    attribution: Attribution | None = None
    name: str = ""  # of a local article: its file


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """What a document says of itself, as plain text and absolute addresses."""

    title: str = ""
    subtitle: str = ""
    url: str = ""  # its site
    feed_url: str = ""  # rel=self
    id: str = ""
    language: str = ""
    rights: str = ""
    icon: str = ""
    license: str = ""  # where its license stands
    categories: tuple[str, ...] = ()
    authors: tuple[Person, ...] = ()
    updated: datetime | None = None
    hubs: tuple[str, ...] = ()  # that push it (WebSub), as its header says, else as it says itself
    topic: str = ""  # its name there; empty where there is no hub
    ttl_minutes: int = 0  # RSS <ttl>
    update_minutes: int = 0  # between two updates, by the syndication module (sy:)
    skip_hours: tuple[int, ...] = ()  # of the day in UTC, 0 to 23, in which not to ask
    skip_days: tuple[int, ...] = ()  # of the week in UTC, 0 is Monday
    is_expired: bool = False  # it says that it will never be updated again


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """An entry that its feed says is no more (RFC 6721)."""

    ref: str  # its id
    when: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a parser made of one document."""

    version: str  # "rss20", "atom10", "json11", "article" …
    encoding: str = ""
    feed: FeedInfo = field(default_factory=FeedInfo)
    entries: tuple[RawEntry, ...] = ()
    deleted: tuple[Deletion, ...] = ()
    flaw: str = ""  # why it is not well-formed, though it could be read
    is_cut: bool = False  # whether it ends in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article as one source tells it; `html` and `summary` are sanitized, addresses absolute or empty."""

    id: str  # 32 hex digits, the same for ever once stored
    source_id: str
    keys: tuple[str, ...]  # by which it is known again in its source, strongest first, at least one
    guid: str = ""  # the source's own id where that is an absolute IRI
    claimed: str = ""  # its own id, where it is published under another because the id is another source's
    url: str = ""
    title: str  # plain text, one line, never empty
    html: str = ""  # the content, or where there is none the summary
    text: str = ""  # of `html`, plain, its beginning: what copies and stories are found by
    summary: str = ""  # plain text: the source's own where it gives one beside the content, else an excerpt
    has_full_text: bool = False  # the source gave content, not a summary alone
    published: datetime | None = None  # UTC, as the source claims; None: it does not say
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    links: tuple[Link, ...] = ()
    extras: tuple[Extra, ...] = ()
    comments: str = ""
    language: str = ""
    rights: str = ""
    origin: Origin | None = None
    attribution: Attribution | None = None
    is_article: bool = False  # a local article: it keeps gathering coverage, however old
    digest: str  # of the raw entry: equal digests need no second look


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One job's outcome as it travels home. A failed one has no entries and exactly one trouble first."""

    source_id: str
    kind: str = "http"  # of the job
    is_failed: bool = False
    is_held: bool = False  # and was not even asked, because its origin refused another source
    is_unchanged: bool = False
    is_partial: bool = False  # whether some of it could not be read, and might be next time
    feed: FeedInfo | None = None
    deleted: tuple[Deletion, ...] = ()
    entries: tuple[Entry, ...] = ()  # new to the job's `known`, or changed
    present: Mapping[str, str] = field(default_factory=dict)  # of every entry: its strongest key → digest
    validators: Validators = field(default_factory=Validators)
    body_digest: str = ""
    status: int = 0  # 226: the document holds only what is new
    answered: str = ""  # of a failed one: the address that answered, behind all redirects
    moved: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)
    listed: tuple[Outline, ...] | None = None  # the feeds that a list names
    page: PageText | None = None  # of an entry, where that was asked for
    offers: tuple[Offer, ...] = ()  # of a failed one that is a page: the feeds that it names
    troubles: tuple[Trouble, ...] = ()
    size_bytes: int = 0
    version: str = ""

    @classmethod
    def failed(cls, job: FetchJob, error: SourceError) -> Self:
        """Make an error travel."""
        status = getattr(error, "status", 0)
        return cls(
            source_id=job.source_id,
            kind=job.kind,
            is_failed=True,
            is_held=isinstance(error, HeldError),
            status=status,
            answered=getattr(error, "answered", ""),
            hints=Hints(retry_after=getattr(error, "retry_after", "")),
            troubles=(Trouble(cause=error.cause, detail=error.detail, status=status),),
        )
