"""The nouns that travel between rooms: frozen, slotted, keyword-only, picklable.

In the order of the journey: a `FetchJob` goes out, `Fetched` documents come in, are read into `RawEntry`s,
vouched for as `Entry`s, brought home in a `Harvest`, compared with `Stamp`s, written as an `Update`,
placed into stories by a `Placement`, and published as an `Edition` of `Item`s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from aggregator.errors import Cause

# ---------------------------------------------------------------- fetching


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What an origin gave to ask conditionally with, byte for byte; empty: it gave none (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchJob:
    """One source to bring in, with all that a worker elsewhere must know."""

    source_id: str
    kind: str  # a name in `fetch.FETCHERS`
    address: str  # a URL, or a glob relative to `root`
    root: str = ""  # absolute folder of a path source
    validators: Validators = field(default_factory=Validators)
    body_digest: str = ""  # of the documents last read; the same again is not read again
    known: Mapping[str, str] = field(default_factory=dict)  # `Harvest.present` of the last reading
    allow_private: bool = False  # may ask addresses of private networks
    authorization: str = field(default="", repr=False)  # a header for the origin of `address`, and no other
    has_waited: bool = False  # as long as a redirect asked for, before following it


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One body as it came in."""

    address: str  # where it was found in the end: the base of relative addresses
    body: bytes
    media_type: str = ""  # the Content-Type header as received
    name: str = ""  # of a file: its path relative to the source's root


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What an answer's header says about when to ask again, as received; read by `policy` alone."""

    cache_control: str = ""
    expires: str = ""
    date: str = ""
    age: str = ""
    retry_after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A failure that became a value: of a source, or of one file of it (`where`)."""

    cause: Cause
    detail: str
    where: str = ""
    status: int = 0  # HTTP, 0 where none came

    def __str__(self) -> str:
        return f"{self.where + ': ' if self.where else ''}{self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a source answered: its documents, or that nothing changed."""

    documents: tuple[Document, ...] = ()
    is_unchanged: bool = False
    validators: Validators = field(default_factory=Validators)
    status: int = 0
    moved: tuple[str, ...] = ()  # where redirects led, all of them permanent, the last place last
    hints: Hints = field(default_factory=Hints)
    troubles: tuple[Trouble, ...] = ()  # of single files


# ---------------------------------------------------------------- entries


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
    hubs: tuple[str, ...] = ()  # WebSub
    ttl_minutes: int = 0  # RSS <ttl>
    update_minutes: int = 0  # between two updates, by the syndication module (sy:)
    skip_hours: tuple[int, ...] = ()  # of the day in UTC, 0 to 23, in which not to ask
    skip_days: tuple[int, ...] = ()  # of the week in UTC, 0 is Monday
    is_expired: bool = False  # it says that it will never be updated again


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a parser made of one document."""

    version: str  # "rss20", "atom10", "json11", "article" …
    encoding: str = ""
    feed: FeedInfo = field(default_factory=FeedInfo)
    entries: tuple[RawEntry, ...] = ()
    flaw: str = ""  # why it is not well-formed, though it could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article as one source tells it; `html` and `summary` are sanitized, addresses absolute or empty."""

    id: str  # 32 hex digits, the same for ever once stored
    source_id: str
    keys: tuple[str, ...]  # by which it is known again in its source, strongest first, at least one
    guid: str = ""  # the source's own id where that is an absolute IRI
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
    is_failed: bool = False
    is_held: bool = False  # and was not even asked, because its origin refused another source
    is_unchanged: bool = False
    feed: FeedInfo | None = None
    entries: tuple[Entry, ...] = ()  # new to the job's `known`, or changed
    present: Mapping[str, str] = field(default_factory=dict)  # of every entry: its strongest key → digest
    validators: Validators = field(default_factory=Validators)
    body_digest: str = ""
    status: int = 0  # 226: the document holds only what is new
    answered: str = ""  # of a failed one: the address that answered, behind all redirects
    moved: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)
    troubles: tuple[Trouble, ...] = ()
    size_bytes: int = 0
    version: str = ""


# ---------------------------------------------------------------- deciding and storing


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the store remembers of an entry, for comparing it with one that may be the same."""

    entry_id: str
    digest: str
    keys: tuple[str, ...]  # strongest first
    title: str
    text: str  # plain, its beginning
    updated: datetime  # UTC
    published: datetime | None = None  # UTC, as the source claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A chain of permanent redirects on its way to being believed."""

    chain: tuple[str, ...]
    since: datetime  # UTC
    times: int = 1  # that it led to the same feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is remembered of how a source behaves, for asking it politely; `policy` alone reads it."""

    hints: Hints = field(default_factory=Hints)  # Cache-Control and Expires as last given
    moments: tuple[datetime, ...] = ()  # UTC, of its newest entries, newest first, no two alike
    move: Move | None = None
    failing_since: datetime | None = None  # UTC, the first failure of those in a row
    because: str = ""  # why it is next asked when it is, for people


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the store remembers of a source. Times are UTC."""

    id: str
    kind: str
    address: str
    name: str = ""  # the operator's
    tags: tuple[str, ...] = ()
    priority: int = 0
    is_full_text: bool = False
    is_configured: bool = True
    feed: FeedInfo = field(default_factory=FeedInfo)
    validators: Validators = field(default_factory=Validators)
    body_digest: str = ""
    known: Mapping[str, str] = field(default_factory=dict)  # `Harvest.present` of the last reading
    next_due: datetime
    last_tried: datetime | None = None
    last_success: datetime | None = None
    failures: int = 0  # in a row
    troubles: tuple[Trouble, ...] = ()
    moved_to: str = ""  # where permanent redirects lead that have proved themselves; asked instead
    stopped: str = ""  # why it is not asked any more: "gone", "expired"
    habits: Habits = field(default_factory=Habits)
    entries: int = 0

    @property
    def place(self) -> str:
        """Where it is asked for."""
        return self.moved_to or self.address

    @property
    def title(self) -> str:
        """What people call it: the operator's name, else its own, else where it is."""
        return self.name or self.feed.title or (self.address if self.kind == "path" else self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvent:
    """Something that became of a source, told once."""

    source_id: str
    kind: str  # "fails", "moved", "silent", "well"
    detail: str = ""  # why, where to, since when
    at: datetime  # UTC
    seq: int = 0  # the order in which such things were told


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An entry that is new."""

    entry: Entry
    date: datetime  # UTC; as the source claims, never after it was first seen; it never changes
    updated: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stored entry that its source changed; `entry.id` is the stored one."""

    entry: Entry
    updated: datetime | None = None  # UTC; None: not so that a reader would notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one harvest changes in the store, carried out in one transaction; None keeps what is there."""

    source_id: str
    tried: datetime
    next_due: datetime
    is_failed: bool = False
    added: tuple[Arrival, ...] = ()
    changed: tuple[Change, ...] = ()
    feed: FeedInfo | None = None
    validators: Validators | None = None
    body_digest: str | None = None
    known: Mapping[str, str] | None = None
    moved_to: str | None = None
    stopped: str = ""
    habits: Habits = field(default_factory=Habits)
    hold_origin_until: datetime | None = None  # UTC; nothing else at the source's origin is asked before
    troubles: tuple[Trouble, ...] = ()


# ---------------------------------------------------------------- stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What deciding about stories needs of a stored entry."""

    seq: int  # the order in which the store took entries in
    entry_id: str
    source_id: str
    outlet: str  # who tells it, as readers name it
    language: str = ""  # as the entry or its feed declares it
    url: str = ""
    title: str
    text: str = ""  # plain, of the content or the summary, its beginning
    date: datetime  # UTC, by the source, else when first seen
    priority: int = 0
    is_article: bool = False
    has_full_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why two entries are held to be one text, one event, one subject, or not."""

    rung: str  # "url", "text", "title", "event", "merge", "rule", "none"
    score: float
    threshold: float
    shared: tuple[tuple[str, float], ...] = ()  # (word, what it adds to the likeness), heaviest first
    parts: tuple[tuple[str, float], ...] = ()  # (name, what it adds to the score)
    veto: str = ""  # what forbade it, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Two stories about one subject, as found when `entry_id` came in."""

    story_id: str
    other_id: str  # another story
    entry_id: str  # the entry of `other_id` that shows it
    score: float
    is_subject: bool = False  # about the subject of a local article, not of the same saga


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Two stories that turned out to be one; the older lives."""

    story_id: str
    gone_id: str
    because: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One story that turned out to be two; the part with its first member keeps the id."""

    story_id: str
    new_id: str
    entry_ids: tuple[str, ...]  # that left, copies included


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one entry belongs, and why. A copy belongs to the story of the entry it copies."""

    entry_id: str
    story_id: str  # its own id when it founds a story
    copy_of: str = ""  # an entry id
    because: Evidence
    near: str = ""  # the entry that the evidence compares with
    order: int = 0  # of being placed, from 1; 0: the next
    relations: tuple[Relation, ...] = ()
    mergers: tuple[Merger, ...] = ()
    split: Split | None = None
    is_pinned: bool = False  # by an override
    features: bytes = b""  # what the desk remembers of it while it is live


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about an entry when it came in."""

    entry_id: str
    near: str  # the entry it was compared with, or nothing
    because: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an entry was placed, for remembering it."""

    order: int  # of being placed, from 1
    story_id: str
    story_order: int  # of the story being founded
    copy_of: str = ""
    features: bytes = b""  # empty: to be read and weighed again


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An entry, where it is, and what was decided about it."""

    brief: Brief
    placed: Placed
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why two entries are together or apart."""

    one: Explained  # the one that was placed first
    two: Explained | None = None
    rungs: tuple[Evidence, ...] = ()  # the two by themselves, the strongest rung first
    remedies: tuple[str, ...] = ()  # what would change it
    mergers: tuple[Merger, ...] = ()  # stories that became part of theirs


# ---------------------------------------------------------------- publishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One entry as others may point to it."""

    entry_id: str
    story_id: str
    title: str
    url: str
    outlet: str
    date: datetime  # UTC
    language: str = ""
    copy_of: str = ""  # an entry id
    priority: int = 0  # of its source
    is_relayed: bool = False  # its source says that it comes from elsewhere, or links to another site
    is_article: bool = False
    has_full_text: bool = False
    score: float = 1.0  # how near it is, where that was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One line of a coverage list."""

    title: str
    url: str
    outlet: str
    date: datetime  # UTC
    relation: str  # "event": tells of the same; "subject": of something like it; "copy": carries it
    language: str = ""
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The coverage that an item's feeds show, and how often that changed."""

    versions: int = 1
    first: datetime  # UTC, of the first version
    since: datetime  # UTC, of this one
    more_recent: tuple[Coverage, ...] = ()
    earlier: tuple[Coverage, ...] = ()
    also_in: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """What a published entry says of the source that carried it."""

    id: str
    title: str
    url: str = ""
    feed_url: str = ""
    feed_id: str = ""
    subtitle: str = ""
    icon: str = ""
    license: str = ""
    rights: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRecord:
    """All that the store knows of one story, for publishing."""

    id: str
    guid: str  # of the lead
    lead: Entry
    source: SourceCard  # of the lead
    date: datetime  # of the lead
    updated: datetime
    tags: tuple[str, ...] = ()  # of the sources of all members
    members: tuple[Telling, ...] = ()  # the lead included
    related: tuple[Telling, ...] = ()  # of other stories about the same subject
    attribution_url: str = ""
    is_full_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One story as published: its lead entry and what others told."""

    guid: str  # never changes
    story_id: str
    entry: Entry
    source: SourceCard
    outlet: str
    date: datetime  # UTC; never changes
    updated: datetime  # UTC, of the latest change that the source made and a reader would notice
    attribution_url: str = ""
    also_in: tuple[Coverage, ...] = ()  # other carriers of the same text
    more_recent: tuple[Coverage, ...] = ()  # newest first
    earlier: tuple[Coverage, ...] = ()  # newest first
    outlets: int = 1  # how many tell of the event
    tags: tuple[str, ...] = ()
    is_full_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An id that is published no more (RFC 6721)."""

    ref: str
    when: datetime  # UTC
    source: SourceCard  # where it came from


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One output at one moment: all that a renderer may know. Equal editions give equal bytes."""

    folder: str  # below the site's address: "" for the combined one, else "tag/music/" and the like
    id: str  # IRI, never changes
    title: str
    heading: str = ""  # of its page, below the site's name
    subtitle: str = ""
    items: tuple[Item, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()  # latest first
    tags: tuple[str, ...] = ()  # that have editions of their own
    updated: datetime  # UTC
    ttl_minutes: int = 0  # how long it may be kept; 0: it is not said
    is_archive: bool = False  # a part of the past that will not change (RFC 5005, 4)
    history: tuple[tuple[str, str], ...] = ()  # relation and file below the site: "prev-archive" and the like
    formats: tuple[str, ...] = ("atom", "rss", "json", "html")  # in which it goes out
    outputs: tuple[tuple[str, str], ...] = ()  # title and folder of others that pages lead to


# ---------------------------------------------------------------- reporting


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source in one round."""

    source_id: str
    title: str
    outcome: str  # "fresh", "unchanged", "held", "failed"
    new: int = 0
    changed: int = 0
    troubles: tuple[Trouble, ...] = ()
    next_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A story in an example."""

    size: int  # entries
    entries: tuple[Brief, ...]  # the first few


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of difference; an example is made of one story or several."""

    count: int
    examples: tuple[tuple[Cluster, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """How stories would be, or are now, against how they were."""

    entries: int
    before: int  # stories
    after: int
    copies: int  # after
    kept: int  # stories of just the same entries
    gained: Finding
    lost: Finding
    merged: Finding  # an example: the stories that are one
    split: Finding  # the stories that came of one
    moved: Finding  # the entry; whom it was with; whom it is with
    copies_gained: Finding  # the copy; what it copies
    copies_lost: Finding

    @property
    def differences(self) -> dict[str, Finding]:
        """All findings by what they are of, as people call it."""
        return {
            "gained": self.gained,
            "lost": self.lost,
            "merged": self.merged,
            "split": self.split,
            "moved": self.moved,
            "copies gained": self.copies_gained,
            "copies lost": self.copies_lost,
        }
