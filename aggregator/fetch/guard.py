"""Which addresses on the network may be asked: a feed must not send us into the operator's own network.

The address vetted is the one connected to: the guard sits in the connector's socket factory, behind name
resolution, on every hop, so that neither literals, nor redirects, nor names that change their mind get by.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

# `ipaddress.is_global` of Python 3.11 passes several of these (multicast, NAT64, 6to4, Azure's metadata).
_FORBIDDEN = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12"
        " 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24"
        " 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
        " ::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10"
        " fec0::/10 ff00::/8"
    ).split()
)
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6


class ForbiddenAddressError(OSError):
    """A connection that must not be made; an OSError, because the connector passes those on."""


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet; an IPv4 address inside an IPv6 one is judged.

    Raises: ValueError for what is no IP address.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not any(ip.version == network.version and ip in network for network in _FORBIDDEN)


def socket_factory(*, allow_private: bool) -> Callable[[Any], socket.socket]:
    """Make the function with which a connector creates its sockets."""

    def create(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not allow_private and not is_public(str(address[0])):
            raise ForbiddenAddressError(f"forbidden address {address[0]}")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003
        return made

    return create
