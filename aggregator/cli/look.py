"""Commands that look at the configuration and at sources, and change nothing: `check`, `list`, `status`."""

from pathlib import Path

import click

from aggregator.cli.documents import json_option, print_document
from aggregator.cli.exits import EXIT_USAGE
from aggregator.errors import ConfigError


@click.command()
@json_option
@click.pass_obj
def check(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Check the configuration: every fault with its line, or what it says and what is doubtful about it."""
    from aggregator.config import doubts_about, load_settings

    try:
        settings = load_settings(path)
    except ConfigError as error:
        if not as_json:
            raise
        print_document({"file": path, "ok": False, "faults": error.faults, "doubts": []})
        raise SystemExit(EXIT_USAGE) from error
    doubts = list(doubts_about(settings))
    feeds = sum(bool(source.url) for source in settings.sources)
    lists = sum(bool(source.opml) for source in settings.sources)
    files = len(settings.sources) - feeds - lists
    if as_json:
        counts = {"feeds": feeds, "files": files, "lists": lists}
        print_document({"file": path, "ok": True, "faults": [], "doubts": doubts} | counts)
        return
    told = f"{feeds} feeds, {files} sets of local files" + (f", {lists} lists of feeds" if lists else "")
    click.echo(f"{path}: all right; {told}")
    for doubt in doubts:
        click.echo(f"{path}: but {doubt}")


@click.command("list")
@json_option
@click.pass_obj
def list_(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """List the sources, and the addresses to subscribe to."""
    import aggregator
    from aggregator.cli.tables import addresses, list_table, say

    with aggregator.open(path) as planet:
        states, found = planet.sources(), addresses(planet.settings)
    if as_json:
        feeds = [{"name": name, "address": address} for name, address in found]
        sources = [{"id": s.id, "title": s.title, "address": s.address, "tags": s.tags} for s in states]
        print_document({"outputs": feeds, "sources": sources})
        return
    list_table(states)
    say(*(f"{address}  {name}" for name, address in found))


@click.command()
@json_option
@click.pass_obj
def status(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Show how each source is: last success, next request, and what is wrong."""
    import aggregator
    from aggregator.cli.states import (
        daemon_of,
        outgrown_of,
        pages_of,
        plain_state,
        remarks,
        silent_of,
        told_of_pages,
    )
    from aggregator.cli.tables import say, source_table
    from aggregator.library import utc_now

    with aggregator.open(path) as planet:
        states, settings = planet.sources(), planet.settings
    daemon, outgrown, silent = daemon_of(settings), outgrown_of(settings), silent_of(settings)
    pages = pages_of(settings)
    if as_json:
        told = {"daemon": daemon, "outgrown": outgrown, "silent": silent, "pages": pages}
        print_document(told | {"sources": [plain_state(state) for state in states]})
        return
    source_table(states, now=utc_now())
    failing = sum(bool(state.troubles) for state in states)
    say(f"{len(states)} sources, {failing} in trouble, {sum(s.entries for s in states)} entries stored.")
    say(*remarks(states, silent, outgrown), *map(told_of_pages, pages))
    process = daemon["process"]
    say(f"The daemon runs as process {process}." if process else "The daemon is not running.")
    for name in ("trouble", "engine", "paused", "config_fault"):
        if process and daemon.get(name):
            say(f"  {name.replace('_', ' ')}: {daemon[name]}")
