"""Which feeds and pages there are, where each lies, and what it is called."""

from collections.abc import Iterable

from aggregator.settings import Output, Site
from aggregator.text import slug

COMBINED = Output(name="all")
FORMATS = ("atom", "rss", "json", "html")


def all_outputs(configured: Iterable[Output], tags: Iterable[str]) -> tuple[Output, ...]:
    """Return the combined output, as configured or as ever, one a tag, and the other configured ones."""
    given = tuple(configured)
    combined = next((output for output in given if output.name == COMBINED.name), COMBINED)
    of_tags = (Output(name=f"tag/{slug(tag)}", title=tag, tags=(tag,)) for tag in tags)
    return (combined, *of_tags, *(output for output in given if output.name != COMBINED.name))


def is_combined(output: Output) -> bool:
    return output.name == COMBINED.name


def is_complete(output: Output) -> bool:
    """Say whether an output is all that it stands for: what is hot by now, and nothing else.

    The combined one has an archive, and of follow-ups the newest alone go out.
    """
    return output.collapse == "hot" and output.update != "followup" and not is_combined(output)


def is_of_tag(output: Output) -> bool:
    return output.name.startswith("tag/")


def folder_of(output: Output) -> str:
    """Return where an output lies below the site's address."""
    if is_combined(output) and not output.token:
        return ""
    return f"{output.name}-{output.token}/" if output.token else f"{output.name}/"


def story_address(site: Site, story_id: str) -> str:
    """Return where the page of a story is."""
    return f"{site.url}story/{story_id}/"


def formats_of(output: Output) -> tuple[str, ...]:
    return tuple(name for name in FORMATS if not output.formats or name in output.formats)


def heading_of(output: Output) -> str:
    """Return what the page of an output is called, below the name of the site."""
    return output.title or ("" if is_combined(output) else output.name)


def title_of(output: Output, site: Site) -> str:
    """Return what readers list an output under."""
    if is_of_tag(output):
        return f"{site.title}: {output.title}"
    return output.title or (site.title if is_combined(output) else f"{site.title}: {output.name}")
