"""Who stands behind the web server, perhaps in another process, and knows what is not in files."""

from collections.abc import Mapping
from typing import Protocol

Found = tuple[bytes, bool]  # a body, and whether it is what was asked for; else it says why not


class Behind(Protocol):
    """Each may raise a StoreError: it cannot be told just now."""

    async def find(self, query: str, file: str) -> Found | None:
        """Return what a search finds, as a file of that name; None where nothing is searched for."""

    async def expects(self, token: str) -> bool | None:
        """Say whether a hub is to call by this token; None: that is not known yet."""

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        """Return what a hub is answered that asks whether we meant it; None: we know nothing of it."""

    async def deliver(self, token: str, body: bytes, *, media_type: str, signature: str) -> bool:
        """Take what a hub brings; False when there is no room, and it should come again."""
