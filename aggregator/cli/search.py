"""`search`: stories by their words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from aggregator.cli.completing import source_ids
from aggregator.cli.documents import json_option, print_document


class _Moment(click.ParamType[datetime]):
    """A day, a moment, or a span back from now; of a day that ends something, its end."""

    name = "when"

    def __init__(self, *, is_end: bool = False) -> None:
        self._is_end = is_end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return self._moment(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day (2026-11-22), moment (2026-11-22T10:00) or span (7d)", param, ctx)

    def _moment(self, value: str) -> datetime:
        from aggregator.config import parse_span
        from aggregator.library import utc_now

        if value[4:5] != "-":
            return utc_now() - parse_span(value)
        moment = datetime.fromisoformat(value)
        days = timedelta(days=len(value) <= len("2026-11-22") and self._is_end)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) + days


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="ID",
    shell_complete=source_ids,
    help="Only what this source told; repeat for more.",
)
@click.option("--since", type=_Moment(), metavar="WHEN", help="From then on: 2026-11-22, or 7d.")
@click.option("--until", type=_Moment(is_end=True), metavar="WHEN", help="Up to then; that day included.")
@click.option("--oldest", "is_oldest_first", is_flag=True, help="The oldest first, not the newest.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@json_option
@click.pass_obj
def search(path: Path, /, words: tuple[str, ...], as_json: bool, **choices: Any) -> None:  # noqa: FBT001 -- flags
    """Find stories with all of these words in a headline or excerpt, also while an aggregator is at work.

    '"two words"' stand side by side, 'bridg*' begins a word, a comma parts alternatives.
    """
    import aggregator
    from aggregator.cli.tables import story_table

    with aggregator.open(path) as planet:
        found = planet.search(" ".join(words), **choices)
    if as_json:
        print_document({"stories": found})
    elif found:
        story_table(found)
    else:
        click.echo(
            "Nothing was found. Try fewer words, or the beginning of one with a star: 'bridg*'", err=True
        )
