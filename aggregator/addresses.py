"""Which addresses belong to the public internet, however they are spelt; the network is not asked.

Whoever connects judges what a name resolved to (`fetch.guard`). Whoever publishes judges what stands in an
image's address, because a reader's browser would follow it into the reader's own network.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

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

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_NEAR = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


def is_loopback(host: str) -> bool:
    """Say whether a name or an IP address is this machine's own and no other's."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


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


def is_near(host: str) -> bool:
    """Say whether a host in an address is by its spelling one of the asker's own network.

    Numbers are read as browsers do: `127.1`, `0x7f.1` and `2130706433` are this machine (WHATWG URL, 3.5).
    """
    name = host.strip("[]").rstrip(".").lower()
    if name.endswith(_NEAR):
        return name in _NEAR or "." in name
    try:
        return not is_public(_as_browsers_read(name) or name)
    except ValueError:
        return False


def _as_browsers_read(name: str) -> str:
    """Return the IPv4 address that a host of numbers means, or an empty string."""
    parts = name.split(".")
    if len(parts) > 4 or not all(len(part) < 20 and _NUMBER.fullmatch(part) for part in parts):
        return ""
    try:
        *left, last = (_number(part) for part in parts)
    except ValueError:
        return ""
    if any(part > 255 for part in left) or last >= 256 ** (4 - len(left)):
        return ""
    return str(IPv4Address(sum(part << 24 - 8 * place for place, part in enumerate(left)) + last))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)
