"""How an address becomes a source: looked at, picked, shown, confirmed, written."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from aggregator import pipeline
from aggregator.cli.editing import present, tell_running
from aggregator.cli.exits import EXIT_SOURCES, EXIT_USAGE
from aggregator.cli.outlook import outlook_lines, plain_outlook
from aggregator.config import load_settings, parse_settings, read_text, save_text
from aggregator.config.edit import with_sources
from aggregator.daemon.clocks import utc_now
from aggregator.engine import Engine
from aggregator.errors import Cause
from aggregator.lists import key_of
from aggregator.model import Found, Offer, Outlook
from aggregator.pipeline.preview import COMMON_PATHS
from aggregator.settings import Settings
from aggregator.store import open_store

_CODES = {"several": EXIT_USAGE, "failed": EXIT_SOURCES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be said of a source, and how to go about it."""

    tags: tuple[str, ...]
    name: str
    every: str
    pick: int | None
    allow_private: bool
    dry_run: bool
    yes: bool
    as_json: bool

    def given(self, url: str) -> dict[str, Any]:
        """Return what goes into the configuration."""
        given: dict[str, Any] = {"url": url, "name": self.name, "tags": list(self.tags), "every": self.every}
        given["allow_private"] = self.allow_private
        return {key: value for key, value in given.items() if value}

    @property
    def is_asked(self) -> bool:
        """Whether somebody is there to answer questions."""
        return not self.as_json and _is_terminal()

    def say(self, line: str, *, err: bool = False) -> None:
        """Tell people; machines get a document in the end."""
        if not self.as_json:
            click.echo(line, err=err)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one address."""

    what: str  # "added", "shown" (not written), "present", "several", "failed"
    feed: str = ""  # its address
    id: str = ""  # of the source
    why: str = ""
    offers: tuple[Offer, ...] = ()
    outlook: Outlook | None = None

    @property
    def code(self) -> int:
        """With which the command ends."""
        return _CODES.get(self.what, 0)

    def plain(self, address: str) -> dict[str, Any]:
        """Return what machines are told."""
        told: dict[str, Any] = {"address": address, "outcome": self.what, "id": self.id, "feed": self.feed}
        told |= {"why": self.why, "offers": self.offers}
        return told | {"preview": plain_outlook(self.outlook) if self.outlook else None}


def add_one(path: Path, url: str, wish: Wish, engine: Engine) -> Outcome:
    """Look at one address and add its feed."""
    there = present(load_settings(path))
    if name := there.get(key_of(url)):
        wish.say(f"{url} is there already, as {name}.")
        return Outcome(what="present", feed=url, id=name)
    look = partial(
        pipeline.look, engine, allow_private=wish.allow_private, is_known=lambda place: key_of(place) in there
    )
    if wish.is_asked:
        wish.say(f"Looking at {url} …", err=True)
    found = look(url)
    if len(found.offers) > 1:
        offer = _picked(found.offers, url, wish)
        if offer is None:
            return Outcome(what="several", offers=found.offers, why="say which one by `--pick N`")
        found = look(offer.url)
    if name := there.get(key_of(found.url)):
        wish.say(f"{found.url}, the feed of {url}, is there already, as {name}.")
        return Outcome(what="present", feed=found.url, id=name)
    if found.harvest.is_failed:
        wish.say(f"{found.url}: {_why(found)}", err=True)
        return Outcome(what="failed", feed=found.url, why=_why(found))
    return _take(path, found, wish)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _why(found: Found) -> str:
    trouble = found.harvest.troubles[0]
    if trouble.cause is Cause.NOT_A_FEED and not found.offers:
        return f"{trouble}; it names none, and there is none at {', '.join(COMMON_PATHS)}"
    if "allow_private" in trouble.detail:
        return trouble.detail.replace("`allow_private: true` would allow it", "`--allow-private` allows it")
    return str(trouble)


def _picked(offers: Sequence[Offer], url: str, wish: Wish) -> Offer | None:
    """Return the feed that is meant of several, or None when nobody is there to say."""
    if wish.pick:
        if wish.pick > len(offers):
            raise click.UsageError(f"{url} has {len(offers)} feeds; there is no number {wish.pick}")
        return offers[wish.pick - 1]
    wish.say(f"{url} has {len(offers)} feeds:")
    for number, offer in enumerate(offers, start=1):
        wish.say(f"  {number}  {offer.url}  {offer.title}".rstrip())
    if wish.is_asked:
        number = click.prompt("Which one", type=click.IntRange(1, len(offers)), default=1)
        return offers[number - 1]
    wish.say("Say which one: the same again with `--pick 1`, or its own address.", err=True)
    return None


def _take(path: Path, found: Found, wish: Wish) -> Outcome:
    """Show what a feed would be, and add it."""
    text, name, now = read_text(path), found.harvest.source_id, utc_now()
    changed = with_sources(text, [wish.given(found.url)])
    after = parse_settings(changed, path=path)
    outlook = _outlook(after, found, now=now)
    for line in outlook_lines(outlook, found.url, now=now):
        wish.say(line)
    shown = Outcome(what="shown", feed=found.url, id=name, outlook=outlook)
    if wish.dry_run:
        return shown
    if wish.is_asked and not wish.yes and not click.confirm(f"Add it to {path}?", default=True):
        return shown
    save_text(path, changed, was=text)
    with open_store(pipeline.store_path(after)) as store:
        pipeline.keep(store, after, found.harvest, now=utc_now())
    wish.say(f"Added to {path} as {name}.")
    if not wish.as_json:
        tell_running(after)
    return Outcome(what="added", feed=found.url, id=name, outlook=outlook)


def _outlook(settings: Settings, found: Found, *, now: datetime) -> Outlook:
    source = settings.sources[-1]
    if not pipeline.has_store(settings):
        return pipeline.foresee(None, settings, source, found.harvest, now=now)
    with pipeline.open_to_read(settings) as store:
        return pipeline.foresee(store, settings, source, found.harvest, now=now)
