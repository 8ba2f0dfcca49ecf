"""The process that faces subscribers: it asks the daemon what is in no file, is replaced, ends with it."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from aggregator.daemon import keeper
from aggregator.daemon.front import Front
from aggregator.daemon.line import Answer, Line, Told, open_line
from aggregator.errors import OutputError, StoreError
from aggregator.model import Keys, Subscription
from aggregator.output import write_files
from aggregator.websub import Postbox
from tests.living import Process
from tests.webservers import expecting, searching, windowed
from tests.world import NOW, PATIENCE, a_settings

KEYS = Keys(token="t0ken", secret="s3cret")
TOPIC = "https://north.example/feed"


def ask(address: str, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def windows() -> list[int]:
    """Return the processes that serve for this one."""
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(OSError):  # it, or its child, has just ended
            for child in (task / "children").read_text().split():
                if b"daemon.window" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_files(tmp_path / "public", {"atom.xml": b"<feed/>"})
    return tmp_path / "public"


@pytest.fixture(autouse=True)
def replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "REPLACED_AFTER", 0.0)


@pytest.fixture
def front(root: Path) -> Iterator[Front]:
    with windowed(root) as front:
        yield front


def test_hubs_reach_the_postbox(front: Front) -> None:
    door = f"/websub/{KEYS.token}"
    assert ask(front.address, door, "POST", b"news")[0] == 503  # nobody stands behind it yet
    postbox = Postbox(clock=lambda: NOW)
    front.behind = expecting(postbox)
    assert ask(front.address, door)[0] == 503
    postbox.expect([_asked()])
    meant = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "ö &1"}
    assert ask(front.address, f"{door}?{urlencode(meant)}") == (200, "ö &1".encode())
    assert ask(front.address, "/websub/none", "POST", b"news")[0] == 410
    assert ask(front.address, door, "POST", b"news")[0] == 202
    assert [letter.kind for letter in postbox.empty()] == ["verified"]  # what is not signed is let fall


def _asked() -> Subscription:
    return Subscription(
        keys=KEYS, source_id="north", hub="https://hub.example/", topic=TOPIC, callback="", next_attempt=NOW
    )


def test_searches_pass_in_any_script(root: Path) -> None:
    with windowed(root, behind=searching(lambda query, file: (f"{file} {query}".encode(), True))) as front:
        for query in ("bridge", "ö \n&", "橋"):
            assert ask(front.address, f"/search/atom.xml?q={quote(query)}") == (
                200,
                f"atom.xml {query}".encode(),
            )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_only_the_daemon_ends_it(front: Front, number: signal.Signals) -> None:
    (window,) = windows()
    os.kill(window, number)
    assert ask(front.address, "/atom.xml") == (200, b"<feed/>")
    assert windows() == [window]


def test_one_that_dies_is_replaced_at_the_same_address(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    (first,) = windows()
    os.kill(first, signal.SIGKILL)
    while windows() == [first]:
        with suppress(HTTPException, OSError):
            ask(front.address, "/atom.xml")
    assert ask(front.address, "/atom.xml") == (200, b"<feed/>")
    assert "failed room=window code=-9" in caplog.text


def test_one_that_dies_is_replaced_by_one_that_names_hubs_as_well(root: Path) -> None:
    link = '<https://hub.example/>; rel="hub"'
    with windowed(root, links={"atom.xml": link}) as front:
        os.kill(windows()[0], signal.SIGKILL)
        told = ""
        while told != link:
            with suppress(HTTPException, OSError):
                connection = HTTPConnection(urlsplit(front.address).netloc, timeout=PATIENCE)
                connection.request("HEAD", "/atom.xml")
                told = connection.getresponse().headers.get("Link", "")
                connection.close()


def test_one_that_cannot_start_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with keeper.open_front(a_settings(tmp_path), lambda: NOW) as front:
            await asyncio.wrap_future(front.opened)

    monkeypatch.setattr(keeper, "_WINDOW", "raise SystemExit(3)")
    with pytest.raises(OutputError, match="could not be started"):
        asyncio.run(main())
    assert "failed room=window code=3" in caplog.text


def test_it_ends_with_a_daemon_that_was_killed(tmp_path: Path) -> None:
    daemon = Process(tmp_path, "site: {title: Planet}\nserver: {port: 0}\nsources: []\n")
    address = daemon.journal.wait_for(r"(http://127\.0\.0\.1:\d+/atom\.xml)  Atom")[1]
    daemon.close()
    port = urlsplit(address).port
    assert port
    is_free = False
    while not is_free:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            is_free = True


# ---------------------------------------------------------------- the line


async def echo(text: str, body: bytes) -> Told:
    return text[::-1], body


async def slow(text: str, body: bytes) -> Told:
    await asyncio.sleep(0)
    return await echo(text, body)


async def refuse(_: bytes) -> Told:
    raise StoreError("not now")


async def fail(_: bytes) -> Told:
    raise KeyError("ours")


async def wait_for_ever(_: bytes) -> Told:
    await asyncio.Event().wait()
    raise AssertionError


ANSWERS: Mapping[str, Answer] = {
    "echo": echo, "slow": slow, "refuse": refuse, "fail": fail, "wait": wait_for_ever,
}  # fmt: skip


@asynccontextmanager
async def a_line() -> AsyncIterator[tuple[Line, Line]]:
    one, other = socket.socketpair()
    async with open_line(one, ANSWERS) as here, open_line(other, ANSWERS) as there:
        hearing = [asyncio.ensure_future(end.listen()) for end in (here, there)]
        yield here, there
    await asyncio.gather(*hearing)


def on_a_line(scenario: Callable[[Line, Line], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE), a_line() as ends:
            await scenario(*ends)

    asyncio.run(main())


def test_both_ends_may_ask_several_things_at_once() -> None:
    numbered = [(f"{number}\nö\ud800", bytes(number)) for number in range(40)]
    questions = [(what, text, body) for text, body in numbered for what in ("slow", "echo")]

    async def scenario(*ends: Line) -> None:
        for end in ends:
            told = await asyncio.gather(*(end.ask(what, text, body=body) for what, text, body in questions))
            assert told == [(text[::-1], body) for _, text, body in questions]

    on_a_line(scenario)


def test_an_error_travels_and_a_fault_is_shown_where_it_is(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(here: Line, _: Line) -> None:
        with pytest.raises(StoreError, match="not now"):
            await here.ask("refuse")
        assert not caplog.records
        with pytest.raises(StoreError, match="KeyError"):
            await here.ask("fail")

    caplog.set_level(logging.INFO)
    on_a_line(scenario)
    assert "failed room=line asked=fail" in caplog.text


def test_whoever_waits_is_told_that_the_other_is_gone() -> None:
    async def main() -> None:
        one, other = socket.socketpair()
        async with open_line(one, ANSWERS) as here:
            hearing = asyncio.ensure_future(here.listen())
            async with open_line(other, ANSWERS) as there:
                listening = asyncio.ensure_future(there.listen())
                waiting = asyncio.ensure_future(here.ask("wait"))
                await here.ask("echo", "there")
            with pytest.raises(StoreError, match="gone"):
                await waiting
            await asyncio.gather(hearing, listening)

    asyncio.run(main())
