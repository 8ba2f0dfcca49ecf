"""What a socket may be made for: public addresses of other machines, on ports where feeds are served."""

import socket

import pytest

from aggregator.fetch import guard
from aggregator.fetch.guard import ForbiddenAddressError, socket_factory


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
