"""The small real world of the tests: an origin on loopback, an engine that runs here, and makers of nouns.

The origin answers as scripted, path by path, and writes down what it was asked, byte for byte. Makers have
defaults for everything; a test names only what it is about. It is always `NOW`, unless a test says otherwise.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from aiohttp import web

from aggregator import pipeline
from aggregator.harvest import open_harvester
from aggregator.model import (
    Arrival,
    Brief,
    Coverage,
    Edition,
    Entry,
    Fetched,
    FetchJob,
    Harvest,
    Item,
    SourceCard,
    SourceReport,
    SourceState,
    StoryRecord,
    Telling,
)
from aggregator.packing import ENDINGS
from aggregator.settings import Fetch, Server, Settings, Site, Source
from aggregator.store import Store, open_store
from aggregator.text import fold

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PATIENCE = 50.0  # seconds until a test gives up waiting; none passes by waiting

Opened = TypeVar("Opened")


# ---------------------------------------------------------------- the origin


class Gate:
    """Holds an answer back: `reached` once a request stands before it, released by `open`."""

    def __init__(self) -> None:
        self._reached, self._opened = threading.Event(), threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._opened.set()
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)

    def wait_until_reached(self) -> None:
        assert self._reached.wait(PATIENCE), "nobody asked"

    async def passed(self) -> None:
        event = asyncio.Event()
        with self._lock:
            self._waiting.append((asyncio.get_running_loop(), event))
            if self._opened.is_set():
                event.set()
        self._reached.set()
        await event.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an origin says; `cut_after` bytes of a longer body the line goes dead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_after: int | None = None
    gate: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in."""

    method: str
    target: str  # as it stood in the request line
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name.lower().encode()]

    def header(self, name: str) -> bytes:
        """Return a header's bytes; empty when it is not there."""
        found = self.all(name)
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else b""


class Origin:
    """A web server in a thread, on a port of 127.0.0.1."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self.requests: list[Request] = []
        self.connections = 0  # accepted, whether or not a request came
        self.most_at_once = 0
        self._answers: dict[str, deque[Answer]] = {}
        self._minds: dict[str, Callable[[Request], Answer]] = {}
        self._at_once = 0
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._gates: list[Gate] = []
        self._thread = threading.Thread(target=self._run, name="origin", daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def close(self) -> None:
        for gate in self._gates:
            gate.open()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    # ------------------------------------------------------------ for tests

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def say(
        self,
        path: str,
        body: bytes = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        cut_after: int | None = None,
        gate: Gate | None = None,
    ) -> str:
        """Answer a path so from now on, and return its address."""
        answer = Answer(status=status, headers=headers or {}, body=body, cut_after=cut_after, gate=gate)
        return self.say_in_turn(path, answer)

    def say_in_turn(self, path: str, *answers: Answer) -> str:
        """Answer a path with one after the other; the last one stays."""
        self._gates += [answer.gate for answer in answers if answer.gate]
        self._answers[path] = deque(answers)
        return self.url + path

    def think(self, path: str, mind: Callable[[Request], Answer]) -> str:
        """Answer a path by what was asked from now on."""
        self._minds[path] = mind
        return self.url + path

    def redirect(self, path: str, location: str, status: int = 302) -> str:
        return self.say(path, status=status, headers={"Location": location} if location else {})

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.target.partition("?")[0] == path]

    def wait_until_asked(self, path: str, *, times: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked(path)) >= times, PATIENCE), "nobody asked"

    # ------------------------------------------------------------ in the origin's thread

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = _Counting(self._answer, self)
        runner = web.ServerRunner(server, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, self.host, self.port).start()
        self.port = int(runner.addresses[0][1])
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, asked: web.BaseRequest) -> web.StreamResponse:
        body = await asked.read()
        request = Request(method=asked.method, target=asked.raw_path, headers=asked.raw_headers, body=body)
        answers = self._answers.get(request.target) or self._answers.get(request.target.partition("?")[0])
        with self._changed:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._changed.notify_all()
        try:
            if mind := self._minds.get(request.target):
                return await self._told(asked, mind(request))
            if not answers:
                return web.Response(status=404)
            return await self._told(asked, answers.popleft() if len(answers) > 1 else answers[0])
        finally:
            self._at_once -= 1

    async def _told(self, asked: web.BaseRequest, answer: Answer) -> web.StreamResponse:
        if answer.gate:
            await answer.gate.passed()
        if answer.cut_after is None:
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        length = {"Content-Length": str(len(answer.body))}
        response = web.StreamResponse(status=answer.status, headers={**answer.headers, **length})
        await response.prepare(asked)
        await response.write(answer.body[: answer.cut_after])
        if asked.transport:
            asked.transport.close()
        return response


class _Counting(web.Server):
    """Counts every connection, those without a request too."""

    def __init__(self, answer: Any, origin: Origin) -> None:
        super().__init__(answer)
        self._origin = origin

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        self._origin.connections += 1
        super().connection_made(handler, transport)


@contextmanager
def in_thread(opened: AbstractAsyncContextManager[Opened]) -> Iterator[Opened]:
    """Yield what a server yields that stays open in a thread of its own; most their address."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    yielded: list[Opened] = []

    async def serve() -> None:
        async with opened as one:
            yielded.append(one)
            ready.set()
            await stop.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield yielded[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def speaking(answer: bytes, *, hang: bool = False) -> AbstractContextManager[str]:
    """Open a server that says one thing to everybody, HTTP or not, and hangs up or not; give its address."""
    return in_thread(_speaking(answer, hang=hang))


@asynccontextmanager
async def _speaking(answer: bytes, *, hang: bool) -> AsyncIterator[str]:
    stop = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):  # whoever asked may hang up first
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if hang:
                await stop.wait()
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        stop.set()


# ---------------------------------------------------------------- documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One item of a feed."""

    title: str
    text: str = ""
    link: str = ""
    guid: str = ""
    at: datetime | None = NOW - HOUR


def rss(*posts: Post, title: str = "The North Gazette", link: str = "https://north.example/") -> bytes:
    """Write an RSS document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>{escape(link)}</link><description>d</description>{''.join(map(_rss_item, posts))}"
        "</channel></rss>"
    ).encode()


def _rss_item(post: Post) -> str:
    parts = {
        "title": escape(post.title),
        "description": escape(post.text),
        "link": escape(post.link),
        "pubDate": format_datetime(post.at, usegmt=True) if post.at else "",
    }
    guid = f'<guid isPermaLink="false">{escape(post.guid)}</guid>' if post.guid else ""
    found = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value)
    return f"<item>{found}{guid}</item>"


def article(
    headline: str,
    *paragraphs: str,
    outlet: str = "Our Own Paper",
    source: str = "Something else entirely",
    day: str = "2026-11-20",
) -> str:
    """Write a local article in the plain form."""
    heading = "More recent coverage"
    return "\n\n".join([outlet, headline, f"Source: {source} ({day})", *paragraphs, heading]) + "\n"


BRIDGE = (
    "The old iron bridge over the Wirra river in Karlstad was closed on Tuesday after inspectors found deep"
    " cracks in two of its girders. Ferries will carry commuters until the repair is finished, mayor"
    " Lindqvist said."
)
BRIDGE_AGAIN = (
    "Karlstad commuters face weeks of ferries: the Wirra bridge stays closed because of cracks in its iron"
    " girders, mayor Lindqvist told reporters. Inspectors expect the repair of the girders to last into"
    " spring."
)
CHESS = (
    "Grandmaster Okonkwo won the candidates tournament in Lagos with a queen sacrifice in the final round,"
    " the first African player who qualifies for a world championship match."
)


# ---------------------------------------------------------------- makers


def a_name(of: str) -> str:
    """Return 32 hex digits, always the same for the same name."""
    return blake2b(of.encode(), digest_size=16).hexdigest()


def an_entry(name: str = "bridge", **given: Any) -> Entry:
    source_id = given.get("source_id", "north")
    defaults: dict[str, Any] = {
        "id": a_name(f"{source_id}/{name}"),
        "source_id": source_id,
        "keys": (f"id:{name}",),
        "url": f"https://{source_id}.example/{name}",
        "title": f"The headline of {name}",
        "html": f"<p>What is told of {name}.</p>",
        "text": f"What is told of {name}.",
        "summary": f"What is told of {name}.",
        "published": NOW - HOUR,
        "digest": a_name(f"digest of {name} {sorted(map(str, given.items()))}"),
    }
    return Entry(**defaults | given)


def an_arrival(name: str = "bridge", *, date: datetime = NOW - HOUR, **given: Any) -> Arrival:
    return Arrival(entry=an_entry(name, published=date, **given), date=date, updated=date)


def under(arrival: Arrival, guid: str) -> Arrival:
    """Return an arrival whose entry goes by an id of ours, where its source gave none."""
    return replace(arrival, entry=replace(arrival.entry, guid=arrival.entry.guid or guid))


def a_harvest(*entries: Entry, source_id: str = "north", **given: Any) -> Harvest:
    defaults: dict[str, Any] = {
        "source_id": source_id,
        "entries": entries,
        "present": {entry.keys[0]: entry.digest for entry in entries},
        "body_digest": a_name("body"),
        "status": 200,
        "version": "rss20",
    }
    return Harvest(**defaults | given)


def a_state(source_id: str = "north", **given: Any) -> SourceState:
    defaults: dict[str, Any] = {
        "id": source_id,
        "kind": "http",
        "address": f"https://{source_id}.example/feed",
        "next_due": NOW,
    }
    return SourceState(**defaults | given)


def a_brief(name: str = "bridge", **given: Any) -> Brief:
    source_id = given.get("source_id", "north")
    defaults: dict[str, Any] = {
        "seq": 0,
        "entry_id": a_name(f"{source_id}/{name}"),
        "source_id": source_id,
        "outlet": f"The {source_id.title()} Gazette",
        "url": f"https://{source_id}.example/{name}",
        "title": f"The headline of {name}",
        "date": NOW - HOUR,
    }
    return Brief(**defaults | given)


def a_telling(name: str = "bridge", **given: Any) -> Telling:
    outlet = given.pop("outlet", "North")
    defaults: dict[str, Any] = {
        "entry_id": a_name(name),
        "story_id": a_name("story"),
        "title": f"The headline of {name}",
        "url": f"https://{fold(outlet).replace(' ', '')}.example/{name}",
        "outlet": outlet,
        "date": NOW - HOUR,
    }
    return Telling(**defaults | given)


def a_record(lead: Telling, *others: Telling, related: Sequence[Telling] = (), **given: Any) -> StoryRecord:
    """Make the record of a story from its tellings."""
    defaults: dict[str, Any] = {
        "id": lead.story_id,
        "guid": f"https://guid.example/{lead.entry_id}",
        "lead": an_entry(id=lead.entry_id, title=lead.title, url=lead.url),
        "source": SourceCard(id="north", title="The North Gazette"),
        "date": lead.date,
        "updated": lead.date,
        "members": (lead, *others),
        "related": tuple(related),
    }
    return StoryRecord(**defaults | given)


def a_line(name: str = "later", **given: Any) -> Coverage:
    defaults: dict[str, Any] = {
        "title": f"The headline of {name}",
        "url": f"https://south.example/{name}",
        "outlet": "The South Gazette",
        "date": NOW,
        "relation": "event",
    }
    return Coverage(**defaults | given)


def an_item(name: str = "bridge", **given: Any) -> Item:
    """Make an item; what is given goes to the entry where only an entry has it."""
    own = {key: given.pop(key) for key in list(given) if key not in Item.__dataclass_fields__}
    defaults: dict[str, Any] = {
        "guid": f"https://north.example/id/{name}",
        "story_id": a_name(name),
        "entry": an_entry(name, **own),
        "source": SourceCard(
            id="north",
            title="The North Gazette",
            url="https://north.example/",
            feed_url="https://north.example/feed",
        ),
        "outlet": "The North Gazette",
        "date": NOW - HOUR,
        "updated": NOW - HOUR,
    }
    return Item(**defaults | given)


def an_edition(*items: Item, **given: Any) -> Edition:
    defaults: dict[str, Any] = {
        "folder": "",
        "id": "tag:planet.example,2026-11-22:feed/all",
        "title": "Planet",
        "items": items,
        "updated": max((item.updated for item in items), default=NOW),
    }
    return Edition(**defaults | given)


A_SITE = Site(title="Planet", url="https://planet.example/")


def a_fetch(**given: Any) -> Fetch:
    defaults: dict[str, Any] = {"host_delay": timedelta(0), "workers": 1}
    return Fetch(**defaults | given)


def a_job(address: str, **given: Any) -> FetchJob:
    defaults: dict[str, Any] = {
        "source_id": "north",
        "kind": "http",
        "address": address,
        "allow_private": True,
    }
    return FetchJob(**defaults | given)


def a_source(url: str = "", **given: Any) -> Source:
    """Make a source at an address of the loopback origin, or with `path`."""
    # An interval of its own: else what gives no validators is asked daily.
    every = timedelta(hours=1) if url else None
    # A robots.txt would be one more request: who tests for it says so.
    defaults: dict[str, Any] = {
        "id": "north",
        "url": url,
        "allow_private": bool(url),
        "every": every,
        "obey_robots": False,
    }
    return Source(**defaults | given)


def a_settings(folder: Path, *sources: Source, **given: Any) -> Settings:
    defaults: dict[str, Any] = {
        "site": A_SITE,
        "sources": sources,
        "fetch": a_fetch(),
        "server": Server(port=0),
        "data": str(folder / "data"),
        "folder": str(folder),
    }
    return Settings(**defaults | given)


# ---------------------------------------------------------------- an engine that runs here


class HereEngine:
    """Runs jobs in the thread that asks for them; what it cannot show is what processes do."""

    trouble = ""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._jobs: list[FetchJob] = []
        self.asked: list[str] = []  # ids of sources, in order

    @property
    def under_way(self) -> frozenset[str]:
        return frozenset(job.source_id for job in self._jobs)

    def submit(self, jobs: Sequence[FetchJob]) -> None:
        self._jobs += jobs
        self.asked += [job.source_id for job in jobs]

    def finished(self, *, wait: float) -> tuple[Harvest, ...]:
        jobs, self._jobs = self._jobs, []
        return asyncio.run(self._harvested(jobs)) if jobs else ()

    def close(self) -> None:
        self._jobs = []

    async def _harvested(self, jobs: Iterable[FetchJob]) -> tuple[Harvest, ...]:
        async with open_harvester(self._settings.fetch, user_agent="Tester/1", run=run_here) as harvest:
            return tuple([await harvest(job) for job in jobs])


async def run_here(
    function: Callable[[FetchJob, Fetched], Harvest], job: FetchJob, fetched: Fetched
) -> Harvest:
    return function(job, fetched)


@asynccontextmanager
async def open_nothing(**_: object) -> AsyncIterator[Callable[[FetchJob], Awaitable[Harvest]]]:
    """Open a harvester that finds nothing new anywhere."""

    async def harvest(job: FetchJob) -> Harvest:
        return a_harvest(source_id=job.source_id, is_unchanged=True)

    yield harvest


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did."""

    reports: Mapping[str, SourceReport]
    placed: int
    written: int
    removed: int


def a_round(settings: Settings, *, now: datetime = NOW) -> Round:
    """Do what `aggregator run --once` does, in this process."""
    with open_store(pipeline.store_path(settings)) as store:
        return walk(store, settings, now=now)


def walk(
    store: Store, settings: Settings, *, now: datetime = NOW, memory: pipeline.Memory | None = None
) -> Round:
    settings = pipeline.prepare(store, settings, now=now)
    engine = HereEngine(settings)
    reports = tuple(pipeline.refresh(store, settings, engine, clock=lambda: now))
    pipeline.bring_pages(store, settings, engine, clock=lambda: now)
    placed = pipeline.regroup(store, pipeline.open_desk(store, settings), now=now)
    written, removed = pipeline.publish(store, settings, memory=memory)
    return Round(
        reports={report.source_id: report for report in reports},
        placed=placed,
        written=written,
        removed=removed,
    )


def without_waiting(pragmas: tuple[str, ...]) -> tuple[str, ...]:
    """Return how to open a store that waits for no disk; what it keeps outlives a kill all the same."""
    first, *others = pragmas
    return first, "synchronous = off", *(other for other in others if not other.startswith("synchronous"))


def files_below(folder: Path) -> dict[str, bytes]:
    """Read a whole folder, compressed forms aside: relative name to bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in ENDINGS
    }
