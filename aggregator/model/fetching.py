"""Going out: what to ask, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aggregator.errors import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What an origin gave to ask conditionally with, byte for byte; empty: it gave none (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchJob:
    """One source to bring in, or a hub to be told something, with all that a worker elsewhere must know."""

    source_id: str  # for a hub or a page: a name with a space, as no source has; under it comes the answer
    kind: str  # "http", "path"; "opml": a list; "push": its document is here; "page"; "hub", "ping": a form
    address: str  # a URL, or a glob relative to `root`
    root: str = ""  # absolute folder of a path source
    validators: Validators = field(default_factory=Validators)
    body_digest: str = ""  # of the documents last read; the same again is not read again
    known: Mapping[str, str] = field(default_factory=dict)  # `Harvest.present` of the last reading
    allow_private: bool = False  # may ask addresses of private networks
    authorization: str = field(default="", repr=False)  # a header for the origin of `address`, and no other
    obey_robots: bool = False  # where a robots.txt names us
    has_waited: bool = False  # as long as a redirect asked for, before following it
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # what a hub is told; may be secret
    pushed: bytes = field(default=b"", repr=False)  # the document that a hub brought
    media_type: str = ""  # of that


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
class Offer:
    """A feed that a page says it has."""

    url: str  # absolute
    title: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a source answered: its documents, or that nothing changed."""

    documents: tuple[Document, ...] = ()
    is_unchanged: bool = False
    validators: Validators = field(default_factory=Validators)
    status: int = 0
    moved: tuple[str, ...] = ()  # where redirects led, all of them permanent, the last place last
    hints: Hints = field(default_factory=Hints)
    offers: tuple[Offer, ...] = ()  # by Link headers
    hubs: tuple[str, ...] = ()  # by Link headers (WebSub)
    topic: str = ""  # the same headers' rel=self
    troubles: tuple[Trouble, ...] = ()  # of single files
