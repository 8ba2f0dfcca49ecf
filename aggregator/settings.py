"""Every knob, its unit and its default, as frozen data. `config` fills it from feeds.yaml; nobody else does.

A knob is a field with a default and `help`, which is also its documentation. Rooms receive their own slice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, NewType

Words = NewType("Words", str)  # a pattern, as `patterns` reads it: words or an /expression/
Piece = NewType("Piece", str)  # text as it stands, or an /expression/


def _knob(default: Any, help: str, **limits: int) -> Any:  # noqa: A002 -- the word people look for
    """Declare a field: `at_least` and `at_most` bound numbers, and spans in seconds."""
    return field(default=default, metadata={"help": help, **limits})


def _part(kind: type, help: str) -> Any:  # noqa: A002
    return field(default_factory=kind, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes, and where subscribers find it."""

    title: str = _knob("My aggregator", "Title of the combined feed and the page.")
    subtitle: str = _knob("", "One line below the title.")
    url: str = _knob(
        "", "Address under which subscribers reach what is published; the built-in server's when not given."
    )
    author: str = _knob("", "Who is responsible for it; the site's title when empty.")
    language: str = _knob("en", "Language of the page's own words, as in `en` or `pt-BR`.")
    contact: str = _knob("", "Address of a page or mailbox for publishers; goes into the User-Agent.")
    theme: str = _knob(
        "",
        "Folder of templates, `style.css`, `icon.svg`, which replace ours by name; relative to this file.",
    )
    search: bool = _knob(
        default=True,
        help="Pages offer a search, which the built-in server answers; `false` where nothing passes it on.",
    )
    templates: tuple[tuple[str, str], ...] = field(default=(), metadata={"is_derived": True})  # of the theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule speaks of: entries that fit all that is given, and of each list one pattern."""

    title: tuple[Words, ...] = _knob((), "Words of the title; a rule that is text alone means these.")
    content: tuple[Words, ...] = _knob((), "Words of the summary, or of the first 4,000 characters of text.")
    anywhere: tuple[Words, ...] = _knob((), "Words of one of these two.")
    author: tuple[Words, ...] = _knob((), "Words of an author's name or address, or the feed's.")
    category: tuple[Words, ...] = _knob((), "Words of a category.")
    url: tuple[Words, ...] = _knob((), "Words of the address, as in `example.org/sport`.")
    language: tuple[Words, ...] = _knob((), "Language, or the feed's: `en` means `en-US` too.")
    enclosure: tuple[Words, ...] = _knob((), "Media type of an enclosure, as in `audio`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which entries are published and told of."""

    exclude: tuple[Rule, ...] = _knob((), "No entry of which one of these speaks.")
    include: tuple[Rule, ...] = _knob((), "Only entries of which one of these speaks.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One feed, set of local files, or list of feeds. Exactly one of `url`, `path` and `opml` is given."""

    id: str = _knob("", "Stable short name; made from the address when not given.")
    url: str = _knob("", "Address of an RSS, Atom or JSON feed.")
    path: str = _knob("", "A file or glob of local articles or saved feeds, relative to this file.")
    opml: str = _knob(
        "",
        "Address of a list of feeds that somebody else keeps: what it names is followed as long as it does.",
    )
    name: str = _knob("", "What readers see; the feed's own title when not given.")
    tags: tuple[str, ...] = _knob((), "Each tag gets a feed and a page of its own.")
    every: timedelta | None = _knob(
        None, "How often to ask, at most; else `defaults.every`, less where little is new.", at_least=1
    )
    priority: int = _knob(0, "Of copies and of a story's entries, the source with the highest leads.")
    full_text: bool | None = _knob(
        None, "Publish the whole text, not an excerpt: for sources that allow it. Local articles are whole."
    )
    fetch_pages: bool = _knob(
        default=False,
        help="The feed gives teasers only: bring the texts of new entries from their pages."
        " Needs the extra `fulltext`.",
    )
    allow_private: bool = _knob(
        default=False,
        help="May be at an address of a private network (at home); of a list, what it names as well.",
    )
    rules: Rules = _part(Rules, "More `include` and `exclude`, as under `rules`, for its own entries.")
    at_most: int | None = _knob(
        None, "Entries of one day (UTC), at most: the first that come in.", at_least=1
    )
    title: str = _knob(
        "", "How its headlines are shown, of `{title}`, `{source}` and `{author}`, as in `{source}: {title}`."
    )
    title_cut: tuple[Piece, ...] = _knob(
        (), "Pieces that are left out of its headlines, as in `– The Gazette`: text or `/expressions/`."
    )
    paused: bool = _knob(default=False, help="Keep what is stored, do not ask.")
    obey_robots: bool = _knob(
        default=True, help="Stay away where a `robots.txt` forbids it to `aggregator` by name."
    )
    login_file: str = _knob(
        "",
        "A file with `user:password` or `Bearer …`, yours alone to read; told to the feed's own origin only.",
    )
    authorization: str = field(default="", repr=False, metadata={"is_derived": True})  # of that file

    @property
    def place(self) -> str:
        """Where it is: an address, or a glob."""
        return self.url or self.path or self.opml


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for every source that does not say otherwise."""

    every: timedelta = _knob(timedelta(hours=1), "How often to ask a feed, at most.", at_least=1)
    every_path: timedelta = _knob(timedelta(minutes=1), "How often to look at local files.", at_least=1)
    full_text: bool = _knob(default=False, help="Publish the whole text of every source.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """How sources are asked."""

    concurrency: int = _knob(32, "Requests under way at once, at most.", at_least=1, at_most=1000)
    host_delay: timedelta = _knob(
        timedelta(seconds=1), "Pause between two requests to one host, which get one at a time."
    )
    timeout: timedelta = _knob(timedelta(seconds=30), "For one answer, redirects included.", at_least=1)
    most_bytes: int = _knob(10_000_000, "Size of one answer, at most; unpacked, twice that.", at_least=1000)
    workers: int = _knob(2, "Processes that read documents.", at_least=1, at_most=64)
    read_timeout: timedelta = _knob(timedelta(seconds=10), "For reading one document.", at_least=1)
    websub: bool = _knob(
        default=True,
        help="Let hubs push feeds to the built-in server, if `site.url` is a public https address of it.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where the other machines are, with `engine: dask`."""

    scheduler: str = _knob(
        "tcp://127.0.0.1:8786",
        "Address of Dask's scheduler: `tls://host:port`; `tcp://` on this machine only.",
    )
    ca: str = _knob(
        "", "With `tls://`: file of the authority that has signed what all machines of the cluster show."
    )
    certificate: str = _knob("", "File of the certificate that this machine shows.")
    key: str = _knob("", "File of the key to it, yours alone to read.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What the operator says of some entries. All of `ids`, `source` and `title` that is given must fit."""

    action: Literal["never", "split", "merge", "pin"] = _knob(
        "never",
        "`never`: stands alone; `split`: one story of their own; `merge`: one story, with all of the stories"
        " named; `pin`: stays and gathers.",
    )
    ids: tuple[str, ...] = _knob((), "Entries, or stories by the id of their first entry.")
    source: str = _knob("", "Id of a source.")
    title: str = _knob("", "Pattern of titles, as in `Morning briefing*`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """How entries are grouped."""

    window: timedelta = _knob(timedelta(days=10), "How far apart entries of one story may be.", at_least=3600)
    joins: float = _knob(0.132, "How well an entry must fit a story to join it; more is stricter.")
    copies: float = _knob(
        0.44, "How much of the shorter of two texts the other must have to be a copy of it."
    )
    model: str = _knob(
        "",
        "Folder of a multilingual sentence encoder, for stories across languages: `tokenizer.json` and"
        " `model.onnx`. Needs the extra `dense`.",
    )
    alike: float = _knob(
        0.8, "With `model`: how alike in meaning entries in two languages must be, as a cosine."
    )
    overrides: tuple[Override, ...] = _knob((), "What you say of stories, against or beyond what is found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """What is published."""

    limit: int = _knob(100, "Stories in one feed or page, at most.", at_least=1, at_most=10_000)
    coverage: int = _knob(
        8, "Links under More recent coverage, at most; half of it under Earlier.", at_least=0
    )
    max_age: timedelta = _knob(
        timedelta(minutes=15), "How long subscribers may keep a file before they ask again.", at_least=60
    )
    hubs: tuple[str, ...] = _knob((), "WebSub hubs that are told when a feed changed, by their addresses.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One feed with its page, besides those of the tags. What is not selected by is not looked at."""

    name: str = _knob("", "Its folder, below the site's address; `all` is the combined one, at the top.")
    title: str = _knob("", "What readers see; the site's title with the name when not given.")
    tags: tuple[str, ...] = _knob((), "Only what sources with one of these tags told of.")
    sources: tuple[str, ...] = _knob((), "Only what one of these sources told of, by their ids.")
    search: str = _knob(
        "", "Only what has these words in a title or summary, all of them; a comma parts alternatives."
    )
    story: str = _knob("", "Only this story, by its id.")
    collapse: Literal["stories", "entries", "hot"] = _knob(
        "stories", "One item a story, or one an entry; `hot`: stories that several outlets tell."
    )
    outlets: int = _knob(3, "With `hot`: how many outlets, at least.", at_least=2, at_most=1000)
    formats: tuple[Literal["atom", "rss", "json", "html"], ...] = _knob((), "All four when not given.")
    limit: int | None = _knob(
        None, "Stories in it, at most; else `publish.limit`.", at_least=1, at_most=10_000
    )
    full_text: bool | None = _knob(
        None, "`false`: excerpts only; `true`: whole texts; else as each source allows."
    )
    update: Literal["silent", "bump", "followup"] = _knob(
        "silent", "When coverage joins: leave a story's date of change, move it, or add an entry that tells."
    )
    followup_outlets: int = _knob(
        3, "With `followup`: how many outlets must have joined.", at_least=1, at_most=1000
    )
    token: str = _knob("", "Makes the address private: it becomes part of the folder and stands on no page.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The built-in web server."""

    host: str = _knob("127.0.0.1", "Address to listen on.")
    port: int = _knob(8080, "Port to listen on; 0 takes a free one.", at_least=0, at_most=65535)
    status_port: int | None = _knob(
        None,
        "Port of 127.0.0.1, for `/healthz` and `/metrics`; none when not given, 0 takes a free one.",
        at_least=0,
        at_most=65535,
    )

    @property
    def url(self) -> str:
        """Where it is reached, as far as it knows itself."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What is kept, and how safely."""

    keep: timedelta | None = _knob(
        None,
        "How long texts are kept that are not published whole; titles, summaries and addresses stay."
        " For ever when not given.",
        at_least=86_400,
    )
    least_free: int = _knob(
        200_000_000, "Bytes that must be free on the disk; with less, nothing is fetched.", at_least=0
    )
    backups: bool = _knob(default=True, help="Back up every day; keep seven daily and four weekly ones.")
    backup_folder: str = _knob(
        "", "Folder of the backups, relative to this file; `backups` in `data` when not given."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """What the daemon says."""

    form: Literal["text", "json"] = _knob("text", "A line per event, for people or for machines.")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _knob("INFO", "From which weight on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of feeds.yaml."""

    site: Site = _part(Site, "Who publishes, and where subscribers find it.")
    rules: Rules = _part(Rules, "Which entries are published and told of.")
    sources: tuple[Source, ...] = _knob((), "What to read: addresses, or mappings with options.")
    defaults: Defaults = _part(Defaults, "What holds for every source that does not say otherwise.")
    fetch: Fetch = _part(Fetch, "How sources are asked.")
    stories: Stories = _part(Stories, "How entries are grouped.")
    publish: Publish = _part(Publish, "What is published.")
    outputs: tuple[Output, ...] = _knob((), "Feeds and pages besides the combined one and those of tags.")
    server: Server = _part(Server, "The built-in web server.")
    storage: Storage = _part(Storage, "What is kept, and how safely.")
    logging: Logging = _part(Logging, "What the daemon says.")
    data: str = _knob("data", "Folder for the store and the published files, relative to this file.")
    engine: Literal["local", "dask"] = _knob(
        "local",
        "Where feeds are asked and read: here, or by a `cluster`. `dask` needs the extra of that name.",
    )
    cluster: Cluster = _part(Cluster, "Where the other machines are, with `engine: dask`.")
    folder: str = field(default="", metadata={"is_derived": True})  # absolute, of the file itself
    by_id: Mapping[str, Source] = field(
        init=False, repr=False, compare=False, metadata={"is_derived": True}
    )  # the sources

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {source.id: source for source in self.sources})
