"""The front door: flags in, report out, exit code. The only room that reads arguments and the environment.

A command's module holds what it takes and calls. What it needs besides click it imports when it is called,
and what it says stands in a module beside it: so help and completion come at once.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from aggregator import __version__
from aggregator.cli.exits import EXIT_BUSY, EXIT_FAILED, EXIT_USAGE
from aggregator.errors import (
    AggregatorError,
    BusyError,
    ConfigError,
    EditError,
    ListError,
    QueryError,
    UnknownError,
)

# In the order in which a newcomer needs them: module of this wing, name there, and the first sentence of its
# help. A command's module is imported when the command is called.
COMMANDS = {
    "init": ("init", "init", "Write a commented feeds.yaml to start from."),
    "add": ("add", "add", "Find the feed of a page or address, show what it would be, and add it."),
    "import": (
        "lists",
        "import_",
        "Add the feeds of other programs' lists: OPML, Planet Venus, rawdog and more.",
    ),
    "export": ("lists", "export", "Print the sources as OPML, or as JSON."),
    "remove": ("remove", "remove", "Take sources out of the configuration."),
    "run": ("run", "run", "Ingest, group, publish and serve, until told to stop."),
    "check": (
        "look",
        "check",
        "Check the configuration: every fault with its line, or what it says and what is doubtful about it.",
    ),
    "schema": (
        "schema",
        "schema",
        "Print the JSON Schema of feeds.yaml, by which editors complete and check it.",
    ),
    "list": ("look", "list_", "List the sources, and the addresses to subscribe to."),
    "status": ("look", "status", "Show how each source is: last success, next request, and what is wrong."),
    "search": (
        "search",
        "search",
        "Find stories with all of these words in a headline or excerpt, also while an aggregator is at work.",
    ),
    "show": (
        "show",
        "show",
        "Show a story: its entries and how each joined, what is related, where it is published.",
    ),
    "explain": (
        "explain",
        "explain",
        "Say why two stored entries are together or apart; of one, why it is in each output, or is not.",
    ),
    "open": ("open", "open_", "Open a page in the browser, and print its address."),
    "inspect": ("inspect", "inspect", "Show what every stage makes of a feed or a local article, as JSON."),
    "takedown": (
        "takedown",
        "takedown",
        "Remove an article, by its address or id, or a source, by its id, from all that is published.",
    ),
    "evaluate": (
        "evaluate",
        "evaluate",
        "Measure copies and stories on labelled sets, with the shipped setting.",
    ),
    "backtest": (
        "backtest",
        "backtest",
        "Replay all that is stored, and show which stories would be others.",
    ),
    "test-rules": (
        "rules",
        "test_rules",
        "Show what the rules do with what is stored, and what would change.",
    ),
    "backup": (
        "backup",
        "backup",
        "Copy the store, also while an aggregator is at work, and check the copy.",
    ),
    "restore": ("backup", "restore", "Put a backup in the place of the store, and publish what it says."),
    "doctor": (
        "doctor",
        "doctor",
        "Look at all that it needs, and say what to do where something is wrong.",
    ),
    "completion": (
        "completion",
        "completion",
        "Print the script that completes commands, options, sources and outputs in a shell.",
    ),
    "man": ("man", "man", "Print the manual page."),
}


class _Group(click.Group):
    """Turns errors raised on purpose into a message and an exit code; all others keep their traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"aggregator.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, _, told) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Offer the commands without importing any."""
        found = [
            CompletionItem(n, help=told) for n, (_, _, told) in COMMANDS.items() if n.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(str(error), err=True)
            ctx.exit(EXIT_USAGE)
        except (EditError, ListError, QueryError, UnknownError) as error:
            click.echo(f"aggregator: {error}", err=True)
            ctx.exit(EXIT_USAGE)
        except BusyError as error:
            click.echo(f"aggregator: {error}", err=True)
            ctx.exit(EXIT_BUSY)
        except AggregatorError as error:
            click.echo(f"aggregator: {error}", err=True)
            ctx.exit(EXIT_FAILED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="aggregator")
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("feeds.yaml"),
    envvar="AGGREGATOR_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration.",
)
@click.pass_context
def cli(ctx: click.Context, config: Path) -> None:
    """Read many feeds, publish one: each story with its related coverage."""
    ctx.obj = config
