"""Fixtures that more than one room's tests ask for."""

import gc
import json
import logging
import os
import pickle
import socket
import sqlite3
import ssl
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from aggregator import config, pipeline
from aggregator import store as store_room
from aggregator.config.schema import schema_text
from aggregator.config.shape import model_of
from aggregator.daemon import metronome
from aggregator.output import write_files
from aggregator.settings import Settings
from aggregator.store import Store, open_store
from aggregator.store.schema import migrate, migrations
from tests.checker import broken, broken_site
from tests.checker.site import READERS
from tests.living import Clock, Journal
from tests.world import Origin, without_waiting

SOUND: set[bytes] = set()  # digests of what was published and has no fault


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, and for none among them after that: they stay."""
    gc.disable()
    collected = yield
    gc.enable()
    gc.freeze()
    return collected


def pytest_configure() -> None:
    """Let processes keep what they compiled, also on a machine that is told not to.

    The tests start some two hundred, and to compile the house takes each of them longer than all it does.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(autouse=True, scope="session")
def one_set_of_authorities() -> Iterator[None]:
    """Read the certificates of this machine once: it takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True, scope="session")
def workers_import_no_pytest() -> Iterator[None]:
    """Keep worker processes from importing the main module of this one: it takes them a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["__main__"], "__spec__", None)
        patch.delattr(sys.modules["__main__"], "__file__", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_power_cut() -> Iterator[tuple[str, ...]]:
    """Leave it to the system when files and stores reach the disk: waiting for that takes longest of all.

    Yield how the product opens a store to write.
    """
    as_shipped = store_room._WRITING
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(store_room, "_WRITING", without_waiting(as_shipped))
        yield as_shipped


@pytest.fixture(autouse=True, scope="session")
def a_new_store_is_a_copy() -> Iterator[None]:
    """Let an empty store be migrated once, and be copied where a test wants another."""
    lock, steps = threading.Lock(), list(migrations._migrations)
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as made:
        for pragma in store_room._AT_FIRST:
            made.execute(f"PRAGMA {pragma}")
        migrate(Database(made, execute_plugins=False, strict=True))

        def copied(db: Database) -> None:
            if migrations._migrations != steps or db.execute("SELECT 1 FROM sqlite_schema").fetchone():
                migrate(db)
            else:
                with lock:
                    made.backup(db.conn)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store_room, "migrate", copied)
            yield


def once(check: Callable[..., Iterable[str]], *given: Any) -> list[str]:
    """Return the faults that a check finds; what it was given before, and was sound, is so still."""
    mark = blake2b(pickle.dumps((check.__name__, *given))).digest()
    faults = [] if mark in SOUND else list(check(*given))
    if not faults:
        SOUND.add(mark)
    return faults


@pytest.fixture(autouse=True)
def every_publish_is_checked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every file that any test publishes against its format, and every site together."""
    faults: list[str] = []

    def write_and_check(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
        written = write_files(root, files)
        for name in written:
            faults.extend(once(broken, name, files[name]))
        for folder in {(root / name).parent for name in written}:
            beside = (folder / name for name in READERS if (folder / name).is_file())
            faults.extend(once(broken_site, {p.relative_to(root).as_posix(): p.read_bytes() for p in beside}))
        return written

    monkeypatch.setattr(sys.modules[pipeline.publish.__module__], "write_files", write_and_check)
    yield
    assert not faults, "\n".join(dict.fromkeys(faults))


@pytest.fixture(autouse=True, scope="session")
def every_configuration_is_held_against_the_schema() -> Iterator[None]:
    """See to it that nothing that any test loads would be marked as wrong by an editor."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:  # `tests/test_schema.py` says so
        yield
        return
    judge, complete = Draft202012Validator(json.loads(schema_text())), config._complete
    given: list[Any] = []

    class Noting:
        def model_validate(self, value: object) -> Any:
            given[:] = [value]
            return model_of(Settings).model_validate(value)

    def judged(settings: Settings, path: Path) -> Settings:
        assert [fault.message for fault in judge.iter_errors(*given)] == []
        return complete(settings, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "model_of", lambda _: Noting())
        patch.setattr(config, "_complete", judged)
        yield


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A web server on loopback, for one test."""
    server = Origin()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store, for one test."""
    with open_store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The names of a world of our own, name to addresses: no test asks a name server.

    Literals and `localhost` resolve as ever, all other names not at all.
    """
    known: dict[str, list[str]] = {}
    resolve = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if name in known:
            return [found for address in known[name] for found in resolve(address, *arguments, **options)]
        if not name or name.encode("idna").lower().rstrip(b".") == b"localhost":
            return resolve(host, *arguments, **options)
        try:
            resolve(host, None, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.fixture
def journal() -> Iterator[Journal]:
    log, handler = logging.getLogger("aggregator"), Journal()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of our own, and a quick heart: how often it beats is nobody's promise."""
    monkeypatch.setattr(metronome, "HEARTBEAT", 0.05)
    return Clock()
