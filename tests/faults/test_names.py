"""Name servers that are dead, silent or too talkative hold up nobody but who asked them."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from aggregator import pipeline
from aggregator.engine.local import LocalEngine
from aggregator.errors import Cause
from aggregator.fetch import names
from aggregator.harvest import open_harvester
from aggregator.store import Store
from tests.world import NOW, PATIENCE, Origin, Post, a_settings, a_source, rss, run_here

HEALTHY = 20
ILL = {
    "unknown": Cause.DNS,  # NXDOMAIN
    "failing": Cause.DNS,  # SERVFAIL
    "silent": Cause.DNS,
    "private": Cause.FORBIDDEN,  # the name of someone else's that points at us
    "crowded": "fresh",  # 200 addresses, and it answers at one of them
}


def test_dead_names_hold_up_nobody_else(
    tmp_path: Path, origin: Origin, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, resolve = threading.Event(), socket.getaddrinfo

    def look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        kind = str(host).partition(".")[0]
        if kind == "silent":
            ended.wait()
        if kind in ("unknown", "failing", "silent"):
            raise socket.gaierror({"unknown": socket.EAI_NONAME}.get(kind, socket.EAI_AGAIN), "no answer")
        found = resolve("127.0.0.1" if kind in ILL else host, port, *arguments, **options)
        return found * 200 if kind == "crowded" else found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(names, "SECONDS", PATIENCE)
    url = origin.say("/", rss(Post(title="Bridge closed", guid="urn:bridge")))
    well = [a_source(url, id=f"healthy{number}") for number in range(HEALTHY)]
    ill = [
        a_source(f"http://{name}.example:{origin.port}/", id=name, allow_private=name == "crowded")
        for name in ILL
    ]
    settings = a_settings(tmp_path, *ill, *well)
    engine = LocalEngine(
        settings.fetch, lambda run: open_harvester(settings.fetch, user_agent="Tester/1", run=run_here)
    )
    outcomes: dict[str, str] = {}
    try:
        pipeline.prepare(store, settings, now=NOW, is_spread=False)
        for report in pipeline.refresh(store, settings, engine, clock=lambda: NOW):
            outcomes[report.source_id] = report.troubles[0].cause if report.troubles else report.outcome
            if all(source.id in outcomes for source in well):
                ended.set()  # not before: the silent one is still being asked for when all others are read
    finally:
        ended.set()
        engine.close()
    assert {name: outcomes[name] for name in ILL} == ILL
    assert [outcomes[source.id] for source in well] == ["fresh"] * HEALTHY
