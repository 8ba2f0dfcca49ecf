"""`evaluate`: what the shipped setting makes of labelled entries, in figures."""

from pathlib import Path

import click

from aggregator.cli.documents import json_option, print_document

FORM = (
    "A FILE has one JSON object a line (.gz is unpacked), in the order in which entries come in: id, title,"
    " ts (seconds since 1970), and as you have it summary, publisher, url, lang. The labels are story (an"
    " entry without one is background: placed, not scored), saga (the longer affair) and copy_of (an id)."
)


@click.command(epilog=FORM)
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@json_option
def evaluate(files: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Measure copies and stories on labelled sets, with the shipped setting."""
    from aggregator.cli.measure import figures_of, in_numbers, in_words, samples_of
    from aggregator.cli.tables import console, figures_table

    read = [(path.name, samples_of(path)) for path in files]
    found = [(name, figures_of(samples)) for name, samples in read]
    if as_json:
        print_document({"files": [{"file": name} | in_numbers(figures) for name, figures in found]})
    elif console().is_terminal:
        figures_table([(name, in_words(figures)) for name, figures in found])
    else:
        for name, figures in found:
            told = (f"{what} {value}" for what, value in in_words(figures).items() if value)
            click.echo(f"{name}: {', '.join(told)}")
