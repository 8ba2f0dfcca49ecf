"""Commands that look and change nothing: `check`, `inspect`, `list`, `status`."""

import glob
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from aggregator.model import Document, Fetched, FetchJob, PageTally, SourceState
from aggregator.settings import Settings

MOST_REASONS = 3  # why pages were refused


@click.command()
@click.pass_obj
def check(path: Path) -> None:
    """Check the configuration: every fault with its line, or what it says and what is doubtful about it."""
    from aggregator.config import doubts_about, load_settings

    settings = load_settings(path)
    feeds = sum(bool(source.url) for source in settings.sources)
    lists = sum(bool(source.opml) for source in settings.sources)
    files = len(settings.sources) - feeds - lists
    told = f"{feeds} feeds, {files} sets of local files" + (f", {lists} lists of feeds" if lists else "")
    click.echo(f"{path}: all right; {told}")
    for doubt in doubts_about(settings):
        click.echo(f"{path}: but {doubt}")


@click.command()
@click.argument("place", metavar="URL-OR-FILE")
@click.option("--page", "is_page", is_flag=True, help="It is the page of an entry: show its text.")
def inspect(place: str, is_page: bool) -> None:  # noqa: FBT001 -- a flag
    """Show what every stage makes of a feed or a local article, as JSON.

    Nothing is stored. Addresses of private networks are allowed: you typed it. With --page a text is shown
    as `fetch_pages` would bring it; what keeps it from doing so is said.
    """
    fetched = _fetch(place, is_page=is_page)
    stages: dict[str, Any] = {
        "fetched": {
            "status": fetched.status,
            "validators": asdict(fetched.validators),
            "hints": asdict(fetched.hints),
            "moved": fetched.moved,
        },
        "documents": [*map(_as_page if is_page else _as_feed, fetched.documents)],
    }
    click.echo(json.dumps(stages, ensure_ascii=False, indent=2, default=_plain))


def _as_feed(document: Document) -> dict[str, Any]:
    from aggregator.normalize import normalize
    from aggregator.parse import parse, sniff

    parsed = parse(document)
    entries = normalize(parsed, document, source_id="inspected", known={}).entries
    return {
        "document": _outline(document) | {"parser": sniff(document)},
        "parsed": asdict(parsed),
        "entries": [asdict(entry) for entry in entries],
    }


def _as_page(document: Document) -> dict[str, Any]:
    from aggregator.reading import read_page

    return {"document": _outline(document), "page": asdict(read_page(document))}


def _fetch(place: str, *, is_page: bool) -> Fetched:
    import asyncio

    from aggregator.fetch import open_fetcher
    from aggregator.pipeline import user_agent

    is_web = place.startswith(("http://", "https://"))
    job = FetchJob(
        source_id="inspected",
        kind="page" if is_web and is_page else "http" if is_web else "path",
        obey_robots=is_page,
        address=place if is_web else glob.escape(Path(place).name),
        root="" if is_web else str(Path(place).resolve().parent),
        allow_private=True,
    )

    async def bring() -> Fetched:
        agent = user_agent(Settings())
        async with open_fetcher(Settings().fetch, user_agent=agent) as fetch, fetch(job) as fetched:
            return fetched

    return asyncio.run(bring())


def _outline(document: Document) -> dict[str, Any]:
    return {
        "address": document.address,
        "name": document.name,
        "media_type": document.media_type,
        "size_bytes": len(document.body),
        "begins": document.body[:120].decode("utf-8", "replace"),
    }


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """List the sources, and the addresses to subscribe to."""
    from aggregator.cli.tables import addresses, console, list_table
    from aggregator.config import load_settings

    settings = load_settings(path)
    states, settings = states_of(settings), with_lists(settings)
    if as_json:
        feeds = [{"name": name, "address": address} for name, address in addresses(settings)]
        sources = [{"id": s.id, "title": s.title, "address": s.address, "tags": s.tags} for s in states]
        click.echo(json.dumps({"outputs": feeds, "sources": sources}, ensure_ascii=False, indent=2))
        return
    list_table(states)
    for name, address in addresses(settings):
        console().print(f"{address}  {name}", markup=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def status(path: Path, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Show how each source is: last success, next request, and what is wrong."""
    from aggregator.cli.tables import source_table
    from aggregator.config import load_settings
    from aggregator.daemon import utc_now

    settings = load_settings(path)
    states, daemon, outgrown = states_of(settings), _daemon(settings), _outgrown(settings)
    pages = _pages(settings)
    if as_json:
        kept = [{k: v for k, v in asdict(s).items() if k not in ("known", "body_digest")} for s in states]
        told = {"daemon": daemon, "outgrown": outgrown, "pages": [*map(asdict, pages)], "sources": kept}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))
        return
    source_table(states, now=utc_now())
    failing = sum(bool(state.troubles) for state in states)
    click.echo(
        f"{len(states)} sources, {failing} in trouble, {sum(s.entries for s in states)} entries stored."
    )
    for remark in (*_remarks(states, outgrown), *map(_told_of_pages, pages)):
        click.echo(remark)
    process = daemon["process"]
    click.echo(f"The daemon runs as process {process}." if process else "The daemon is not running.")
    for name in ("trouble", "paused", "config_fault"):
        if process and daemon.get(name):
            click.echo(f"  {name.replace('_', ' ')}: {daemon[name]}")


def _remarks(states: Iterable[SourceState], outgrown: Mapping[str, int]) -> Iterator[str]:
    """Yield what is no trouble and worth a look."""
    from aggregator.policy.rights import rights_of

    if reserving := [state.id for state in states if rights_of(state.feed, ()).is_reserved]:
        yield f"Rights reserved, by the word of the feed: {', '.join(reserving)}."
    for name, size in outgrown.items():
        yield f"{name} has {size:,} bytes, a burden to readers; a smaller `limit` makes it lighter."


def _daemon(settings: Settings) -> dict[str, Any]:
    """Return who is at work, and how it was within the last minute, by its own account."""
    from aggregator import pipeline
    from aggregator.daemon import VITALS
    from aggregator.instance import holder_of
    from aggregator.store import open_store

    path, said = pipeline.store_path(settings), ""
    if path.exists():
        with open_store(path, is_read_only=True) as store:
            said = store.recall(VITALS)
    return {"process": int(holder_of(Path(settings.data)) or 0) or None} | (json.loads(said) if said else {})


def _outgrown(settings: Settings) -> dict[str, int]:
    """Return the feeds that are larger than is good for those who read them, with their bytes."""
    from aggregator import pipeline
    from aggregator.store import open_store

    path = pipeline.store_path(settings)
    if not path.exists():
        return {}
    with open_store(path, is_read_only=True) as store:
        return pipeline.outgrown(store)


def _pages(settings: Settings) -> tuple[PageTally, ...]:
    """Return what became of the pages of each source that wants them."""
    from aggregator import pipeline

    wanting = {source.id for source in with_lists(settings).sources if source.fetch_pages}
    if not wanting or not pipeline.store_path(settings).exists():
        return ()
    with pipeline.open_to_read(settings) as store:
        return tuple(tally for tally in store.texts.tally() if tally.source_id in wanting)


def _told_of_pages(tally: PageTally) -> str:
    refused = sum(number for _, number in tally.refused)
    why = "; ".join(f"{number} {trouble}" for trouble, number in tally.refused[:MOST_REASONS])
    told = f"Pages of {tally.source_id}: {tally.brought} brought, {tally.waiting} waiting, {refused} refused"
    return f"{told} ({why})." if refused else f"{told}."


def states_of(settings: Settings) -> tuple[SourceState, ...]:
    """Return what is known of the configured sources; of those never asked, what the configuration says."""
    from aggregator import pipeline
    from aggregator.daemon import utc_now
    from aggregator.store import open_store

    settings = with_lists(settings)
    states = {source.id: pipeline.first_state(source, settings, utc_now()) for source in settings.sources}
    path = pipeline.store_path(settings)
    if path.exists():
        with open_store(path, is_read_only=True) as store:
            pushed = pipeline.subscriptions_of(store, now=utc_now())
            stored = (replace(state, pushed=pushed.get(state.id)) for state in store.sources.all())
            states |= {state.id: state for state in stored if state.id in states}
    return tuple(states.values())


def with_lists(settings: Settings) -> Settings:
    """Return settings with the feeds that followed lists named when they were read last."""
    from aggregator import pipeline

    if not pipeline.store_path(settings).exists():
        return settings
    with pipeline.open_to_read(settings) as store:
        return pipeline.followed(store, settings)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
