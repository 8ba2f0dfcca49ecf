"""`import` and `export`: lists of feeds, from other programs and for them."""

from dataclasses import replace
from pathlib import Path

import click

from aggregator.cli.completing import files
from aggregator.cli.documents import json_option, print_document

_KEYS = {"http": "url", "path": "path", "opml": "opml"}


@click.command("import")
@click.argument("places", metavar="FILE-OR-URL…", nargs=-1, required=True, shell_complete=files)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give all of them a tag; repeat for more.")
@click.option("--dry-run", is_flag=True, help="Say what would be added, and write nothing.")
@json_option
@click.pass_obj
def import_(path: Path, places: tuple[str, ...], tags: tuple[str, ...], dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 -- flags
    """Add the feeds of other programs' lists: OPML, Planet Venus, rawdog and more.

    Also Pluto, osmosfeed, newsboat, and what FreshRSS and Miniflux export. Folders become tags. What is
    there already is skipped, so that a list can be imported again.
    """
    from aggregator.cli.editing import present, tell_running
    from aggregator.cli.listed import given_of, plain_sifted, read_place, sifted_lines
    from aggregator.config import parse_settings, read_text, save_text
    from aggregator.config.edit import with_sources
    from aggregator.lists import sift

    text = read_text(path)
    settings = parse_settings(text, path=path)
    outlines = [outline for place in places for outline in read_place(place, settings)]
    found = sift(outlines, present(settings))
    changed = (
        with_sources(text, [given_of(outline, tags) for outline in found.added]) if found.added else text
    )
    if found.added and not dry_run:
        save_text(path, changed, was=text)
    if as_json:
        print_document(plain_sifted(found))
        return
    for line in sifted_lines(found, dry_run=dry_run):
        click.echo(line)
    if found.added and not dry_run:
        tell_running(settings)


@click.command()
@click.option("--opml", "form", flag_value="opml", default="opml", help="As OPML 2.0: for any reader.")
@click.option("--json", "form", flag_value="json", help="As JSON: with all that is said of each.")
@click.pass_obj
def export(path: Path, form: str) -> None:
    """Print the sources as OPML, or as JSON.

    Local files are nobody else's to subscribe to: they are in the JSON alone. Logins are in neither.
    """
    import aggregator
    from aggregator.publish.opml import render_opml
    from aggregator.urls import host_of

    with aggregator.open(path) as planet:
        states, settings = planet.sources(), planet.settings
    if form == "opml":
        # The id of a feed that was never read says nothing elsewhere.
        named = [replace(s, name=s.name or s.feed.title or host_of(s.address)) for s in states]
        click.echo(render_opml(named, settings.site).decode(), nl=False)
        return
    every = {source.id: source.every for source in settings.sources}
    sources = [
        {
            "id": state.id,
            _KEYS[state.kind]: state.address,
            "name": state.name or state.feed.title,
            "site": state.feed.url,
            "tags": state.tags,
            "priority": state.priority,
            "every_seconds": int(span.total_seconds()) if (span := every.get(state.id)) else None,
        }
        for state in states
    ]
    print_document({"sources": sources})
