"""Where entries belong, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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

    rung: str  # "url", "text", "title", "event", "meaning", "merge", "rule", "none"
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

    one: Explained
    two: Explained | None = None
    rungs: tuple[Evidence, ...] = ()  # the two by themselves, the strongest rung first
    remedies: tuple[str, ...] = ()  # what would change it
    mergers: tuple[Merger, ...] = ()  # stories that became part of theirs
    relations: tuple[Relation, ...] = ()  # between the stories of the two


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


class Space(Protocol):
    """Texts as vectors of length 1, and vectors found again; what gives the same vectors tells the same."""

    def embed(self, text: str) -> bytes:
        """Return the vector of a text; nothing where there is none."""

    def add(self, key: int, vector: bytes, language: str) -> None:
        """Have a vector found from now on, by a number."""

    def remove(self, key: int, vector: bytes, language: str) -> None:
        """Have it found no more."""

    def near(self, vector: bytes, *, language: str) -> list[tuple[float, int]]:
        """Return the nearest in other languages, the likest first: cosine, number."""
