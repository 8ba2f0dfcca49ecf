"""What on the network may be asked: a feed must not send us into the operator's own network.

The address vetted is the one connected to: the guard sits in the connector's socket factory, behind name
resolution, on every hop, so that neither literals, nor redirects, nor names that change their mind get by.
"""

import socket
from collections.abc import Callable
from typing import Any

from aggregator.addresses import is_public
from aggregator.urls import port_of

_WEB_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
# Of databases, caches, queues, cluster managers and desktops: what listens there trusts whoever asks.
_SERVICE_PORTS = frozenset(
    map(
        int,
        (
            "1099 1433 1434 1521 1883 2049 2181 2375 2376 2379 2380 3306 3389 4369 4444 5432 5601 5672 5900"
            " 5984 5985 5986 6000 6379 6443 6660 6661 6662 6663 6664 6665 6666 6667 6668 6669 7001 8009 8086"
            " 8500 9000 9042 9092 9100 9200 9300 10000 10250 10255 11211 15672 25565 27017 27018 50070 61616"
        ).split(),
    )
)


_NOBODYS = "192.0.2.1"  # RFC 5737: in documents only


class ForbiddenAddressError(OSError):
    """A connection that must not be made; an OSError, because the connector passes those on."""


def is_open_port(url: str) -> bool:
    """Say whether an address that nobody configured has a port on which feeds are served."""
    port = port_of(url)
    return port in _WEB_PORTS or (port >= _FIRST_FREE_PORT and port not in _SERVICE_PORTS)


def is_ours(address: str) -> bool:
    """Say whether an address is one of this machine: nothing else can be bound to here.

    Where the system lets anybody bind to anything (`ip_nonlocal_bind`), there is no telling: then it is not.
    """
    return _can_be_bound(address) and not _can_be_bound(_NOBODYS)


def _can_be_bound(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def socket_factory(*, allow_private: bool) -> Callable[[Any], socket.socket]:
    """Make the function with which a connector creates its sockets."""

    def create(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        place = str(address[0])
        if not allow_private and (not is_public(place) or is_ours(place)):
            raise ForbiddenAddressError(f"forbidden address {place}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003
        return made

    return create
