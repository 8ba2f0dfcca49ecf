"""What subscribers reach: there before the rest, and as long as it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aggregator.daemon.clocks import Clock
from aggregator.errors import StoreError
from aggregator.output import public_folder
from aggregator.serve import Found, serve
from aggregator.serve.searches import Search
from aggregator.settings import Settings
from aggregator.websub import Postbox


def _too_early(_query: str, _file: str) -> Found | None:
    raise StoreError("it has only just been started")


@dataclass(slots=True, kw_only=True)
class Front:
    """The web server, and what whoever works behind it gives it to say."""

    postbox: Postbox  # what hubs said
    links: dict[str, str] = field(default_factory=dict)  # Link headers of feeds
    search: Search = _too_early
    address: str = ""  # that is listened on


@asynccontextmanager
async def open_front(settings: Settings, clock: Clock) -> AsyncIterator[Front]:
    """Serve what is published while the context lasts.

    Raises: OutputError when the port cannot be had.
    """
    front = Front(postbox=Postbox(clock=clock))
    site = serve(
        public_folder(settings),
        settings.server,
        max_age=settings.publish.max_age,
        clock=clock,
        links=front.links,
        postbox=front.postbox,
        most_bytes=settings.fetch.most_bytes,
        search=lambda query, file: front.search(query, file),
    )
    async with site as front.address:
        yield front


def reached_at(settings: Settings, address: str) -> Settings:
    """Put the address that is listened on in the place of one that was derived from the configuration."""
    is_derived = settings.site.url == settings.server.url
    return replace(settings, site=replace(settings.site, url=address)) if is_derived else settings
