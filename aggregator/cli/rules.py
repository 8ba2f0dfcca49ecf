"""`test-rules`: what the rules of a configuration do with what is stored."""

import json
from dataclasses import asdict
from pathlib import Path

import click


@click.command("test-rules")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def test_rules(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Show what the rules do with what is stored, and what would change.

    Nothing is changed: `aggregator run` puts rules in force. `aggregator -c FILE test-rules` tries those of
    another file, on the store that it names with `data:`.
    """
    from aggregator import pipeline
    from aggregator.cli.rehearsed import told_of
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
    say(*told_of(found, path))
