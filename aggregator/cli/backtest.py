"""`backtest`: what other settings would make of all that is stored; or these, once they are applied to it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from aggregator.cli.documents import json_option, print_document

SHORTEST_WINDOW = timedelta(hours=1)


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    from aggregator.config import parse_span

    try:
        span = parse_span(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=param) from error
    if span < SHORTEST_WINDOW:
        raise click.BadParameter("expected 1h at least", ctx=ctx, param=param)
    return span


@click.command()
@click.option("--joins", type=click.FloatRange(0, 9), metavar="X", help="Another `stories.joins`.")
@click.option("--copies", type=click.FloatRange(0, 9), metavar="X", help="Another `stories.copies`.")
@click.option("--window", callback=_span, metavar="SPAN", help="Another `stories.window`, as in 7d.")
@click.option("--apply", "is_applied", is_flag=True, help="Keep the result, under the configured settings.")
@json_option
@click.pass_obj
def backtest(path: Path, /, is_applied: bool, as_json: bool, **changes: Any) -> None:  # noqa: FBT001 -- flags
    """Replay all that is stored, and show which stories would be others.

    With --apply overrides and settings that were changed take effect on the past. What was published keeps
    its id; no other aggregator may be at work.
    """
    from aggregator.cli.differences import applied, difference_lines, looked_at, plain_differences
    from aggregator.cli.tables import say
    from aggregator.config import load_settings

    given = {name: value for name, value in changes.items() if value is not None}
    if is_applied and given:
        raise click.UsageError("--apply keeps what feeds.yaml says: write the change there, and leave it out")
    settings = load_settings(path)
    changed = replace(settings.stories, **given)
    report = applied(settings) if is_applied else looked_at(settings, changed)
    if as_json:
        print_document(plain_differences(report))
        return
    say(*difference_lines(report))
    if is_applied:
        click.echo("Kept. The next `aggregator run` publishes it.")
