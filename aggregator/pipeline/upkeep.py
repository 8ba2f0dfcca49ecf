"""What keeps a store sound, small and backed up, and its appointments possible."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.output import public_folder, unpacked
from aggregator.pipeline.pages import tidy_pages
from aggregator.pipeline.refresh import LEASE
from aggregator.policy import believable, jitter_of
from aggregator.policy.pages import LONGEST_PAUSE
from aggregator.policy.rotation import is_backup_due, superfluous
from aggregator.settings import Settings
from aggregator.store import BACKUPS, Store
from aggregator.store.backup import back_up, look_through
from aggregator.store.seal import Seal

MOST_SHED = 500  # entries in one transaction
SETTLED = timedelta(minutes=10)  # after which a published file is packed with patience
BEFORE_MIGRATION = timedelta(days=28)  # for which a copy from before one is kept

_FORM = "aggregator-%Y%m%dT%H%M%SZ.db"


def backup_folder(settings: Settings) -> Path:
    return Path(settings.storage.backup_folder or Path(settings.data) / BACKUPS)


def backups_in(folder: Path) -> Mapping[datetime, Path]:
    """Return the backups in a folder by their moments, the oldest first."""
    found = {}
    for path in folder.glob("aggregator-*.db"):
        try:
            found[datetime.strptime(path.name, _FORM).replace(tzinfo=UTC)] = path
        except ValueError:  # of the operator's own naming: not ours to remove
            continue
    return dict(sorted(found.items()))


def new_backup(settings: Settings, *, now: datetime) -> Path:
    """Return the name of a backup that is made now."""
    return backup_folder(settings) / now.strftime(_FORM)


def back_up_daily(path: Path, settings: Settings, *, now: datetime) -> Path | None:
    """Back a store up where that is due, and remove backups that are past their time; return the new one.

    Raises: DamagedError when the store is not sound; StoreError when there is no room.
    """
    folder = backup_folder(settings)
    if not settings.storage.backups or not is_backup_due(backups_in(folder).keys(), now=now):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    needed = path.stat().st_size + settings.storage.least_free
    if (free := shutil.disk_usage(folder).free) < needed:
        raise StoreError(f"{folder} has no room for a backup: {free:,} bytes are free, {needed:,} needed")
    back_up(path, target := new_backup(settings, now=now))
    there = backups_in(folder)
    for moment in superfluous(there.keys()):
        there[moment].unlink(missing_ok=True)
    for old in path.parent.joinpath(BACKUPS).glob("before-*.db"):
        if old.stat().st_mtime < (now - BEFORE_MIGRATION).timestamp():
            old.unlink(missing_ok=True)
    return target


def look_after(path: Path, settings: Settings, seal: Seal, *, now: datetime) -> Path | None:
    """Do what keeps a store safe beside its writer, and return the backup that was made.

    It is read through where it was opened on trust, or no backup reads it; and backed up where that is due.

    Args:
        seal: told when the store was read through.
    Raises: DamagedError when it is not sound; StoreError when there is no room for a backup.
    """
    if seal.is_trusted or not settings.storage.backups:
        look_through(path)
        seal.note_sound(at=now)
    made = back_up_daily(path, settings, now=now)
    if made:
        seal.note_sound(at=now)
    return made


def tidy(store: Store, settings: Settings, *, now: datetime) -> int:
    """Mend appointments that cannot be, and let go of texts that are past their time; return how many."""
    _mend_times(store, settings, now)
    is_all_whole = any(output.full_text for output in settings.outputs)
    tidy_pages(store, settings, now=now, is_all_whole=is_all_whole)
    if settings.storage.keep is None:
        return 0
    before, shed = now - settings.storage.keep, 0
    while True:
        with store.transaction():
            found = store.retention.shed(before=before, limit=MOST_SHED, is_all_whole=is_all_whole)
        store.retention.give_back()
        shed += found
        if found < MOST_SHED:
            return shed


def settled_files(settings: Settings, *, now: datetime) -> tuple[Path, ...]:
    """Return the published files that have not changed for a while, and are worth packing with patience."""
    return tuple(unpacked(public_folder(settings), before=now - SETTLED))


def move_clock(store: Store, *, by: timedelta, now: datetime) -> None:
    """Move all appointments with a clock that was set, so that no source is asked sooner or later by it."""
    with store.transaction():
        store.sources.shift(by)
        store.subscriptions.shift(by)
        store.pings.shift(by)
        store.texts.shift(by)
        store.forget_future(now)


def _mend_times(store: Store, settings: Settings, now: datetime) -> None:
    """Bring appointments near that the clock has made impossibly far, as when it was years ahead."""
    every = {source.id: source.every or settings.defaults.every for source in settings.sources}
    usual = settings.defaults.every
    with store.transaction():
        mended = {
            source_id: due
            for source_id, found in store.sources.appointments().items()
            if (
                due := believable(
                    found, now=now, every=every.get(source_id, usual), jitter=jitter_of(source_id, now)
                )
            )
            != found
        }
        store.sources.appoint(mended)
        store.sources.shorten_leases(until=now + LEASE)
        store.texts.shorten(until=now + LONGEST_PAUSE)
        store.forget_future(now)
