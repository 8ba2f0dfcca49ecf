"""What people and programs are told of what is stored: of a story, and of where an entry is published."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.publishing import Item, Telling
from aggregator.model.stories import Decision, Merger


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of a story, and how it came to be there."""

    telling: Telling
    decision: Decision | None = None  # None: nothing was written down of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """An override that speaks of entries of a story."""

    key: str  # "stories.overrides[0]"
    action: str
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that can be said of one story."""

    item: Item  # as its own page has it: every telling
    members: tuple[Member, ...]  # oldest first, at least one
    related: tuple[Telling, ...] = ()  # of other stories about the same subject, newest first
    mergers: tuple[Merger, ...] = ()  # the stories that became part of it
    rulings: tuple[Ruling, ...] = ()
    page: str = ""  # address; empty: no output has carried it yet
    feed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that decides whether an output carries an entry."""

    is_deleted: bool = False  # by its source
    is_withdrawn: bool = False
    held_by: str = ""  # the rule that holds it back
    is_leaving: bool = False  # a takedown names it that was not carried out yet
    is_configured: bool = True  # its source is
    is_placed: bool = True  # into a story
    misses: tuple[str, ...] = ()  # what it is selected by and does not meet: "tags", "sources" and so on
    outlets: int = 1  # that tell of it
    least: int = 1  # that must
    original: str = ""  # the entry that stands for it where it is a copy and entries are published
    position: int = 0  # of its item, newest first, from 1; 0: it is not among the newest
    total: int = 0  # items in the output
    page: int = 0  # of the archive; 0: none that is closed
    since: datetime | None = None  # UTC, when its item went out first
    role: str = ""  # "lead", "more recent", "earlier", "copy"; empty: on the page of its story only


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether an output carries an entry, and why or why not."""

    output: str  # its name
    address: str  # of its page, else of its folder
    is_in: bool
    reason: str  # one word or two, for programs
    words: str  # the same for people
    position: int = 0  # from 1
    total: int = 0
    since: datetime | None = None  # UTC
    archive: str = ""  # address of the page of the archive that holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where an entry is published, and where not."""

    entry_id: str
    title: str  # empty where it was taken down
    url: str = ""
    story_id: str = ""
    page: str = ""  # of its story
    is_there: bool = True  # it was not taken down, and is in a story
    is_shed: bool = False  # its text was let go when it was old
    presences: tuple[Presence, ...] = ()
