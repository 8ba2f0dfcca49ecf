"""`explain`: why two entries are one story, one text, or neither; why one is in an output, or is not."""

from pathlib import Path

import click

from aggregator.cli.documents import json_option, plain, print_document


@click.command()
@click.argument("one", metavar="A")
@click.argument("two", metavar="[B]", default="")
@json_option
@click.pass_obj
def explain(path: Path, one: str, two: str, as_json: bool) -> None:  # noqa: FBT001 -- a flag
    """Say why two stored entries are together or apart; of one, why it is in each output, or is not.

    A and B are ids (or how one begins), addresses, titles or story pages. Without B it also says why A is
    in its story.
    """
    import aggregator
    from aggregator.cli.tables import say
    from aggregator.cli.verdict import verdict_lines, whereabouts_lines

    with aggregator.open(path) as planet:
        where = None if two else planet.whereabouts(one)
        found = planet.explain(one, two) if where is None or where.is_there else None
    if as_json:
        print_document((plain(found) if found else {"one": None}) | {"published": where})
        return
    if found:
        say(*verdict_lines(found))
    if where:
        say(*whereabouts_lines(where))
