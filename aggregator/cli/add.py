"""`add`: the feed of a page becomes a source, once it was seen what it would be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from aggregator.cli.documents import json_option, print_document


@click.command()
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give it a tag; repeat for more.")
@click.option("--name", default="", help="What readers see; else the feed's own title.")
@click.option("--every", default="", metavar="SPAN", help="Ask at most that often, as in 3h.")
@click.option("--pick", type=click.IntRange(min=1), metavar="N", help="Of several feeds the Nth.")
@click.option("--allow-private", is_flag=True, help="It may be in a private network (at home).")
@click.option("--dry-run", is_flag=True, help="Show what it would be, and write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def add(path: Path, /, urls: tuple[str, ...], **choices: Any) -> None:
    """Find the feed of a page or address, show what it would be, and add it.

    It goes to the end of the list in feeds.yaml; nothing else in the file is touched. What came with the
    look is kept, so that the feed is not asked for it again. Exit code 2: there are several to pick from.
    """
    from aggregator import pipeline
    from aggregator.cli.adding import Wish, add_one
    from aggregator.config import load_settings, parse_span

    wish = Wish(**choices)
    try:
        parse_span(wish.every or "1h")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    if len(urls) > 1 and (wish.name or wish.pick):
        raise click.UsageError("--name and --pick go with one address")
    settings = load_settings(path)
    addresses = [_address(url) for url in urls]
    with pipeline.open_workers(replace(settings, engine="local")) as engine:  # somebody waits for it
        outcomes = [add_one(path, address, wish, engine) for address in addresses]
    if wish.as_json:
        told = zip(addresses, outcomes, strict=True)
        print_document({"added": [outcome.plain(address) for address, outcome in told]})
    if codes := [outcome.code for outcome in outcomes if outcome.code]:
        raise SystemExit(min(codes))


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
