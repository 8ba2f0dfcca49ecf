"""Commands that look and change nothing: `check`, `inspect`, `list`, `status`."""

import glob
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from aggregator.model import Document, Fetched, FetchJob, SourceState
from aggregator.settings import Settings


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
def inspect(place: str) -> None:
    """Show what every stage makes of a feed or a local article, as JSON.

    Nothing is stored. Addresses of private networks are allowed: you typed it.
    """
    from aggregator.normalize import normalize
    from aggregator.parse import parse, sniff

    fetched = _fetch(place)
    stages: dict[str, Any] = {
        "fetched": {
            "status": fetched.status,
            "validators": asdict(fetched.validators),
            "hints": asdict(fetched.hints),
            "moved": fetched.moved,
        },
        "documents": [],
    }
    for document in fetched.documents:
        parsed = parse(document)
        entries = normalize(parsed, document, source_id="inspected", known={}).entries
        stages["documents"].append(
            {
                "document": _outline(document) | {"parser": sniff(document)},
                "parsed": asdict(parsed),
                "entries": [asdict(entry) for entry in entries],
            }
        )
    click.echo(json.dumps(stages, ensure_ascii=False, indent=2, default=_plain))


def _fetch(place: str) -> Fetched:
    import asyncio

    from aggregator.fetch import open_fetcher
    from aggregator.pipeline import user_agent

    is_web = place.startswith(("http://", "https://"))
    job = FetchJob(
        source_id="inspected",
        kind="http" if is_web else "path",
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
    if as_json:
        kept = [{k: v for k, v in asdict(s).items() if k not in ("known", "body_digest")} for s in states]
        told = {"daemon": daemon, "outgrown": outgrown, "sources": kept}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))
        return
    source_table(states, now=utc_now())
    failing = sum(bool(state.troubles) for state in states)
    click.echo(
        f"{len(states)} sources, {failing} in trouble, {sum(s.entries for s in states)} entries stored."
    )
    for remark in _remarks(states, outgrown):
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
