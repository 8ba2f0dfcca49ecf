"""Promises that are broken on purpose, each in a victim only: a suite that cannot fail proves nothing."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aggregator import instance, output, store
from aggregator.store import Store
from aggregator.store.entries import Entries


def write_in_place() -> None:
    """Give files their content bit by bit, under their own names."""

    def put(path: Path, content: bytes) -> None:
        with path.open("wb", buffering=0) as file:
            for half in (content[: len(content) // 2], content[len(content) // 2 :]):
                file.write(half)
                os.fsync(file.fileno())

    output._put = put


def commit_validators_first() -> None:
    """Split the transaction of a source in two: that it was read, and then what was in it."""
    really_add, really_transaction = Entries.add, Store.transaction
    put_off: list[tuple[Any, ...]] = []

    def add(*arguments: Any, **options: Any) -> None:
        put_off.append((arguments, options))

    @contextmanager
    def transaction(self: Store) -> Iterator[None]:
        with really_transaction(self):
            yield
        if self._db.conn.in_transaction:  # it was a part of one
            return
        waiting, put_off[:] = list(put_off), []
        if waiting:
            with really_transaction(self):
                for arguments, options in waiting:
                    really_add(*arguments, **options)

    Entries.add = add  # type: ignore[method-assign]
    Store.transaction = transaction  # type: ignore[method-assign]


def commit_each_statement() -> None:
    """Make no transactions at all."""

    @contextmanager
    def transaction(self: Store) -> Iterator[None]:
        yield

    Store.transaction = transaction  # type: ignore[method-assign]


def ignore_the_lock() -> None:
    instance.fcntl.flock = lambda *_: None  # type: ignore[attr-defined]


def lose_patience() -> None:
    """Wait for another's transaction a tenth of a second only."""
    store.BUSY_MILLISECONDS = 100
    store._READING = (f"busy_timeout = {store.BUSY_MILLISECONDS}", *store._READING[1:])
    store._WRITING = (store._READING[0], *store._WRITING[1:])


SABOTAGES: dict[str, Callable[[], None]] = {
    "rename": write_in_place,
    "transaction": commit_validators_first,
    "autocommit": commit_each_statement,
    "lock": ignore_the_lock,
    "patience": lose_patience,  # no promise: it makes a trial short
}
