"""The tables, as a list of migrations that only ever grows.

Times are whole seconds since 1970, UTC. What is searched or joined has a column; what only travels is JSON.
Ids of entries and stories are text and public; `seq` is the order in which the store took entries in.
"""

from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.errors import StoreError
from aggregator.store.schema.articles import m011_articles
from aggregator.store.schema.choosing import m009_rules
from aggregator.store.schema.filling import m012_words
from aggregator.store.schema.first import m001_first, m001_mended
from aggregator.store.schema.lasting import m005_websub, m006_durable, m007_follow_ups, m008_pages, m010_lists
from aggregator.store.schema.publishing import m002_stories, m003_polite, m004_publishing

APPLICATION_ID = 0x61676772  # "aggr"
STEPS = (  # a step that was once shipped never changes
    m001_first,
    m001_mended,
    m002_stories,
    m003_polite,
    m004_publishing,
    m005_websub,
    m006_durable,
    m007_follow_ups,
    m008_pages,
    m009_rules,
    m010_lists,
    m011_articles,
    m012_words,
)

migrations = Migrations("aggregator")
for step in STEPS:
    migrations()(step)


def refuse_newer(db: Database, path: Path) -> frozenset[str]:
    """Return the migrations that a store lacks.

    Raises: StoreError when it was written by a newer program.
    """
    known = {migration.name for migration in migrations._migrations}  # no public list
    applied = {migration.name for migration in migrations.applied(db)}
    if newer := sorted(applied - known):
        raise StoreError(f"{path} was written by a newer aggregator (it has {newer[-1]}); upgrade this one")
    return frozenset(known - applied)


def migrate(db: Database) -> None:
    """Bring a store to the newest schema, each step as a whole or not at all."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")  # first: a store half made is ours already
    migrations.apply(db)
