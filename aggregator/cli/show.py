"""`show`: all that can be said of one story."""

from pathlib import Path

import click

from aggregator.cli.documents import json_option, print_document


@click.command()
@click.argument("story")
@json_option
@click.pass_obj
def show(path: Path, story: str, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Show a story: its entries and how each joined, what is related, where it is published.

    STORY is its id, how that begins, its page, or an entry of it by id, address or title.
    """
    import aggregator
    from aggregator.cli.story import account_lines
    from aggregator.cli.tables import say

    with aggregator.open(path) as planet:
        account = planet.story(story)
    if as_json:
        print_document(account)
    else:
        say(*account_lines(account))
