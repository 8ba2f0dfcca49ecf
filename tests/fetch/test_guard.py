"""The operator's own network cannot be reached by literal, name, redirect or a connection kept open."""

import asyncio
import socket

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch import guard
from aggregator.fetch.guard import ForbiddenAddressError, is_public, socket_factory
from aggregator.fetch.http import HttpClient
from tests.world import Origin, a_fetch, a_job

PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.215.14 100.63.255.255 100.128.0.0 126.255.255.255
    128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255
    2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001:81b::200e
    ::ffff:8.8.8.8 ::ffff:808:808 64:ff9b::8.8.8.8 2002:808:808::1
""".split()

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
    127.0.0.1 127.1.2.3 127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255
    198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::7f00:1 0:0:0:0:0:0:0:1
    ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 ::ffff:0.0.0.0 ::FFFF:192.168.1.1
    64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1:ffff::8.8.8.8
    2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::
    2001:0:4136:e378:8000:63bf:80ff:fffe 2001:0:808:808:0:0:f5ff:fffe
    2001:db8::1 2001:2::1 2001:10::1 3fff::1 3fff:fff::1 5f00::1 100::1
    fc00::1 fd00::1 fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%eth0 febf::1%2 fec0::1 feff::1
    ff02::1 ff02::fb%eth0 ff05::2 ff0e::1
""".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_network_behind_a_door_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("::ffff:0:127.0.0.1", id="translated, RFC 2765"),
        pytest.param("4000::1", id="assigned to nobody"),
    ],
)
def test_what_is_no_global_unicast_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "0177.0.0.1", "0x7f.1", "2130706433", "127.1", "1.2.3.4.5"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        is_public(text)


def test_a_socket_is_made_only_for_a_public_address() -> None:
    create = socket_factory(allow_private=False)
    with pytest.raises(ForbiddenAddressError):
        create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)))
    with create((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert not made.getblocking()


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
