"""`man`: the manual page, from what `--help` says, the settings and the exit codes."""

import click


@click.command()
@click.pass_context
def man(ctx: click.Context) -> None:
    """Print the manual page.

    \b
    aggregator man | man -l -
    aggregator man > ~/.local/share/man/man1/aggregator.1
    """
    from aggregator.cli.manual import manual

    click.echo(manual(ctx.find_root()), nl=False)
