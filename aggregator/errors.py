"""Every error raised on purpose, as a tree. What is not in it is a fault of ours and is never caught.

    AggregatorError
    ├── ConfigError        feeds.yaml is wrong: every fault at once
    ├── EditError          feeds.yaml cannot be changed as asked
    ├── ListError          somebody else's list of feeds cannot be read
    ├── QueryError         a search asks for nothing that can be found
    ├── UnknownError       what was asked for by a name is not there, or several are
    ├── SourceError        one source is in trouble; the others are unaffected
    │   ├── FetchError     it could not be brought in
    │   │   └── HeldError  it was not asked: its origin has had enough of us
    │   ├── ParseError     it came, and is not what it should be
    │   └── WorkerError    reading it took too long, too much memory, or the process with it
    ├── ModelError         an embedding model cannot be used
    ├── ExtraError         what is wanted needs an extra that is not installed
    ├── ClusterError       the machines that should do the work cannot be reached, or run other code
    ├── StoreError         the store cannot be opened or used
    │   └── DamagedError   what is in it cannot be trusted
    ├── BusyError          another aggregator works on the same folder
    ├── OutputError        a published file cannot be written
    └── CrashedError       the daemon failed again and again

Each keeps its arguments in `args`, because errors cross processes, and formats itself in `__str__`.
"""

from dataclasses import dataclass
from enum import StrEnum

NOT_YOURS = "run this as the user whose it is, or give it to this one"


class Cause(StrEnum):
    """Why a source failed, in one word or two, as `status` shows it."""

    DNS = "dns"  # the name does not resolve
    CONNECT = "connect"  # refused, unreachable or reset
    TLS = "tls"
    TIMEOUT = "timeout"
    STATUS = "http status"
    REDIRECT = "redirect"  # a loop, too many, or to nowhere
    ROBOTS = "robots.txt"  # it asks us, by our name or as a crawler, to stay away
    FORBIDDEN = "forbidden address"  # a private network, a scheme or a port we do not ask
    PROTOCOL = "protocol"  # not HTTP, or a body cut short
    TOO_LARGE = "too large"
    MISSING = "missing file"
    UNREADABLE = "unreadable file"
    EMPTY = "empty"
    NOT_A_FEED = "not a feed"
    NOT_A_PAGE = "not a page"  # something else where an entry's page was expected
    A_LIST = "a list of feeds"  # OPML where a feed was expected
    NOT_A_LIST = "not a list of feeds"
    MALFORMED = "malformed"
    CRASHED = "crashed"  # reading it killed the worker


class AggregatorError(Exception):
    """The root of the tree."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a configuration file; `line` counts from 1, 0 where there is none."""

    line: int
    key: str  # "sources[2].every", "" for the file as a whole
    message: str  # what is wrong and what was expected


class ConfigError(AggregatorError):
    """All that is wrong with one configuration file."""

    def __init__(self, path: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(path, faults)
        self.path, self.faults = path, faults

    def __str__(self) -> str:
        return "\n".join(
            f"{self.path}:{f'{f.line}:' if f.line else ''} {f.key + ': ' if f.key else ''}{f.message}"
            for f in self.faults
        )


class EditError(AggregatorError):
    """A configuration file cannot be changed as asked: the message says what to do."""


class ListError(AggregatorError):
    """Somebody else's list of feeds cannot be read: the message says why."""


class QueryError(AggregatorError):
    """A search asks for nothing that can be found: the message says why."""


class UnknownError(AggregatorError):
    """What was asked for by a name, an id or an address is not there, or several are: it says what to do."""


class SourceError(AggregatorError):
    """One source is in trouble: `cause` for tables and decisions, `detail` for people."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(cause, detail)
        self.cause, self.detail = cause, detail

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"


class FetchError(SourceError):
    """The source could not be brought in; `status` is the HTTP status, 0 where none came.

    `retry_after` is the header as received, for `policy` to read; `answered` the address that answered so.
    """

    def __init__(
        self, cause: Cause, detail: str, status: int = 0, retry_after: str = "", answered: str = ""
    ) -> None:
        super().__init__(cause, detail)
        self.args = (cause, detail, status, retry_after, answered)
        self.status, self.retry_after, self.answered = status, retry_after, answered


class HeldError(FetchError):
    """The source was not asked, because its origin has just refused another one; no fault of its own."""


class ParseError(SourceError):
    """The document came, and is not what it should be."""


class WorkerError(SourceError):
    """The document could not be read within the limits of time and memory."""


class ModelError(AggregatorError):
    """The embedding model in a folder cannot be used."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason

    def __str__(self) -> str:
        return f"{self.folder}: {self.reason}"


class ExtraError(AggregatorError):
    """What is wanted needs an extra that is not installed."""

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.extra = extra

    def __str__(self) -> str:
        return f"needs the extra `{self.extra}`: pip install 'aggregator[{self.extra}]'"


class ClusterError(AggregatorError):
    """The machines that should do the work cannot be reached, or run other code: the message says why."""


class StoreError(AggregatorError):
    """The store cannot be opened or used: the message says what to do."""


class DamagedError(StoreError):
    """What is in the store cannot be trusted, so nothing is published from it."""

    def __init__(self, path: str, finding: str) -> None:
        super().__init__(path, finding)
        self.path, self.finding = path, finding

    def __str__(self) -> str:
        return (
            f"{self.path} is damaged: {self.finding}. What is published stays as it is; `aggregator restore`"
            " puts the newest backup in its place and keeps the damaged one beside it"
        )


class BusyError(AggregatorError):
    """Another aggregator works on the same folder."""

    def __init__(self, folder: str, holder: str) -> None:
        super().__init__(folder, holder)
        self.folder, self.holder = folder, holder

    def __str__(self) -> str:
        return (
            f"another aggregator (process {self.holder or 'unknown'}) works on {self.folder}; stop it first"
        )


class OutputError(AggregatorError):
    """A published file cannot be written: the message says which and why."""


class CrashedError(AggregatorError):
    """The daemon failed again and again: whoever watches over it may start it anew."""
