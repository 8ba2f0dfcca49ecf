"""The operator's own network cannot be reached: not by literal, name or redirect, nor by a name that changes.

A canary listens on this machine, and nobody may so much as connect to it. 127.0.0.2 plays a public host;
nothing but the guard's opinion of it is changed.
"""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from aggregator.addresses import is_public
from aggregator.errors import Cause, FetchError
from aggregator.fetch import guard
from aggregator.fetch.http import HttpClient
from tests.world import Origin, a_fetch, a_job

# ---------------------------------------------------------------- the canary


@pytest.fixture
def canary(origin: Origin) -> Iterator[Origin]:
    """A listener that nobody may reach, request or not, with a twin on IPv6."""
    origin.say("/", b"you should not be here")
    twin = Origin("::1", origin.port) if socket.has_dualstack_ipv6() else None
    yield origin
    if twin:
        twin.close()
        assert twin.connections == 0


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
    # as numbers, in every base and length
    "127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0177.0000.0000.0001", "00000177.1", "0x7f.0.0.1",
    "0x7F.1", "0x7f.0x0.0x0.0x1", "127.0x0.1", "0x7f000001", "0x7F000001", "2130706433", "2130706433.",
    "017700000001",
    "127.000.000.001", "127.0.0.1.", "127.0.0.2", "127.127.127.127", "127.255.255.254",
    "0", "00", "0x0", "0.0", "0.0.0.0", "0.0.0.0.",
    # as IPv6, and inside it: mapped, compatible, translated, NAT64, 6to4, Teredo, with a zone
    "[::]", "[::0]", "[::1]", "[0000::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::FFFF:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:0001::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[::1%25lo]", "[::1%lo]",
    "[fe80::1%25lo]", "[::ffff:127.1]",
    # as a name, in letters of every width, with dots of every kind
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost.localdomain", "ip6-localhost",
    "%6cocalhost", "%31%32%37.0.0.1", "127.0.0.1%2e", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "①27.0.0.1",
    "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "localhost\u200b",
    # beside a user, a comma, a space
    "public.example@127.0.0.1", "user:word@127.0.0.1", "127.0.0.1%00.public.example", "127.0.0.1%20",
    "127.0.0.1%0a", "public.example%40127.0.0.1", "127.0.0.1\\\\@public.example", "[::1]]", "[[::1]]",
]  # fmt: skip


def test_the_set_is_as_large_as_promised() -> None:
    assert len(set(SPELLINGS)) >= 60


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


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """A host that passes for a public one."""
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.2" or is_public(address))
    ours = guard.is_ours
    monkeypatch.setattr(guard, "is_ours", lambda address: address != "127.0.0.2" and ours(address))
    origin = Origin("127.0.0.2")
    yield origin
    origin.close()


def test_the_public_host_answers(public: Origin) -> None:
    public.say("/feed", b"hello")
    assert ask(f"{public.url}/feed") is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_does_not_reach_the_canary(public: Origin, canary: Origin, status: int) -> None:
    error = ask(public.redirect("/feed", f"{canary.url}/", status))
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert len(public.requests) == 1
    assert canary.connections == 0


def test_no_redirect_to_any_spelling_reaches_the_canary(public: Origin, canary: Origin) -> None:
    hosts = [host for host in SPELLINGS if host != public.host]
    for number, host in enumerate(hosts):
        public.say(f"/{number}", status=302, headers={"Location": spelt(f"http://{host}:{canary.port}/")})
        assert ask(f"{public.url}/{number}") is not None, host
    assert len(public.requests) == len(hosts)
    assert canary.connections == 0


def spelt(location: str) -> str:
    """Write a header as a careless server would: as UTF-8 bytes."""
    return location.encode().decode("latin-1")


def test_a_chain_of_redirects_does_not_reach_the_canary(public: Origin, canary: Origin) -> None:
    public.redirect("/1", "/2", 301)
    public.redirect("/2", f"{public.url}/3", 307)
    public.redirect("/3", f"//127.0.0.1:{canary.port}/", 308)
    error = ask(f"{public.url}/1")
    assert error
    assert error.cause is Cause.FORBIDDEN
    assert canary.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "ftp://127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/_x", "dict://127.0.0.1:PORT/",
        "ws://127.0.0.1:PORT/", "unix:///run/docker.sock", "jar:http://127.0.0.1:PORT/!/",
        "data:text/xml,<rss/>", "http:127.0.0.1:PORT/", "http:/127.0.0.1:PORT/", "http:///127.0.0.1:PORT/",
        "\\\\\\\\127.0.0.1:PORT/",
    ],
)  # fmt: skip
def test_a_redirect_by_another_scheme_or_slash_does_not_reach_the_canary(
    location: str, public: Origin, canary: Origin
) -> None:
    ask(public.redirect("/feed", location.replace("PORT", str(canary.port))))
    assert canary.connections == 0


# ---------------------------------------------------------------- names that change their mind


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.full)])
def test_a_name_that_changes_between_questions_does_not_reach_the_canary(
    count: int, public: Origin, canary: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: every second time anybody asks for the name, it is this machine."""
    twin = Origin("127.0.0.2", canary.port)
    twin.say("/", b"hello")
    known, asked = socket.getaddrinfo, 0

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal asked
        if host != "rebound.example":
            return known(host, *arguments, **options)
        asked += 1
        return known("127.0.0.2" if asked % 2 else "127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        ends = [ask(f"http://rebound.example:{canary.port}/") for _ in range(count)]
    finally:
        twin.close()
    assert [end is None for end in ends] == [True, False] * (count // 2)
    assert asked == count
    assert canary.connections == 0


def test_a_private_address_behind_a_public_one_that_is_silent_does_not_reach_the_canary(
    public: Origin, canary: Origin, names: dict[str, list[str]]
) -> None:
    """127.0.0.2 refuses the connection at this port, and the next address is tried."""
    names["two.example"] = ["127.0.0.2", "127.0.0.1"]
    assert ask(f"http://two.example:{canary.port}/") is not None
    assert canary.connections == 0


# ---------------------------------------------------------------- leave given to one


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
