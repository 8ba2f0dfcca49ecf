"""`inspect`: what every stage makes of a feed or a local article."""

import click

from aggregator.cli.documents import print_document


@click.command()
@click.argument("place", metavar="URL-OR-FILE", type=click.Path())
@click.option("--page", "is_page", is_flag=True, help="It is the page of an entry: show its text.")
def inspect(place: str, is_page: bool) -> None:  # noqa: FBT001 -- a flag
    """Show what every stage makes of a feed or a local article, as JSON.

    Nothing is stored. Addresses of private networks are allowed: you typed it. With --page a text is shown
    as `fetch_pages` would bring it; what keeps it from doing so is said.
    """
    from aggregator.cli.stages import stages_of

    print_document(stages_of(place, is_page=is_page))
