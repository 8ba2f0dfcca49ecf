"""What is allowed in a configuration and yet hardly meant."""

from collections.abc import Iterator

from aggregator.settings import Settings


def doubts_about(settings: Settings) -> Iterator[str]:
    """Yield what an output selects by and no source has: it may be a slip, or a source to come."""
    if any(source.opml for source in settings.sources):
        return  # what a list names, only the list knows
    tags = {tag for source in settings.sources for tag in source.tags}
    ids = {source.id for source in settings.sources}
    for output in settings.outputs:
        for tag in sorted(set(output.tags) - tags):
            yield f"output {output.name!r}: no source has the tag {tag!r}"
        for source_id in sorted(set(output.sources) - ids):
            yield f"output {output.name!r}: no source has the id {source_id!r}; `aggregator list` names them"
