"""A hub on loopback, a feed that it pushes, and the daemon's corridor between them, under a clock of ours.

The hub speaks HTTP to our real server, at the path of the callback that it was told: like a proxy that leads
from the site's public address to it. It does what a test says and writes down what it is told.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from aggregator.daemon.corridor import Corridor
from aggregator.daemon.walk import TEND_EVERY, Walk
from aggregator.model import SourceState, Subscription
from aggregator.settings import Settings, Source
from aggregator.store import Store
from aggregator.websub import Postbox
from tests.webservers import expecting, serving
from tests.world import (
    A_SITE,
    DAY,
    HOUR,
    NOW,
    PATIENCE,
    Answer,
    HereEngine,
    Origin,
    Post,
    Request,
    a_settings,
    a_source,
    rss,
)

TEN_DAYS = 10 * DAY
MOST_BYTES = 20_000
TEND = timedelta(seconds=TEND_EVERY)


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes


@dataclass(slots=True)
class Hub:
    """A hub; `status` is what it answers to requests."""

    origin: Origin
    path: str = "/hub"
    status: int = 202
    location: str = ""
    is_prompt: bool = True  # it verifies what it was asked for as soon as time passes
    lease: timedelta | None = TEN_DAYS
    forms: list[dict[str, str]] = field(default_factory=list)  # all that came, in order
    pending: list[dict[str, str]] = field(default_factory=list)
    live: dict[str, dict[str, str]] = field(default_factory=dict)  # by callback
    server: str = ""  # where callbacks lead in truth

    def __post_init__(self) -> None:
        self.origin.think(self.path, self.hear)

    @property
    def url(self) -> str:
        return self.origin.url + self.path

    def hear(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        self.forms.append(form)
        if 200 <= self.status < 300 and form["hub.mode"] != "publish":
            self.pending.append(form)
        return Answer(status=self.status, headers={"Location": self.location} if self.location else {})

    def ask(self, callback: str, **query: str) -> Reply:
        """Visit a callback."""
        pairs = {f"hub.{name}": value for name, value in query.items()}
        return self._call("GET", f"{urlsplit(callback).path}?{urlencode(pairs)}")

    def verify(self, form: dict[str, str], **changes: str) -> bool:
        """Ask whether a form was meant, and do what it wants if so."""
        query = {"mode": form["hub.mode"], "topic": form["hub.topic"], "challenge": "a challenge/?&=\u00fc"}
        if self.lease is not None:
            query["lease_seconds"] = str(int(self.lease.total_seconds()))
        query |= changes
        reply = self.ask(form["hub.callback"], **query)
        is_meant = reply.status == 200 and reply.body.decode() == query["challenge"]
        if is_meant and form["hub.mode"] == "subscribe":
            self.live[form["hub.callback"]] = form
        elif is_meant:
            self.live.pop(form["hub.callback"], None)
        return is_meant

    def verify_all(self) -> int:
        """Verify what waits for it; return how many were meant."""
        forms, self.pending = self.pending, []
        return sum(map(self.verify, forms))

    def push(
        self, body: bytes, *, method: str = "sha256", signature: str | None = None, **headers: str
    ) -> list[int]:
        """Bring a document to all who are subscribed; return what they answer."""
        return [
            self.push_to(callback, body, form["hub.secret"], method=method, signature=signature, **headers)
            for callback, form in list(self.live.items())
        ]

    def push_to(
        self,
        callback: str,
        body: bytes,
        secret: str,
        *,
        method: str = "sha256",
        signature: str | None = None,
        **headers: str,
    ) -> int:
        right = f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"
        sent = {
            "Content-Type": "application/rss+xml",
            "X-Hub-Signature": right if signature is None else signature,
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self._call("POST", urlsplit(callback).path, body, {n: v for n, v in sent.items() if v})
        return reply.status

    def _call(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        connection = HTTPConnection(urlsplit(self.server).netloc, timeout=PATIENCE)
        try:
            connection.request(method, target, body or None, headers or {})
            answer = connection.getresponse()
            return Reply(status=answer.status, body=answer.read())
        finally:
            connection.close()


class Street:
    """The house of an aggregator with its clock, and a feed that has a hub."""

    def __init__(self, folder: Path, origin: Origin, server: str, postbox: Postbox) -> None:
        self.now = NOW + timedelta(milliseconds=300)  # clocks show more than seconds
        self.origin, self.postbox = origin, postbox
        self.hub = Hub(origin, server=server)
        self.posts: list[Post] = []
        self.is_offered = True
        self.source: Source | None = a_source(origin.url + "/feed", every=None)
        self.more: dict[str, object] = {}
        self._folder, self._corridor = folder, None  # type: Path, Corridor | None
        self.tell("first")

    def clock(self) -> datetime:
        return self.now

    @property
    def settings(self) -> Settings:
        sources = (self.source,) if self.source else ()
        return a_settings(self._folder, *sources, **{"site": A_SITE, **self.more})

    @property
    def _walk(self) -> Walk:
        assert self._corridor
        assert self._corridor._walk
        return self._corridor._walk

    @property
    def store(self) -> Store:
        return self._walk.store

    @property
    def state(self) -> SourceState:
        return self.store.sources.get("north")

    @property
    def held(self) -> tuple[Subscription, ...]:
        return self.store.subscriptions.all()

    @property
    def polls(self) -> int:
        return len(self.origin.asked("/feed"))

    def titles(self) -> set[str]:
        """Return what came in."""
        return {row["title"] for row in self.store._db.query("SELECT title FROM entries")}

    def document(self, *posts: Post) -> bytes:
        hub = f'<atom:link rel="hub" href="{self.hub.url}"/>' if self.is_offered else ""
        own = f'<atom:link rel="self" href="{self.origin.url}/feed"/>'
        text = rss(*posts).replace(b"<item>", f"{hub}{own}<item>".encode(), 1)
        return text.replace(b'version="2.0"', b'version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"')

    def tell(self, title: str, *, keep: int = 10) -> bytes:
        """Let the feed tell something new; return its document."""
        self.posts = [Post(title=title, text=title, guid=f"urn:{title}", at=self.now), *self.posts][:keep]
        body = self.document(*self.posts)
        tag = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"'}

        def answer(request: Request) -> Answer:
            if request.header("If-None-Match").decode() == tag["ETag"]:
                return Answer(status=304, headers=tag)
            return Answer(headers=tag, body=body)

        self.origin.think("/feed", answer)
        return body

    def start(self) -> None:
        """Start the daemon's corridor, or start it again."""
        self.stop()
        self._corridor = Corridor(
            self.settings, self.clock, lambda: self.now.timestamp(), postbox=self.postbox
        )

    def stop(self) -> None:
        if self._corridor:
            self._corridor.close()
        self._corridor = None

    def beat(self, times: int = 1) -> None:
        for _ in range(times):
            self._walk.tick()

    def walk(self, span: timedelta) -> None:
        """Let time pass, with a beat whenever something is due, and each hour."""
        end = self.now + span
        self.beat(2)
        while self.now < end:
            due = [s.next_due for s in self.store.sources.all()]
            due += [s.next_attempt for s in self.held] + [s.lease_until for s in self.held if s.lease_until]
            later = min((moment for moment in due if moment > self.now), default=end)
            self.now = min(end, self.now + HOUR, max(later, self.now + TEND))
            self.beat()
            if self.hub.is_prompt and self.hub.verify_all():
                self.beat()

    def settle(self) -> None:
        """Ask the feed, subscribe, and let the hub verify that."""
        self.start()
        self.beat()
        self.now += TEND
        self.beat()
        assert self.hub.verify_all() == 1
        self.beat()


@contextmanager
def a_street(folder: Path, origin: Origin) -> Iterator[Street]:
    streets: list[Street] = []
    postbox = Postbox(clock=lambda: streets[0].now)
    folder.mkdir(exist_ok=True)
    with serving(folder, behind=expecting(postbox), most_bytes=MOST_BYTES) as server:
        streets.append(Street(folder, origin, server, postbox))
        try:
            yield streets[0]
        finally:
            streets[0].stop()


@contextmanager
def engine_here(settings: Settings) -> Iterator[HereEngine]:
    yield HereEngine(settings)
