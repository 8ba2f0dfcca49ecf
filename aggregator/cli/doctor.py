"""`doctor`: everything that must be so for it to run, each with what to do where it is not."""

import shutil
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from aggregator.cli.documents import json_option, print_document
from aggregator.errors import NOT_YOURS, StoreError
from aggregator.settings import Settings, Source

MOST_ASKED = 5  # hosts
PATIENCE = 5.0  # seconds for one host
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # no clock that is right says an earlier time
OLD_BACKUP = timedelta(days=2)
EXIT_ILL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `advice` is empty where it is well."""

    what: str
    found: str
    advice: str = ""


@click.command()
@json_option
@click.option("--offline", is_flag=True, help="Reach out to no source.")
@click.pass_obj
def doctor(path: Path, as_json: bool, offline: bool) -> None:  # noqa: FBT001 -- flags
    """Look at all that it needs, and say what to do where something is wrong.

    Configuration, files, store, disk, clock, network. Nothing is changed, and no feed is asked: a few hosts
    are connected to. Exit code 1: something is wrong.
    """
    from aggregator.config import load_settings

    settings = load_settings(path)
    findings = [
        Finding(what="configuration", found=f"{path} is right, {len(settings.sources)} sources"),
        *_files(path, settings),
        *_store(settings),
        *_disk(settings),
        *_clock(settings),
        *([] if offline else (*_cluster(settings), *_network(settings))),
    ]
    ill = [finding for finding in findings if finding.advice]
    if as_json:
        told = [{"what": f.what, "ok": not f.advice, "found": f.found, "advice": f.advice} for f in findings]
        print_document({"findings": told})
    else:
        for finding in findings:
            click.echo(f"{'WRONG' if finding.advice else 'ok   '} {finding.what}: {finding.found}")
            if finding.advice:
                click.echo(f"      {finding.advice}")
    if ill:
        raise SystemExit(EXIT_ILL)


def _files(path: Path, settings: Settings) -> Iterator[Finding]:
    data = Path(settings.data)
    for what, file, advice in (
        ("configuration's mode", path, f"anybody can change it: `chmod o-w {path}`"),
        ("data folder's mode", data, f"anybody can change what is published: `chmod o-w {data}`"),
    ):
        if file.exists():
            mode = file.stat().st_mode
            yield Finding(what=what, found=f"{mode & 0o777:o}", advice=advice if mode & 0o002 else "")


def _store(settings: Settings) -> Iterator[Finding]:
    from aggregator import pipeline
    from aggregator.instance import holder_of
    from aggregator.store import open_store
    from aggregator.store.backup import look_through
    from aggregator.store.place import NETWORK, filesystem_at

    path, holder = pipeline.store_path(settings), holder_of(Path(settings.data))
    yield Finding(what="daemon", found=f"process {holder}" if holder else "is not running")
    kind = filesystem_at(path)
    advice = "SQLite loses data there: name a folder on a disk of this machine with `data:`"
    yield Finding(what="filesystem", found=kind or "unknown", advice=advice if kind in NETWORK else "")
    try:
        if not pipeline.has_store(settings):
            yield Finding(what="store", found="is not there yet; `aggregator run` makes it")
            return
        look_through(path)
        with open_store(path, is_read_only=True) as store:
            found = f"sound, {store.entries.count()} entries, {path.stat().st_size:,} bytes"
        yield Finding(what="store", found=found)
    except StoreError as error:
        yield Finding(what="store", found=str(error), advice="`aggregator restore`, or what is said there")
    yield _backups(settings)


def _backups(settings: Settings) -> Finding:
    from aggregator import pipeline
    from aggregator.daemon.clocks import utc_now

    try:
        there = list(pipeline.backups_in(pipeline.backup_folder(settings)))
    except OSError as error:
        return Finding(what="backups", found=str(error), advice=NOT_YOURS)
    if not there:
        return Finding(what="backups", found="none yet; one is made every day, or with `aggregator backup`")
    is_old = settings.storage.backups and utc_now() - there[-1] > OLD_BACKUP
    advice = "`aggregator backup` says why none was made since; so does the log" if is_old else ""
    return Finding(what="backups", found=f"{len(there)}, the newest of {there[-1]:%d %b %Y}", advice=advice)


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(p for p in (Path(settings.data), *Path(settings.data).parents) if p.exists())
    free, least = shutil.disk_usage(folder).free, settings.storage.least_free
    advice = f"nothing is fetched under {least:,} (`storage.least_free`): make room" if free < least else ""
    yield Finding(what="disk", found=f"{free:,} bytes are free", advice=advice)


def _clock(settings: Settings) -> Iterator[Finding]:
    from aggregator import pipeline
    from aggregator.daemon.clocks import utc_now

    now, latest = utc_now(), WRITTEN
    try:
        if pipeline.has_store(settings):
            with pipeline.open_to_read(settings) as store:
                latest = max(latest, store.shown.as_of())
    except StoreError:
        latest = WRITTEN  # said of the store already
    is_behind = now < latest - timedelta(minutes=1)
    advice = f"it was {latest:%Y-%m-%d %H:%M} before: let the machine keep time (NTP)" if is_behind else ""
    yield Finding(what="clock", found=f"{now:%Y-%m-%d %H:%M} UTC", advice=advice)


def _cluster(settings: Settings) -> Iterator[Finding]:
    """Connect to the scheduler, if there is to be one; whether there are workers, the daemon says."""
    if settings.engine == "local":
        return
    address = settings.cluster.scheduler
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except OSError as error:
        advice = f"nothing is fetched until it is there: look after `dask scheduler` on {host}"
        yield Finding(what="cluster", found=f"{address}: {error.strerror or error}", advice=advice)
    else:
        yield Finding(what="cluster", found=f"{address} answers")


def _network(settings: Settings) -> Iterator[Finding]:
    """Connect to the hosts of a few sources; no feed is asked, so none can mind."""
    from aggregator.urls import origin_of

    hosts: dict[str, Source] = {}
    for source in settings.sources:
        if source.url and not source.paused:
            hosts.setdefault(origin_of(source.url), source)
    for origin, source in list(hosts.items())[:MOST_ASKED]:
        host, _, port = origin.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
                if source.url.startswith("https:"):
                    with ssl.create_default_context().wrap_socket(connection, server_hostname=host):
                        pass
        except OSError as error:
            reason = error.strerror or str(error)
            advice = (
                f"`aggregator inspect {source.url}` says more; if all hosts fail, look at DNS and firewall"
            )
            yield Finding(what=f"host {host}", found=reason, advice=advice)
        else:
            yield Finding(what=f"host {host}", found="answers")
