"""What subscribers reach: there before the rest, and as long as it."""

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace

from aggregator.behind import Behind
from aggregator.daemon.line import Line
from aggregator.errors import StoreError
from aggregator.settings import Settings


@dataclass(slots=True, kw_only=True)
class Front:
    """The web server, as seen by whoever works behind it."""

    address: str  # that is listened on
    opened: "Future[None]" = field(default_factory=Future)  # or an OutputError: it could not be
    behind: Behind | None = None  # once it is there
    links: dict[str, str] = field(default_factory=dict)  # Link headers of feeds
    line: Line | None = None  # to the window

    async def name_hubs(self, links: dict[str, str]) -> None:
        """Let feeds name their hubs before they are read."""
        self.links.clear()
        self.links.update(links)
        if self.line:
            with suppress(StoreError):  # it has ended; the next one is told as it opens
                await self.line.ask("name_hubs", links)


def reached_at(settings: Settings, address: str) -> Settings:
    """Put the address that is listened on in the place of one that was derived from the configuration."""
    is_derived = settings.site.url == settings.server.url
    return replace(settings, site=replace(settings.site, url=address)) if is_derived else settings
