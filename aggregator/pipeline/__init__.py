"""The corridor: the one room that sees both the store and the stages.

    refresh   ask the sources that are due, store what they tell
    regroup   place what is new into stories
    publish   render what changed, and put it out
    replay    decide the past anew, to look at or to keep

Each takes the time as an argument, does its work in short transactions, and reports what it did.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from aggregator import __version__
from aggregator.engine import Engine, open_engine
from aggregator.harvest import open_harvester
from aggregator.instance import only_one
from aggregator.output import sweep
from aggregator.pipeline.explain import explain
from aggregator.pipeline.publish import public_folder, publish
from aggregator.pipeline.refresh import LEASE, first_state, prepare, refresh, send_out, take_in
from aggregator.pipeline.regroup import new_desk, open_desk, regroup, save_desk
from aggregator.pipeline.replay import backtest, rewrite
from aggregator.settings import Settings
from aggregator.store import Store, open_store

__all__ = [
    "LEASE",
    "backtest",
    "explain",
    "first_state",
    "new_desk",
    "open_alone",
    "open_desk",
    "open_house",
    "open_past",
    "open_workers",
    "prepare",
    "public_folder",
    "publish",
    "refresh",
    "regroup",
    "rewrite",
    "save_desk",
    "send_out",
    "store_path",
    "take_in",
    "user_agent",
]


def store_path(settings: Settings) -> Path:
    return Path(settings.data) / "aggregator.db"


def open_workers(settings: Settings) -> AbstractContextManager[Engine]:
    """Open the engine that the settings name, with what it runs."""
    harvester = partial(open_harvester, settings.fetch, user_agent=user_agent(settings))
    return open_engine(settings.engine, settings.fetch, harvester)


def user_agent(settings: Settings) -> str:
    """Say who asks, and where to complain."""
    contact = settings.site.contact or ("" if "127.0.0.1" in settings.site.url else settings.site.url)
    return f"Aggregator/{__version__}" + (f" (+{contact})" if contact else "")


@contextmanager
def open_alone(settings: Settings) -> Iterator[Store]:
    """Open the store for the one process that may publish, without an engine.

    Raises: BusyError when another one is at work.
    """
    with only_one(Path(settings.data)), open_store(store_path(settings)) as store:
        sweep(public_folder(settings))
        yield store


@contextmanager
def open_house(settings: Settings) -> Iterator[tuple[Store, Engine]]:
    """Open the store and the engine for the one process that may write."""
    with open_alone(settings) as store, open_workers(settings) as engine:
        yield store, engine


@contextmanager
def open_past(settings: Settings) -> Iterator[tuple[Store, Store]]:
    """Open the store for the one process that may write, and once more for reading how it stood."""
    path = store_path(settings)
    with (
        only_one(Path(settings.data)),
        open_store(path) as store,
        open_store(path, is_read_only=True) as of,
    ):
        yield store, of
