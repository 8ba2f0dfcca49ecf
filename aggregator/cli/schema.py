"""`schema`: what may stand in feeds.yaml, for editors."""

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of feeds.yaml, by which editors complete and check it.

    A first line `# yaml-language-server: $schema=feeds.schema.json` in feeds.yaml names it to them.
    `aggregator init` writes both; after an upgrade, `aggregator schema > feeds.schema.json` renews it.
    """
    from aggregator.config.schema import schema_text  # checks settings; heavy

    click.echo(schema_text(), nl=False)
