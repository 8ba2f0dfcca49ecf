"""What a victim does, in a process of its own: the same as the command of that name, at a time of ours."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator import pipeline
from aggregator.errors import AggregatorError, BusyError
from aggregator.settings import Output, Publish, Settings
from aggregator.store import open_store
from aggregator.store.sound import ailment
from tests.world import HereEngine, a_settings, a_source

LIMIT = 8  # stories in a feed
HOURS_OF_A_WALK = timedelta(hours=2)  # from one to the next: all feeds are due again
Say = Callable[[str], None]


def settings_of(task: dict[str, Any]) -> Settings:
    """Make the settings that a task tells of: a folder, and addresses of feeds by their ids."""
    folder = Path(task["folder"])
    sources = [a_source(url, id=name) for name, url in task.get("addresses", {}).items()]
    each = Output(name="each", collapse="entries", limit=2 * LIMIT, formats=("atom", "json"))
    settings = a_settings(folder, *sources, outputs=(each,), publish=Publish(limit=LIMIT))
    return replace(settings, data=task.get("data", settings.data))


def do(task: dict[str, Any], say: Say) -> dict[str, Any]:
    """Do what a task names, and tell how it ended; only a fault of ours is raised.

    Args:
        say: told "in" once the house is open, or "busy" when another one is at work in it; it returns when
            the deed may go on.
    """
    try:
        found = DEEDS[task["deed"]](settings_of(task), task, say)
    except BusyError as error:
        say("busy")
        return {"refused": type(error).__name__, "detail": str(error)}
    except (AggregatorError, sqlite3.Error, OSError, ValueError) as error:
        if isinstance(error, ValueError) and ailment(error) != "damaged":  # as the daemon tells them apart
            raise
        return {"refused": type(error).__name__, "detail": str(error)}
    return {"refused": ""} | found


def walk(settings: Settings, task: dict[str, Any], say: Say) -> dict[str, Any]:
    """Do what `aggregator run --once` does, but read documents in this process."""
    now = datetime.fromisoformat(task["now"])
    with pipeline.open_alone(settings, now=now) as store:
        say("in")
        pipeline.prepare(store, settings, now=now, is_spread=False)
        engine = HereEngine(settings)
        reports = list(pipeline.refresh(store, settings, engine, clock=lambda: now))
        desk = pipeline.open_desk(store, settings)
        pipeline.regroup(store, desk, now=now)
        pipeline.save_desk(store, desk)
        written, _ = pipeline.publish(store, settings)
    return {"asked": len(reports), "new": sum(report.new for report in reports), "written": written}


def back_up(settings: Settings, task: dict[str, Any], say: Say) -> dict[str, Any]:
    pipeline.back_up(pipeline.store_path(settings), Path(task["backup"]))
    return {}


def restore(settings: Settings, task: dict[str, Any], say: Say) -> dict[str, Any]:
    now = datetime.fromisoformat(task["now"])
    pipeline.restore(settings, Path(task["backup"]), now=now)
    return {}


def migrate(settings: Settings, task: dict[str, Any], say: Say) -> dict[str, Any]:
    with open_store(pipeline.store_path(settings)):
        return {}


def publish_afresh(settings: Settings, task: dict[str, Any], say: Say) -> dict[str, Any]:
    with pipeline.open_alone(settings) as store:
        pipeline.publish(store, settings, is_afresh=True)
    return {}


DEEDS: dict[str, Callable[[Settings, dict[str, Any], Say], dict[str, Any]]] = {
    "walk": walk,
    "back up": back_up,
    "restore": restore,
    "migrate": migrate,
    "publish afresh": publish_afresh,
}


def a_walk(folder: Path, addresses: dict[str, str], now: datetime, **given: Any) -> dict[str, Any]:
    """Write a task down: a walk at a moment."""
    return {"deed": "walk", "folder": str(folder), "addresses": addresses, "now": now.isoformat()} | given
