"""A subscriber that polls all the time, from the disk and over HTTP, and believes nothing.

It looks at every byte it is given: is the file there and whole, do the compressed forms unpack to the same,
is what was in the feed still there or pushed out by what is newer, and does an article keep its id for ever.
"""

import gzip
import json
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]

ATOM = "{http://www.w3.org/2005/Atom}"
FILES = (
    "atom.xml",
    "rss.xml",
    "feed.json",
    "index.html",
    "each/atom.xml",
    "each/feed.json",
    "sources/index.html",
)
WATCHED = ("atom.xml", "each/atom.xml")  # whose entries are followed
PAUSE = 0.05  # seconds between rounds
MOST_TOLD = 5


@dataclass(slots=True, kw_only=True)
class Seen:
    """What a subscriber saw."""

    reads: int = 0
    versions: int = 0  # of all files, by their bytes
    torn: int = 0
    missing: int = 0
    backwards: int = 0  # entries that went and were not pushed out
    renamed: int = 0  # articles of two ids, ids of two articles
    examples: list[str] = field(default_factory=list)

    def tell(self, kind: str, detail: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < MOST_TOLD:
            self.examples.append(f"{kind}: {detail}")

    @property
    def faults(self) -> int:
        return self.torn + self.missing + self.backwards + self.renamed


class Subscriber:
    """Reads files below a folder, and from an address if one is given."""

    def __init__(self, root: Path, address: str, *, limits: dict[str, int]) -> None:
        self.seen = Seen()
        self._root, self._address, self._limits = root, urlsplit(address), limits
        self._there: set[str] = set()
        self._good: set[bytes] = set()  # digests of bytes that were found whole
        self._entries: dict[str, dict[str, tuple[str, str]]] = {}  # file → id → date, link
        self._id_of: dict[str, str] = {}
        self._link_of: dict[str, str] = {}
        self._connection: HTTPConnection | None = None
        self._coding = 0

    def poll(self) -> None:
        """Read every file once from the disk, and one over HTTP."""
        for name in FILES:
            self._read(name)
        if self._address.netloc:
            self._ask(FILES[self._coding % len(FILES)])

    def _read(self, name: str) -> None:
        path = self._root / name
        try:
            before = path.stat()
            content = path.read_bytes()
        except FileNotFoundError:
            if name in self._there:
                self.seen.reads += 1
                self.seen.tell("missing", name)
            return
        self._there.add(name)
        self._judge(name, content)
        self._judge_forms(path, content, before.st_mtime_ns)

    def _judge_forms(self, path: Path, content: bytes, written: int) -> None:
        """Unpack what a web server would hand out: the compressed forms of the same writing."""
        for ending, unpack in ((".gz", gzip.decompress), (".br", brotli.decompress)):
            form = path.with_name(path.name + ending)
            try:
                is_same = form.stat().st_mtime_ns == written
                packed = form.read_bytes()
                is_same &= form.stat().st_mtime_ns == path.stat().st_mtime_ns == written
            except FileNotFoundError:
                continue
            if is_same:
                self.seen.reads += 1
                self._judge_form(f"{path.name}{ending}", packed, content, unpack)

    def _judge_form(self, name: str, packed: bytes, content: bytes, unpack: object) -> None:
        mark = blake2b(packed + content, digest_size=16).digest()
        if mark in self._good:
            return
        try:
            is_good = unpack(packed) == content  # type: ignore[operator]
        except (OSError, EOFError, brotli.error) as error:
            self.seen.tell("torn", f"{name}: {error}")
            return
        if is_good:
            self._good.add(mark)
        else:
            self.seen.tell("torn", f"{name} is another than the file")

    def _ask(self, name: str) -> None:
        """Ask for one file in one coding after the other."""
        self._coding += 1
        coding = ("identity", "gzip", "br")[self._coding % 3]
        try:
            if self._connection is None:
                self._connection = HTTPConnection(self._address.netloc, timeout=20)
            self._connection.request("GET", f"/{name}", headers={"Accept-Encoding": coding})
            reply = self._connection.getresponse()
            body, given = reply.read(), reply.headers.get("Content-Encoding", "identity")
        except (OSError, HTTPException) as error:
            self._connection = None
            self.seen.tell("torn", f"{name} over HTTP: {error!r}")
            return
        if reply.status == 404 and name not in self._there:
            return
        if reply.status != 200:
            self.seen.tell("missing", f"{name}: {reply.status}")
            return
        try:
            body = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[given](body)
        except (OSError, EOFError, brotli.error) as error:
            self.seen.tell("torn", f"{name} as {given}: {error}")
            return
        self._judge(name, body, is_followed=False)

    def _judge(self, name: str, content: bytes, *, is_followed: bool = True) -> None:
        self.seen.reads += 1
        mark = name.encode() + blake2b(content, digest_size=16).digest()
        if mark in self._good:
            return
        try:
            found = _entries(name, content)
        except (ET.ParseError, ValueError) as error:
            self.seen.tell("torn", f"{name}: {error}")
            return
        self._good.add(mark)
        self.seen.versions += 1
        if name in WATCHED and is_followed:
            self._follow(name, found, content)

    def _follow(self, name: str, found: dict[str, tuple[str, str]], content: bytes) -> None:
        for entry_id, (_, link) in found.items():
            if name == WATCHED[0] and self._id_of.setdefault(link, entry_id) != entry_id:
                self.seen.tell("renamed", f"{link} was {self._id_of[link]} and is {entry_id}")
            if name == WATCHED[0] and self._link_of.setdefault(entry_id, link) != link:
                self.seen.tell("renamed", f"{entry_id} was {self._link_of[entry_id]} and is {link}")
        before = self._entries.get(name, {})
        oldest = min((date for date, _ in found.values()), default="")
        for entry_id in before.keys() - found.keys():
            date, link = before[entry_id]
            is_pushed_out = len(found) >= self._limits[name] and date <= oldest
            if not is_pushed_out and link.encode() not in content:  # or gathered under another story
                self.seen.tell("backwards", f"{name} lost {link} of {date}; its oldest is of {oldest}")
        self._entries[name] = found


def _entries(name: str, content: bytes) -> dict[str, tuple[str, str]]:
    """Return what a feed has, id → date and link.

    Raises: ValueError or ParseError when it is not whole.
    """
    if name.endswith(".json"):
        json.loads(content)
        return {}
    if name.endswith(".html"):
        if not content.rstrip().endswith(b"</html>"):
            raise ValueError("its end is missing")
        return {}
    entries = ET.fromstring(content).iter(f"{ATOM}entry")
    return {entry.findtext(f"{ATOM}id", ""): _told(entry) for entry in entries}


def _told(entry: ET.Element) -> tuple[str, str]:
    links = [
        link.get("href", "")
        for link in entry.findall(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    ]
    date = entry.findtext(f"{ATOM}published", "") or entry.findtext(f"{ATOM}updated", "")
    return date, links[0] if links else ""


# ---------------------------------------------------------------- as a process


@contextmanager
def subscribed(root: Path, address: str, *, limits: dict[str, int]) -> Iterator[Seen]:
    """Poll in a process of its own as long as the context lasts; what it saw is there after it."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(root), address, json.dumps(limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    seen = Seen()
    try:
        yield seen
    finally:
        told, _ = process.communicate(timeout=60)
        for name, value in json.loads(told).items():
            setattr(seen, name, value)


def _main() -> None:
    root, address, limits = sys.argv[1:]
    subscriber = Subscriber(Path(root), address, limits=json.loads(limits))
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    while not ended.is_set():
        subscriber.poll()
        time.sleep(PAUSE)
    subscriber.poll()
    print(json.dumps(asdict(subscriber.seen)))  # noqa: T201 -- the answer


if __name__ == "__main__":
    _main()
