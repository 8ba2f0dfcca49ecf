"""`test-rules`: what the rules of a configuration do with what is stored."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from aggregator.model import Rehearsal, Sample

LONGEST_TITLE = 80  # characters


@click.command("test-rules")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def test_rules(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Show what the rules do with what is stored, and what would change.

    Nothing is changed: `aggregator run` puts rules in force. `aggregator -c FILE test-rules` tries those of
    another file, on the store that it names with `data:`.
    """
    from aggregator import pipeline
    from aggregator.cli.tables import rules_table, say
    from aggregator.config import load_settings

    settings = load_settings(path)
    with pipeline.open_to_read(settings) as store:
        found = pipeline.rehearse(store, settings)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    if found.rules:
        rules_table(found.rules)
    say(*_lines(found, path))


def _lines(found: Rehearsal, path: Path) -> Iterator[str]:
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
