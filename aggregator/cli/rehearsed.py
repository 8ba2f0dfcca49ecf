"""What `test-rules` says below its table."""

from collections.abc import Iterator
from pathlib import Path

from aggregator.model import Rehearsal, Sample

LONGEST_TITLE = 80  # characters


def told_of(found: Rehearsal, path: Path) -> Iterator[str]:
    """Yield how many entries the rules of a file hold back, and what would change."""
    if not found.rules:
        yield f"{path} has no rules."
    yield f"{found.entries} entries: {found.held} held back by {path}, {found.in_force} by what is in force."
    yield from _sampled("would go", found.going)
    yield from _sampled("would come", found.coming)
    if not found.going.count and not found.coming.count:
        yield "Nothing would change."


def _sampled(what: str, sample: Sample) -> Iterator[str]:
    if sample.count:
        yield f"{sample.count} {what}:"
        yield from (f"  {title[:LONGEST_TITLE]}" for title in sample.titles)
        if more := sample.count - len(sample.titles):
            yield f"  and {more} more"
