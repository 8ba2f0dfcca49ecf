"""`add`: the feed of a page becomes a source, once it was seen what it would be."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from aggregator.cli.editing import present, tell_running
from aggregator.errors import Cause
from aggregator.model import Found, Offer, Outlook
from aggregator.settings import Settings

EXIT_USAGE, EXIT_SOURCES = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be said of a source, and how to go about it."""

    tags: tuple[str, ...]
    name: str
    every: str
    pick: int | None
    allow_private: bool
    dry_run: bool
    yes: bool

    def given(self, url: str) -> dict[str, Any]:
        """Return what goes into the configuration."""
        given: dict[str, Any] = {"url": url, "name": self.name, "tags": list(self.tags), "every": self.every}
        given["allow_private"] = self.allow_private
        return {key: value for key, value in given.items() if value}


@click.command()
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give it a tag; repeat for more.")
@click.option("--name", default="", help="What readers see; else the feed's own title.")
@click.option("--every", default="", metavar="SPAN", help="Ask at most that often, as in 3h.")
@click.option("--pick", type=click.IntRange(min=1), metavar="N", help="Of several feeds the Nth.")
@click.option("--allow-private", is_flag=True, help="It may be in a private network (at home).")
@click.option("--dry-run", is_flag=True, help="Show what it would be, and write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def add(path: Path, /, urls: tuple[str, ...], **choices: Any) -> None:
    """Find the feed of a page or address, show what it would be, and add it.

    It goes to the end of the list in feeds.yaml; nothing else in the file is touched. What came with the
    look is kept, so that the feed is not asked for it again. Exit code 2: there are several to pick from.
    """
    from aggregator import pipeline
    from aggregator.config import load_settings, parse_span

    wish = _Wish(**choices)
    try:
        parse_span(wish.every or "1h")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    if len(urls) > 1 and (wish.name or wish.pick):
        raise click.UsageError("--name and --pick go with one address")
    settings = load_settings(path)
    addresses = [_address(url) for url in urls]
    with pipeline.open_workers(settings) as engine:
        codes = [_add(path, address, wish, engine) for address in addresses]
    if any(codes):
        raise SystemExit(min(filter(None, codes)))


def _address(text: str) -> str:
    """Complete an address as a browser would."""
    from aggregator.lists import why_not
    from aggregator.urls import is_fetchable

    url = text.removeprefix("feed:").removeprefix("//")
    url = url if "://" in url else f"https://{url}"
    if Path(text).exists():
        raise click.UsageError(f"{text} is a file: `aggregator import` reads lists; articles are a `path:`")
    if not is_fetchable(url):
        raise click.UsageError(f"{text.rpartition('@')[2]}: {why_not(url)}")
    return url


def _add(path: Path, url: str, wish: _Wish, engine: Any) -> int:
    """Look at one address and add its feed; return the exit code."""
    from aggregator import pipeline
    from aggregator.config import load_settings
    from aggregator.lists import key_of

    settings = load_settings(path)
    there = present(settings)
    if name := there.get(key_of(url)):
        click.echo(f"{url} is there already, as {name}.")
        return 0
    look = partial(
        pipeline.look, engine, allow_private=wish.allow_private, is_known=lambda place: key_of(place) in there
    )
    if _is_terminal():
        click.echo(f"Looking at {url} …", err=True)
    found = look(url)
    if len(found.offers) > 1:
        offer = _picked(found.offers, url, wish)
        if offer is None:
            return EXIT_USAGE
        found = look(offer.url)
    if name := there.get(key_of(found.url)):
        click.echo(f"{found.url}, the feed of {url}, is there already, as {name}.")
        return 0
    if found.harvest.is_failed:
        click.echo(f"{found.url}: {_why(found)}", err=True)
        return EXIT_SOURCES
    return _take(path, found, wish)


def _is_terminal() -> bool:
    """Say whether somebody is there to answer."""
    return sys.stdin.isatty()


def _why(found: Found) -> str:
    from aggregator.pipeline.preview import COMMON_PATHS

    trouble = found.harvest.troubles[0]
    if trouble.cause is Cause.NOT_A_FEED and not found.offers:
        return f"{trouble}; it names none, and there is none at {', '.join(COMMON_PATHS)}"
    if "allow_private" in trouble.detail:
        return trouble.detail.replace("`allow_private: true` would allow it", "`--allow-private` allows it")
    return str(trouble)


def _picked(offers: Sequence[Offer], url: str, wish: _Wish) -> Offer | None:
    """Return the feed that is meant of several, or None when nobody is there to say."""
    if wish.pick:
        if wish.pick > len(offers):
            raise click.UsageError(f"{url} has {len(offers)} feeds; there is no number {wish.pick}")
        return offers[wish.pick - 1]
    click.echo(f"{url} has {len(offers)} feeds:")
    for number, offer in enumerate(offers, start=1):
        click.echo(f"  {number}  {offer.url}  {offer.title}".rstrip())
    if _is_terminal():
        number = click.prompt("Which one", type=click.IntRange(1, len(offers)), default=1)
        return offers[number - 1]
    click.echo("Say which one: the same again with `--pick 1`, or its own address.", err=True)
    return None


def _take(path: Path, found: Found, wish: _Wish) -> int:
    """Show what a feed would be, and add it."""
    from aggregator import pipeline
    from aggregator.cli.outlook import outlook_lines
    from aggregator.config import parse_settings, read_text, save_text
    from aggregator.config.edit import with_sources
    from aggregator.daemon import utc_now
    from aggregator.store import open_store

    text = read_text(path)
    changed = with_sources(text, [wish.given(found.url)])
    after = parse_settings(changed, path=path)
    outlook = _outlook(after, found, now=utc_now())
    for line in outlook_lines(outlook, found.url, now=utc_now()):
        click.echo(line)
    if wish.dry_run:
        return 0
    if _is_terminal() and not wish.yes and not click.confirm(f"Add it to {path}?", default=True):
        return 0
    save_text(path, changed, was=text)
    with open_store(pipeline.store_path(after)) as store:
        pipeline.keep(store, after, found.harvest, now=utc_now())
    click.echo(f"Added to {path} as {found.harvest.source_id}.")
    tell_running(after)
    return 0


def _outlook(settings: Settings, found: Found, *, now: datetime) -> Outlook:
    from aggregator import pipeline
    from aggregator.store import open_store

    source = settings.sources[-1]
    path = pipeline.store_path(settings)
    if not path.exists():
        return pipeline.foresee(None, settings, source, found.harvest, now=now)
    with open_store(path, is_read_only=True) as store:
        return pipeline.foresee(store, settings, source, found.harvest, now=now)
