"""The corridor: the one room that sees both the store and the stages.

    refresh   ask the sources that are due, and intake: store what they tell
    regroup   place what is new into stories
    publish   render what changed, and put it out
    pages     bring the texts of pages, where feeds give teasers only
    push      be pushed by hubs, and tell ours what changed
    search    find stories by their words, for whoever asks
    rules     hold back what they speak of
    replay    decide the past anew, to look at or to keep
    upkeep    back up, let go of what is old, mend what a wrong clock left
    preview   look at a feed that is no source yet
    account   tell all of one story; whereabouts: where an entry is published, and where not

Each takes the time as an argument, does its work in short transactions, and reports what it did.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from aggregator import __version__
from aggregator.engine import Engine, open_engine
from aggregator.errors import NOT_YOURS, DamagedError, StoreError
from aggregator.harvest import open_harvester
from aggregator.instance import only_one
from aggregator.output import pack, public_folder, sweep
from aggregator.pipeline.account import account_of
from aggregator.pipeline.explain import explain
from aggregator.pipeline.following import followed
from aggregator.pipeline.intake import take_in
from aggregator.pipeline.memory import Memory
from aggregator.pipeline.pages import ask_pages, bring_pages, is_page, take_page
from aggregator.pipeline.preview import foresee, keep, look
from aggregator.pipeline.publish import choose, publish
from aggregator.pipeline.push import (
    answer_of_hub,
    is_errand,
    ping,
    ping_all,
    subscriptions_of,
    take_letters,
    tend,
)
from aggregator.pipeline.refresh import LEASE, first_state, prepare, refresh, renew, send_out
from aggregator.pipeline.regroup import new_desk, open_desk, regroup, save_desk
from aggregator.pipeline.replay import backtest, rewrite
from aggregator.pipeline.rules import rehearse
from aggregator.pipeline.search import MOST_FOUND, find, search
from aggregator.pipeline.upkeep import (
    back_up_daily,
    backup_folder,
    backups_in,
    look_after,
    move_clock,
    new_backup,
    settled_files,
    tidy,
)
from aggregator.pipeline.weight import MOST_BYTES, outgrown
from aggregator.pipeline.whereabouts import outputs_of, whereabouts
from aggregator.publish.html import STYLE
from aggregator.settings import Settings
from aggregator.store import Store, open_sealed, open_store
from aggregator.store.backup import back_up, put_back
from aggregator.store.place import refuse_network

__all__ = [
    "LEASE",
    "MOST_BYTES",
    "MOST_FOUND",
    "Memory",
    "account_of",
    "answer_of_hub",
    "ask_pages",
    "back_up",
    "back_up_daily",
    "backtest",
    "backup_folder",
    "backups_in",
    "bring_pages",
    "choose",
    "existing_store",
    "explain",
    "find",
    "first_state",
    "followed",
    "foresee",
    "has_store",
    "is_errand",
    "is_page",
    "keep",
    "look",
    "look_after",
    "move_clock",
    "new_backup",
    "new_desk",
    "open_alone",
    "open_desk",
    "open_house",
    "open_past",
    "open_to_read",
    "open_workers",
    "outgrown",
    "outputs_of",
    "pack",
    "ping",
    "ping_all",
    "prepare",
    "public_folder",
    "publish",
    "refresh",
    "regroup",
    "rehearse",
    "renew",
    "restore",
    "rewrite",
    "save_desk",
    "search",
    "send_out",
    "settled_files",
    "store_path",
    "subscriptions_of",
    "take_in",
    "take_letters",
    "take_page",
    "tend",
    "tidy",
    "user_agent",
    "whereabouts",
]


def store_path(settings: Settings) -> Path:
    return Path(settings.data) / "aggregator.db"


def has_store(settings: Settings) -> bool:
    """Say whether anything was stored yet. Raises: StoreError when that may not be seen."""
    path = store_path(settings)
    try:
        return path.exists()
    except OSError as error:
        raise StoreError(f"{path} cannot be looked at: {error.strerror}; {NOT_YOURS}") from error


def existing_store(settings: Settings) -> Path:
    """Return where the store is. Raises: StoreError when there is none yet."""
    path = store_path(settings)
    if not has_store(settings):
        raise StoreError(f"{path} is not there: nothing was stored yet; `aggregator run` does it")
    return path


def open_workers(settings: Settings) -> AbstractContextManager[Engine]:
    """Open the engine that the settings name, with what it runs."""
    harvester = partial(open_harvester, settings.fetch, user_agent=user_agent(settings))
    return open_engine(settings.engine, settings.fetch, harvester, cluster=settings.cluster)


def user_agent(settings: Settings) -> str:
    """Say who asks, and where to complain."""
    contact = settings.site.contact or ("" if "127.0.0.1" in settings.site.url else settings.site.url)
    return f"Aggregator/{__version__}" + (f" (+{contact})" if contact else "")


@contextmanager
def open_alone(settings: Settings, *, now: datetime | None = None) -> Iterator[Store]:
    """Open the store for the one process that may publish, without an engine.

    Args:
        now: by which a store that was closed in good order is trusted; None: all of it is read first.
    Raises: BusyError when another one is at work; DamagedError when the store is not sound.
    """
    with _alone(settings), open_sealed(store_path(settings), now=now) as store:
        sweep(public_folder(settings))
        yield store


@contextmanager
def open_house(settings: Settings, *, now: datetime | None = None) -> Iterator[tuple[Store, Engine]]:
    """Open the store and the engine for the one process that may write; see `open_alone`."""
    with open_alone(settings, now=now) as store, open_workers(settings) as engine:
        yield store, engine


@contextmanager
def open_to_read(settings: Settings) -> Iterator[Store]:
    """Open the store beside the one process that writes.

    Raises: StoreError when there is none yet, or it cannot be read.
    """
    with open_store(existing_store(settings), is_read_only=True) as store:
        yield store


@contextmanager
def open_past(settings: Settings, *, now: datetime | None = None) -> Iterator[tuple[Store, Store]]:
    """Open the store as `open_alone`, and once more for reading how it stood."""
    with open_alone(settings, now=now) as store, open_store(store_path(settings), is_read_only=True) as of:
        yield store, of


def restore(settings: Settings, backup: Path, *, now: datetime) -> tuple[Path, int, int]:
    """Put a backup in the place of the store, and publish what it says.

    Returns: where the old store is kept, and how many files were written and removed.
    Raises: BusyError when another one is at work; StoreError when the backup is no good.
    """
    path = store_path(settings)
    aside = path.with_name(now.strftime(f"{path.stem}-before-%Y%m%dT%H%M%SZ.db"))
    refuse_network(path)
    with only_one(Path(settings.data)):
        put_back(backup, path, aside=aside)
        with open_sealed(path, now=now) as store:
            settings = prepare(store, settings, now=now)
            return aside, *publish(store, settings, is_afresh=True)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Be the one at work on a folder where a store can be.

    Raises: DamagedError when the store is gone or empty, and what it published is there.
    """
    path = store_path(settings)
    refuse_network(path)
    with only_one(Path(settings.data)):
        has_published = (public_folder(settings) / STYLE).exists()
        if has_published and not (path.exists() and path.stat().st_size):
            state = "empty" if path.exists() else "gone"
            finding = f"it is {state}, and what it published is there (to begin anew, remove that too)"
            raise DamagedError(str(path), finding)
        yield
