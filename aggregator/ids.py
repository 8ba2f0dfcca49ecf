"""Public ids that never change: `tag:` URIs under a name the publisher holds (RFC 4151), else UUIDs.

A site without a public name of its own claims none. Both forms depend on nothing but their arguments.
"""

import uuid
from datetime import date
from hashlib import blake2b
from ipaddress import ip_address

from yarl import URL

_NO_NAME = "urn:uuid:"
_NOBODYS = (".localhost", ".local", ".lan", ".internal", ".invalid", ".home.arpa", ".test")


def authority(site_url: str, *, since: date) -> str:
    """Return what minted ids start with: `tag:planet.example,2026-11-22:`, or without a name `urn:uuid:`."""
    host = (URL(site_url).raw_host or "").rstrip(".").lower()
    if "." not in host or host.endswith(_NOBODYS):
        return _NO_NAME
    try:
        ip_address(host)
    except ValueError:
        return f"tag:{host},{since.isoformat()}:"
    return _NO_NAME


def mint(under: str, kind: str, name: str) -> str:
    """Return the id of a thing: of an "entry", a "story" or a "feed"."""
    if under != _NO_NAME:
        return f"{under}{kind}/{name}"
    digest = bytearray(blake2b(f"{kind}/{name}".encode(), digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x80  # version 8: of our own making (RFC 9562, 5.8)
    digest[8] = digest[8] & 0x3F | 0x80
    return f"{_NO_NAME}{uuid.UUID(bytes=bytes(digest))}"
