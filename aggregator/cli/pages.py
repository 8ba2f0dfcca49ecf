"""Where a page is that somebody wants to see: on the site, or as a file."""

from pathlib import Path

from aggregator import pipeline
from aggregator.errors import StoreError, UnknownError
from aggregator.instance import holder_of
from aggregator.library import Aggregator
from aggregator.publish.outputs import folder_of, formats_of
from aggregator.settings import Settings


def address_of(planet: Aggregator, page: str) -> str:
    """Return where the page of an output, a source or a story is; of the combined one if empty.

    Raises: UnknownError when nothing is named so, or it has no page; StoreError when it is not out yet.
    """
    settings, folder = planet.settings, _folder(planet, page)
    if _is_served(settings):
        return f"{settings.site.url}{folder}"
    file = pipeline.public_folder(settings) / folder / "index.html"
    if not (pipeline.has_store(settings) and file.exists()):
        raise StoreError(f"{file} is not there: it was not published yet; `aggregator run` does it")
    return file.as_uri()


def _folder(planet: Aggregator, page: str) -> str:
    settings = planet.settings
    for output in pipeline.outputs_of(settings):
        if output.name == (page or "all"):
            if "html" not in formats_of(output):
                raise UnknownError(f"the output {output.name} has no page: `html` is not of its `formats`")
            return folder_of(output)
    if page in {source.id for source in settings.sources}:
        return f"source/{page}/"
    account = planet.story(page)
    if not account.page:
        raise UnknownError(f"the story {account.item.story_id} has no page: no output has carried it yet")
    return account.page.removeprefix(settings.site.url)


def _is_served(settings: Settings) -> bool:
    """Say whether pages are at the site's address: it is somebody's own, or ours is answering there."""
    is_own = settings.site.url != settings.server.url
    return is_own or (settings.server.port > 0 and bool(holder_of(Path(settings.data))))
