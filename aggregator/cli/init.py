"""`init`: a configuration to start from."""

from pathlib import Path

import click

SCHEMA = "feeds.schema.json"
TEMPLATE = """\
# yaml-language-server: $schema=feeds.schema.json
# What this aggregator reads and how it publishes it. `aggregator check` names every mistake with its line.
# The first line lets editors help; `aggregator schema` prints what it names. Times have a unit: 30m, 3h, 7d.

site:
  title: My aggregator
  # Where subscribers reach the published files; the built-in server's own address when not given.
  # url: https://planet.example/
  # A page or mailbox for publishers who want to talk to you; it goes into every request.
  # contact: https://planet.example/about

# server: {host: 127.0.0.1, port: 8080}
# publish: {limit: 100, coverage: 8}

# Feeds and pages besides the combined one and one for each tag:
# outputs:
#   - {name: hot, collapse: hot, outlets: 3}      # stories that three outlets tell

# A source is an address, or a mapping of which only the address is needed:
#   - https://example.org/feed.xml
#   - url: https://example.org/feed.xml
#     name: Example               # what readers see; the feed's own title when not given
#     tags: [news]                # each tag gets a feed and a page of its own
#     every: 3h                   # ask at most that often
#   - path: articles/*.md         # files of your own, beside this one
# `aggregator add URL` finds the feed of a page and writes it here; `aggregator import FILE` takes a list.
sources: []
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
def init(path: Path, folder: Path | None) -> None:
    """Write a commented feeds.yaml to start from.

    It goes into FOLDER, made if need be, or where you are, and beside it what lets editors help. A file that
    is there already is left alone.
    """
    from aggregator.config.schema import schema_text  # checks settings; heavy
    from aggregator.config.writing import write_new

    target = folder / path.name if folder else path
    write_new(target, TEMPLATE)
    if not (beside := target.with_name(SCHEMA)).exists():
        write_new(beside, schema_text())
    way = "aggregator" if target == Path("feeds.yaml") else f"aggregator -c {target}"
    click.echo(f"{target} is written. Next:")
    click.echo(f"  {way} add https://example.org/     the feed of a page that you read")
    click.echo(f"  {way} import FILE                  the feeds of another program: OPML and more")
    click.echo(f"  {way} run                          read them, publish, serve")
