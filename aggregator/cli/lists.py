"""`import` and `export`: lists of feeds, from other programs and for them."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from aggregator.cli.editing import present, tell_running
from aggregator.errors import FetchError, ListError
from aggregator.model import Outline, Sifted
from aggregator.settings import Settings

_KEYS = {"http": "url", "path": "path", "opml": "opml"}
_LOGIN = re.compile(r"(//)[^/@\s]*@")


@click.command("import")
@click.argument("places", metavar="FILE-OR-URL…", nargs=-1, required=True)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give all of them a tag; repeat for more.")
@click.option("--dry-run", is_flag=True, help="Say what would be added, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def import_(path: Path, places: tuple[str, ...], tags: tuple[str, ...], dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 -- flags
    """Add the feeds of other programs' lists: OPML, Planet Venus, rawdog and more.

    Also Pluto, osmosfeed, newsboat, and what FreshRSS and Miniflux export. Folders become tags. What is
    there already is skipped, so that a list can be imported again.
    """
    from aggregator.config import parse_settings, read_text, save_text
    from aggregator.config.edit import with_sources
    from aggregator.lists import sift

    text = read_text(path)
    settings = parse_settings(text, path=path)
    outlines = [outline for place in places for outline in _read(place, settings)]
    found = sift(outlines, present(settings))
    changed = with_sources(text, [_given(outline, tags) for outline in found.added]) if found.added else text
    if found.added and not dry_run:
        save_text(path, changed, was=text)
    if as_json:
        click.echo(json.dumps(_plain(found), ensure_ascii=False, indent=2))
        return
    _tell(found, dry_run=dry_run)
    if found.added and not dry_run:
        tell_running(settings)


def _read(place: str, settings: Settings) -> tuple[Outline, ...]:
    """Read a list from a file or an address."""
    from aggregator.lists import read_list

    try:
        return read_list(_fetch(place, settings) if "://" in place else _load(Path(place)))
    except ListError as error:
        raise ListError(f"{place}: {error}") from error


def _load(path: Path) -> bytes:
    from aggregator.lists import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ListError(f"it cannot be read: {error.strerror}") from error


def _fetch(url: str, settings: Settings) -> bytes:
    import asyncio

    from aggregator.fetch import open_fetcher
    from aggregator.lists import MOST_BYTES
    from aggregator.model import FetchJob
    from aggregator.pipeline import user_agent

    job = FetchJob(source_id="imported", kind="http", address=url, allow_private=True)  # you typed it
    bounds = replace(settings.fetch, most_bytes=MOST_BYTES)

    async def bring() -> bytes:
        async with open_fetcher(bounds, user_agent=user_agent(settings)) as fetch, fetch(job) as fetched:
            return fetched.documents[0].body

    try:
        return asyncio.run(bring())
    except FetchError as error:
        raise ListError(str(error)) from error


def _given(outline: Outline, tags: tuple[str, ...]) -> dict[str, Any]:
    given = {
        "url": outline.url,
        "name": outline.name,
        "tags": list(dict.fromkeys(outline.tags + tags)),
        "every": outline.every,
    }
    return {key: value for key, value in given.items() if value}


def _shown(outline: Outline) -> str:
    """Name an outline, without the password that may stand in its address."""
    return _LOGIN.sub(r"\1…@", outline.url) or outline.name or "an outline without a name"


def _tell(found: Sifted, *, dry_run: bool) -> None:
    for outline in found.added:
        labels = f"  [{', '.join(outline.tags)}]" if outline.tags else ""
        click.echo(f"added    {_shown(outline)}  {outline.name}".rstrip() + labels)
    for kind, told in (("skipped", found.skipped), ("invalid", found.invalid)):
        for outline, why in told:
            click.echo(f"{kind}  {_shown(outline)}  {why}")
    click.echo(
        f"{len(found.added)} {'would be ' if dry_run else ''}added, {len(found.skipped)} skipped,"
        f" {len(found.invalid)} invalid."
    )


def _plain(found: Sifted) -> dict[str, Any]:
    return {
        "added": [
            {"url": outline.url, "name": outline.name, "tags": outline.tags} for outline in found.added
        ],
        "skipped": [{"url": _shown(outline), "why": why} for outline, why in found.skipped],
        "invalid": [{"url": _shown(outline), "why": why} for outline, why in found.invalid],
    }


@click.command()
@click.option("--opml", "form", flag_value="opml", default="opml", help="As OPML 2.0: for any reader.")
@click.option("--json", "form", flag_value="json", help="As JSON: with all that is said of each.")
@click.pass_obj
def export(path: Path, form: str) -> None:
    """Print the sources as OPML, or as JSON.

    Local files are nobody else's to subscribe to: they are in the JSON alone. Logins are in neither.
    """
    from aggregator.cli.look import states_of
    from aggregator.config import load_settings
    from aggregator.publish.opml import render_opml
    from aggregator.urls import host_of

    settings = load_settings(path)
    states = states_of(settings)
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
    click.echo(json.dumps({"sources": sources}, ensure_ascii=False, indent=2))
