"""`remove`: sources leave the configuration; what they told stays."""

from pathlib import Path

import click

from aggregator.cli.completing import source_ids
from aggregator.cli.documents import json_option, print_document
from aggregator.settings import Settings


@click.command()
@click.argument("places", metavar="ID-OR-URL…", nargs=-1, required=True, shell_complete=source_ids)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@json_option
@click.pass_obj
def remove(path: Path, places: tuple[str, ...], dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 -- flags
    """Take sources out of the configuration.

    Comments of their own go with them; what they told stays in the store.
    """
    from aggregator.cli.editing import tell_running
    from aggregator.config import parse_settings, read_text, save_text
    from aggregator.config.edit import without_sources

    text = read_text(path)
    settings = parse_settings(text, path=path)
    numbers = [_number(settings, path, place) for place in places]
    changed = without_sources(text, set(numbers))
    if not dry_run:
        save_text(path, changed, was=text)
    gone = [settings.sources[number] for number in dict.fromkeys(numbers)]
    if as_json:
        removed = [{"id": source.id, "place": source.place} for source in gone]
        print_document({"removed": removed, "dry_run": dry_run})
        return
    for source in gone:
        click.echo(f"{'Would remove' if dry_run else 'Removed'} {source.id} ({source.place})")
    if dry_run:
        return
    click.echo("What it told leaves the feeds and stays in the store, for the day it is added again.")
    click.echo("To forget it, and to tell subscribers so:")
    for source in gone:
        click.echo(f"  aggregator takedown {source.id}")
    tell_running(settings)


def _number(settings: Settings, path: Path, place: str) -> int:
    """Return which source is meant: its id, its address as it is written, or another spelling of that."""
    from aggregator.lists import key_of

    named = [n for n, s in enumerate(settings.sources) if place in (s.id, s.place)]
    if not named and "://" in place:
        named = [n for n, s in enumerate(settings.sources) if key_of(s.place) == key_of(place)]
    if not named:
        listed = "; what an `opml:` list names leaves with its line there"
        raise click.UsageError(
            f"no source of {path.name} has the id or address {place}; `aggregator list` names them"
            f"{listed if any(source.opml for source in settings.sources) else ''}"
        )
    return named[0]
