"""The doctor says of each thing whether it is well, and where it is not, what to do."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.daemon.clocks import utc_now
from aggregator.instance import only_one
from aggregator.store import open_store
from tests.world import CHESS, article

Look = Callable[..., dict[str, dict[str, Any]]]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="aggregator", catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AGGREGATOR_CONFIG", raising=False)
    (tmp_path / "a.txt").write_text(article("Our headline", CHESS))
    (tmp_path / "feeds.yaml").write_text("sources:\n  - {id: seeds, path: '*.txt'}\n")
    return tmp_path


def looked(*options: str) -> dict[str, dict[str, Any]]:
    return {
        finding["what"]: finding
        for finding in json.loads(call("doctor", "--json", *options).output)["findings"]
    }


def test_before_the_first_run_all_is_well(folder: Path) -> None:
    result = call("doctor")
    assert result.exit_code == 0
    assert "WRONG" not in result.output
    assert "store: is not there yet" in result.output


def test_after_a_run_all_is_well_and_counted(folder: Path) -> None:
    call("run", "--once")
    findings = looked()
    assert all(finding["ok"] for finding in findings.values()), findings
    assert "sound, 1 entries" in findings["store"]["found"]


def test_a_damaged_store_has_a_way_out(folder: Path) -> None:
    call("run", "--once")
    with (folder / "data" / "aggregator.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 40_000)
    result = call("doctor")
    assert result.exit_code == 1
    assert "WRONG store" in result.output
    assert "`aggregator restore`" in result.output


def test_modes_that_let_anybody_write_are_wrong(folder: Path) -> None:
    (folder / "feeds.yaml").chmod(0o666)
    assert "chmod o-w" in looked()["configuration's mode"]["advice"]


def test_a_disk_that_is_nearly_full_is_wrong(folder: Path) -> None:
    with (folder / "feeds.yaml").open("a") as file:
        file.write("storage: {least_free: 1000000000000000000}\n")
    assert not looked()["disk"]["ok"]


def test_a_clock_that_fell_behind_is_wrong(folder: Path) -> None:
    call("run", "--once")
    later = int((utc_now() + timedelta(days=3)).timestamp())
    with open_store(folder / "data" / "aggregator.db") as store:
        store._db.execute("UPDATE sources SET last_tried = ?", [later])
    assert "NTP" in looked()["clock"]["advice"]


def test_hosts_are_connected_to_and_not_asked(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        taken = there.getsockname()[1]
        (folder / "feeds.yaml").write_text(
            f"sources: [{{url: 'http://127.0.0.1:{taken}/feed', allow_private: true}},"
            " {url: 'http://nowhere.example/feed'}]\n"
        )
        findings = looked()
        connection, _ = there.accept()
        with connection:
            assert connection.recv(100) == b""
    assert findings["host 127.0.0.1"]["ok"]
    assert "aggregator inspect http://nowhere.example/feed" in findings["host nowhere.example"]["advice"]
    assert "host 127.0.0.1" not in looked("--offline")


def test_a_scheduler_that_is_away_is_wrong(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"tcp://127.0.0.1:{there.getsockname()[1]}"
        with (folder / "feeds.yaml").open("a") as file:
            file.write(f"engine: dask\ncluster: {{scheduler: '{address}'}}\n")
        assert looked()["cluster"]["found"] == f"{address} answers"
    assert "look after `dask scheduler` on 127.0.0.1" in looked()["cluster"]["advice"]
    assert "cluster" not in looked("--offline")


def test_status_names_the_process_at_work(folder: Path) -> None:
    call("run", "--once")
    assert "The daemon is not running." in call("status").output
    assert json.loads(call("status", "--json").output)["daemon"] == {"process": None}
    with only_one(folder / "data"):
        assert "The daemon runs as process " in call("status").output
