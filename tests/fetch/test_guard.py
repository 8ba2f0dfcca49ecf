"""The operator's own network cannot be reached by literal, name, redirect or a connection kept open."""

import asyncio
import socket

import pytest

from aggregator.addresses import is_public
from aggregator.errors import Cause, FetchError
from aggregator.fetch import guard
from aggregator.fetch.guard import ForbiddenAddressError, socket_factory
from aggregator.fetch.http import HttpClient
from tests.world import Origin, a_fetch, a_job


def test_a_socket_is_made_only_for_a_public_address() -> None:
    create = socket_factory(allow_private=False)
    with pytest.raises(ForbiddenAddressError):
        create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)))
    with create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert not made.getblocking()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "0.0.0.0"])
def test_an_address_of_this_machine_is_ours(address: str) -> None:
    assert guard.is_ours(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "192.0.2.1", "2606:4700:4700::1111"])
def test_an_address_of_another_machine_is_not_ours(address: str) -> None:
    assert not guard.is_ours(address)


def test_a_public_address_of_this_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "is_public", lambda _: True)
    with pytest.raises(ForbiddenAddressError):
        socket_factory(allow_private=False)((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://a.example/", True), ("https://a.example/", True), ("http://a.example:80/", True),
        ("http://a.example:443/", True), ("http://a.example:8080/", True), ("https://a.example:8443/", True),
        ("http://a.example:65535/", True), ("http://a.example:0/", False), ("http://a.example:25/", False),
        ("http://a.example:1023/", False), ("http://a.example:6379/", False), ("http://a.example:x/", False),
        ("", False),
    ],
)  # fmt: skip
def test_feeds_are_served_on_ports_of_the_web(url: str, is_open: bool) -> None:
    assert guard.is_open_port(url) is is_open


def test_a_scoped_address_is_judged_without_its_zone() -> None:
    create = socket_factory(allow_private=False)
    with pytest.raises(ForbiddenAddressError):
        create((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", 80, 0, 2)))


# ---------------------------------------------------------------- the canary


@pytest.fixture
def canary(origin: Origin) -> Origin:
    """A listener that nobody may reach; it says so when somebody does, request or not."""
    origin.say("/", b"you should not be here")
    return origin


def ask(address: str, *, allow_private: bool = False) -> FetchError | None:
    async def bring() -> None:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            await client.fetch(a_job(address, allow_private=allow_private))

    try:
        asyncio.run(bring())
    except FetchError as error:
        return error
    return None


def test_the_canary_sings_for_those_who_may_ask(canary: Origin) -> None:
    assert ask(f"{canary.url}/", allow_private=True) is None
    assert len(canary.requests) == 1


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7F.1", "2130706433", "0x7f000001",
    "017700000001", "127.000.000.001", "127.0.0.1.", "127.0.0.2", "127.127.127.127",
    "0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[::1%25lo]", "[::1%lo]",
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "%6cocalhost", "%31%32%37.0.0.1",
    "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "ｌｏｃａｌｈｏｓｔ",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_reaches_the_canary(host: str, canary: Origin) -> None:
    assert ask(f"http://{host}:{canary.port}/") is not None
    assert canary.requests == []
    assert canary.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1"])
def test_a_refusal_says_forbidden_and_how_to_allow_it(host: str, canary: Origin) -> None:
    error = ask(f"http://{host}:{canary.port}/")
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert "allow_private" in str(error)


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["127.0.0.1"], id="this machine"),
        pytest.param(["10.255.255.1", "127.0.0.1"], id="several"),
        pytest.param(["::1", "127.0.0.1"], id="both families"),
        pytest.param(["::ffff:127.0.0.1"], id="mapped"),
    ],
)
def test_a_name_that_leads_to_this_machine_does_not_reach_the_canary(
    addresses: list[str], canary: Origin, names: dict[str, list[str]]
) -> None:
    names["innocent.example"] = addresses
    error = ask(f"http://innocent.example:{canary.port}/")
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert canary.connections == 0


def test_a_redirect_does_not_reach_the_canary(canary: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.2 plays a public host; nothing but the guard's opinion of it is changed."""
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.2" or is_public(address))
    monkeypatch.setattr(guard, "is_ours", lambda address: address != "127.0.0.2")
    public = Origin("127.0.0.2")
    try:
        error = ask(public.redirect("/feed", f"{canary.url}/"))
        assert len(public.requests) == 1
    finally:
        public.close()
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert canary.connections == 0


def test_a_source_does_not_ride_on_the_connection_of_one_that_may(canary: Origin) -> None:
    async def bring() -> None:
        async with HttpClient(a_fetch(), user_agent="Tester/1") as client:
            await client.fetch(a_job(f"{canary.url}/"))
            with pytest.raises(FetchError) as caught:
                await client.fetch(a_job(f"{canary.url}/", source_id="south", allow_private=False))
            assert caught.value.cause is Cause.FORBIDDEN

    asyncio.run(bring())
    assert len(canary.requests) == 1


def test_leave_to_ask_one_private_host_is_not_leave_to_be_sent_to_another(canary: Origin) -> None:
    home = Origin("127.0.0.2")
    try:
        error = ask(home.redirect("/feed", f"{canary.url}/"), allow_private=True)
    finally:
        home.close()
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert canary.connections == 0
