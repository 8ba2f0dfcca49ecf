"""The front door: flags in, report out, exit code. The only room that reads arguments and the environment.

Exit codes: 0 all is well; 1 something of ours failed; 2 the configuration or the call is wrong; 3 done, but
some sources failed; 75 another aggregator is at work on the same folder.
"""

from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.cli.backtest import backtest
from aggregator.cli.backup import backup, restore
from aggregator.cli.doctor import doctor
from aggregator.cli.explain import explain
from aggregator.cli.look import check, inspect, list_, status
from aggregator.cli.measure import evaluate
from aggregator.cli.run import run
from aggregator.cli.takedown import takedown
from aggregator.errors import AggregatorError, BusyError, ConfigError

EXIT_FAILED, EXIT_USAGE, EXIT_BUSY = 1, 2, 75  # 75: EX_TEMPFAIL of sysexits.h


class _Group(click.Group):
    """Turns errors raised on purpose into a message and an exit code; all others keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(str(error), err=True)
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


for command in (
    run,
    check,
    inspect,
    list_,
    status,
    explain,
    evaluate,
    backtest,
    takedown,
    backup,
    restore,
    doctor,
):
    cli.add_command(command)
