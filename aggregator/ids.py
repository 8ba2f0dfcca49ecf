"""Public ids that never change: `tag:` URIs under a name the publisher holds (RFC 4151), else UUIDs.

A site without a public name of its own claims none. Both forms depend on nothing but their arguments.
"""

import re
import uuid
from datetime import date
from hashlib import blake2b
from ipaddress import ip_address

from yarl import URL

from aggregator.urls import host_of

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


def short_name(place: str, *, is_path: bool) -> str:
    """Make the id of a source from where it is: stable while that is, readable in tables."""
    host = place if is_path else re.sub(r"^(?:www\.|feeds?\.|rss\.)", "", host_of(place))
    digest = blake2b(place.encode(), digest_size=3).hexdigest()
    readable = re.sub(r"[^a-z0-9]+", "-", host.casefold()).strip("-")[:40]
    return f"{readable}-{digest}".lstrip("-")


def mint(under: str, kind: str, name: str) -> str:
    """Return the id of a thing: of an "entry", a "story" or a "feed"."""
    if under != _NO_NAME:
        return f"{under}{kind}/{name}"
    digest = bytearray(blake2b(f"{kind}/{name}".encode(), digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x80  # version 8: of our own making (RFC 9562, 5.8)
    digest[8] = digest[8] & 0x3F | 0x80
    return f"{_NO_NAME}{uuid.UUID(bytes=bytes(digest))}"
