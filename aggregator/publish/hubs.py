"""Which feeds of ours hubs are told of, and what such a feed says of its hubs (WebSub, 4)."""

from aggregator.publish import FORMATS
from aggregator.publish.outputs import all_outputs, folder_of, formats_of
from aggregator.settings import Output, Settings


def is_told(output: Output) -> bool:
    """Say whether hubs may know of an output: a private address is for those who were given it."""
    return not output.token


def told_files(settings: Settings) -> tuple[str, ...]:
    """Return the names of the feeds that hubs are told of, below the site; none without a hub."""
    tags = {tag for source in settings.sources for tag in source.tags}
    outputs = filter(is_told, all_outputs(settings.outputs, sorted(tags)))
    return tuple(
        f"{folder_of(output)}{FORMATS[name].file}"
        for output in outputs
        for name in formats_of(output)
        if name != "html" and settings.publish.hubs
    )


def hub_links(settings: Settings) -> dict[str, str]:
    """Return the Link header of each feed that has hubs, by its name below the site."""
    hubs = "".join(f'<{hub}>; rel="hub", ' for hub in settings.publish.hubs)
    return {name: f'{hubs}<{settings.site.url}{name}>; rel="self"' for name in told_files(settings)}
