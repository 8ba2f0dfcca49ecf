"""Sources and what changes about them: what is remembered, decided and reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.entries import Entry, FeedInfo
from aggregator.model.fetching import Hints, Trouble, Validators
from aggregator.model.lists import Outline
from aggregator.model.websub import Pushed


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
    deleted: datetime | None = None  # UTC, when by its word; it is withdrawn


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
    unpushed: datetime | None = None  # UTC, when it would be asked if no hub pushed it; None: none does


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
    is_paused: bool = False  # by the operator
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
    pushed: Pushed | None = None  # its subscription, for people

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
    is_revived: bool = False  # the source had deleted it


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A stored entry that its source deleted."""

    entry_id: str
    when: datetime  # UTC, by the source's word


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose an id is."""

    entry_id: str
    source_id: str
    is_settled: bool  # it was published, and so it stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one harvest changes in the store, carried out in one transaction; None keeps what is there."""

    source_id: str
    tried: datetime
    next_due: datetime
    is_failed: bool = False
    is_pushed: bool = False  # by a hub: of asking and of what is known of that, nothing changes
    added: tuple[Arrival, ...] = ()
    changed: tuple[Change, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    feed: FeedInfo | None = None
    validators: Validators | None = None
    body_digest: str | None = None
    known: Mapping[str, str] | None = None
    listed: tuple[Outline, ...] | None = None
    moved_to: str | None = None
    stopped: str = ""
    habits: Habits = field(default_factory=Habits)
    hold_origin_until: datetime | None = None  # UTC; nothing else at the source's origin is asked before
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source in one round."""

    source_id: str
    title: str
    outcome: str  # "fresh", "pushed", "unchanged", "held", "failed"
    new: int = 0
    changed: int = 0
    is_other_list: bool = False  # whether a list names others than it did: `prepare` brings them in
    troubles: tuple[Trouble, ...] = ()
    next_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What one round did: asked, grouped, published."""

    reports: tuple[SourceReport, ...]  # as they came back
    placed: int  # entries, into stories
    written: int  # files
    removed: int
    untold: int = 0  # changed feeds of which hubs could not be told
