"""What commands print: tables, progress, addresses. On a terminal in color and fitted; else plain, whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from textwrap import fill
from typing import TypeVar

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from aggregator.model import Item, Pushed, RuleTally, SourceReport, SourceState, Trouble
from aggregator.publish import FORMATS
from aggregator.publish.outputs import all_outputs, folder_of, formats_of, is_combined, is_of_tag
from aggregator.settings import Output, Settings
from aggregator.urls import host_of

Thing = TypeVar("Thing")

PLAIN_WIDTH = 100_000  # columns, where there is no terminal: no line is broken, no field cut
SHORT_ID = 10  # digits of an id that tell it from others, for people

_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed", "html": "the page"}
_COLOURS = {"fresh": "green", "unchanged": "dim", "held": "dim", "failed": "red", "in part": "yellow"}


def console() -> Console:
    """Return where reports go."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=PLAIN_WIDTH, no_color=True)


def say(*lines: str) -> None:
    """Print lines as they are: on a terminal broken between words and indented, and nowhere else."""
    screen = console()
    for line in lines:
        screen.print(_hanging(line, screen.width) if screen.is_terminal else line, markup=False, emoji=False)


def _hanging(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


@contextmanager
def progress() -> Iterator[Callable[[SourceReport, int], None]]:
    """Show how far it is with each report, of how many: a bar on a terminal, a line each elsewhere."""
    screen = console()
    if not screen.is_terminal:
        number = count(1)
        yield lambda report, total: say(f"[{next(number)}/{total}] {report.source_id}: {_outcome(report)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("Asking sources", total=None)
        yield lambda report, total: bar.update(
            task, advance=1, total=total, description=escape(report.title[:40])
        )


def count_off(things: Iterable[Thing], *, total: int, what: str) -> Iterator[Thing]:
    """Pass things on, with a bar on a terminal, which is not where the report goes."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        for thing in things:
            yield thing
            bar.advance(task)


def refresh_table(reports: Iterable[SourceReport]) -> None:
    """Print what became of each source: those in trouble last, where the eye is."""
    table = a_table("Source", "Outcome", "New", "Changed", "Trouble")
    for report in sorted(reports, key=lambda r: (bool(r.troubles), r.title.casefold())):
        outcome = _outcome(report)
        table.add_row(
            escape(report.title),
            f"[{_COLOURS[outcome]}]{outcome}[/]",
            str(report.new or ""),
            str(report.changed or ""),
            escape(troubles(report.troubles)),
        )
    show(table)


def source_table(states: Iterable[SourceState], *, now: datetime) -> None:
    """Print the state of each source."""
    table = a_table("Source", "Id", "Entries", "Last success", "Next", "Trouble")
    for state in states:
        table.add_row(
            escape(state.title),
            state.id,
            str(state.entries),
            _ago(state.last_success, now),
            escape(_next(state, now)),
            escape(troubles(state.troubles)) + (f" ({state.failures} times)" if state.failures > 1 else ""),
        )
    show(table)


def list_table(states: Iterable[SourceState]) -> None:
    """Print what is read, and from where."""
    table = a_table("Source", "Id", "Address", "Tags")
    for state in states:
        table.add_row(escape(state.title), state.id, escape(state.address), escape(", ".join(state.tags)))
    show(table)


def story_table(items: Iterable[Item]) -> None:
    """Print stories; their ids shortened on a terminal, where they are read, and whole in a pipe."""
    table = a_table("Date", "Outlet", "Headline", "Outlets", "Story")
    digits = SHORT_ID if console().is_terminal else None
    for item in items:
        when = f"{item.date:%Y-%m-%d %H:%M}"
        outlets = str(item.outlets)
        table.add_row(when, escape(item.outlet), escape(item.entry.title), outlets, item.story_id[:digits])
    show(table)


def rules_table(rules: Iterable[RuleTally]) -> None:
    """Print what each rule speaks of."""
    table = a_table("Rule", "Entries", "The newest")
    for rule in rules:
        table.add_row(escape(rule.name), str(rule.found.count), escape("; ".join(rule.found.titles)))
    show(table)


def figures_table(files: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Print figures, a column each file."""
    table = a_table("", *(escape(name.removesuffix(".gz").removesuffix(".jsonl")) for name, _ in files))
    for column in table.columns[1:]:
        column.justify = "right"
    for figure in files[0][1]:
        values = [figures[figure] for _, figures in files]
        if any(values):
            table.add_row(figure, *values)
    show(table)


def show(table: Table) -> None:
    """Print a table; in a pipe without the blanks at the end of its lines."""
    screen = console()
    if screen.is_terminal:
        screen.print(table)
        return
    with screen.capture() as captured:
        screen.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def addresses(settings: Settings) -> list[tuple[str, str]]:
    """Return (name, address) of everything one can subscribe to or look at, the private ones too."""
    url = settings.site.url
    tags = sorted({tag for source in settings.sources for tag in source.tags})
    found = []
    for output in all_outputs(settings.outputs, tags):
        names = formats_of(output)
        label = "" if is_combined(output) else f"{output.title if is_of_tag(output) else output.name}, "
        shown = names[:1] if is_of_tag(output) else names
        found += [(f"{label}{_NAMES[name]}", _address(url, output, name)) for name in shown]
    return [
        *found,
        ("the sources, OPML", f"{url}sources.opml"),
        ("the health of the sources, Atom", f"{url}status.atom"),
    ]


def _address(url: str, output: Output, form: str) -> str:
    return f"{url}{folder_of(output)}{'' if form == 'html' else FORMATS[form].file}"


def troubles(found: tuple[Trouble, ...]) -> str:
    """Put troubles in words, the first few of many."""
    words = [f"{trouble.cause}: {trouble}" for trouble in found[:3]]
    return "; ".join(words) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _outcome(report: SourceReport) -> str:
    return "in part" if report.troubles and report.outcome != "failed" else report.outcome


def a_table(*columns: str) -> Table:
    lines = box.SIMPLE_HEAD if console().is_terminal else None  # a pipe gets a line a row, the names first
    table = Table(box=lines, pad_edge=False, header_style="bold")
    for name in columns:
        justify = "right" if name in ("New", "Changed", "Entries", "Outlets") else "left"
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _next(state: SourceState, now: datetime) -> str:
    """Say when a source is asked next, why then, where if not at its own address, and who pushes it."""
    if state.stopped:
        return f"never: it is {state.stopped}; `run --once --source {state.id}` asks it again"
    because = f" ({state.habits.because})" if state.habits.because else ""
    moved = f", at {state.moved_to}" if state.moved_to else ""
    return _ahead(state.next_due, now) + because + moved + pushed_by(state.pushed)


def pushed_by(pushed: Pushed | None) -> str:
    """Say who pushes a source, until when, and what is wrong with that."""
    if pushed is None:
        return ""
    until = f" until {pushed.until.date().isoformat()}" if pushed.until else ""
    hub = host_of(pushed.hub)
    told = f"pushed by {hub}{until}" if until else f"{hub} was asked to push it"
    return f"; {told}" + (f" ({pushed.trouble})" if pushed.trouble else "")


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{span((now - moment).total_seconds())} ago" if moment else "never"


def _ahead(moment: datetime, now: datetime) -> str:
    seconds = (moment - now).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else "now"


def span(seconds: float) -> str:
    """Spell a span in its largest unit."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
