"""The front door: flags in, report out, exit code. The only room that reads arguments and the environment.

Exit codes: 0 all is well; 1 something of ours failed; 2 the configuration or the call is wrong; 3 done, but
some sources failed; 75 another aggregator is at work on the same folder.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.errors import AggregatorError, BusyError, ConfigError, EditError, ListError

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY = 1, 2, 75  # 75: EX_TEMPFAIL of sysexits.h

# In the order in which a newcomer needs them. A command is imported when it is called, so that help comes
# at once: module of this wing, name there, and the first sentence of its help.
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
    "explain": ("explain", "explain", "Say why two stored entries are together or apart."),
    "inspect": ("look", "inspect", "Show what every stage makes of a feed or a local article, as JSON."),
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

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(str(error), err=True)
            ctx.exit(EXIT_USAGE)
        except (EditError, ListError) as error:
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
