"""`completion`: what teaches a shell to complete our commands."""

import click
from click.shell_completion import get_completion_class

PROGRAM, VARIABLE = "aggregator", "_AGGREGATOR_COMPLETE"  # click's own name for it


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, sources and outputs in a shell.

    \b
    bash  aggregator completion bash > ~/.local/share/bash-completion/completions/aggregator
    zsh   aggregator completion zsh > ~/.zfunc/_aggregator     (a folder of your fpath)
    fish  aggregator completion fish > ~/.config/fish/completions/aggregator.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is not known to this version of click")
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
