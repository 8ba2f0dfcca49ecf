"""`open`: a page, in the browser."""

import webbrowser
from pathlib import Path

import click

from aggregator.cli.completing import page_names


@click.command("open")
@click.argument("page", default="", metavar="[PAGE]", shell_complete=page_names)
@click.pass_obj
def open_(path: Path, page: str) -> None:
    """Open a page in the browser, and print its address.

    PAGE is an output, a source by its id, or a story as `show` takes it; without it the combined page. It is
    the site's own, or the file where the site is this machine's and no aggregator runs.
    """
    import aggregator
    from aggregator.cli.pages import address_of

    with aggregator.open(path) as planet:
        address = address_of(planet, page)
    click.echo(address)
    if not webbrowser.open(address):  # `click.launch` does not tell
        click.echo("There is no browser here: open that address in one.", err=True)
