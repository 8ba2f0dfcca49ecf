"""The log: one line per event, whatever a feed puts into it."""

import json
import logging
from collections.abc import Iterator

import pytest

from aggregator.log import FORMATS, configure

ROOM = "aggregator.pipeline"


@pytest.fixture(autouse=True)
def _leave_logging_as_it_was() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("aggregator")]
    before = [(logger.handlers[:], logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)


def written(form: str, message: str, *values: object, error: BaseException | None = None) -> str:
    record = logging.makeLogRecord(
        {
            "name": ROOM,
            "levelno": logging.INFO,
            "levelname": "INFO",
            "msg": message,
            "args": values,
            "created": 1795341600.5,
            "exc_info": (type(error), error, error.__traceback__) if error else None,
        }
    )
    return FORMATS[form]().format(record)


def caught() -> ValueError:
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        return error


def test_a_line_of_text_has_time_weight_and_event() -> None:
    assert (
        written("text", "refreshed source=%s new=%d", "lwn", 2)
        == "2026-11-22T10:00:00Z INFO refreshed source=lwn new=2"
    )


def test_a_line_of_json_has_time_weight_room_and_event() -> None:
    assert json.loads(written("json", "refreshed source=%s", "lwn")) == {
        "time": "2026-11-22T10:00:00Z",
        "level": "info",
        "room": "pipeline",
        "event": "refreshed source=lwn",
    }


def test_json_keeps_letters_readable() -> None:
    assert "Käse 東京" in written("json", "read title=%s", "Käse 東京")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "title", ["a\nERROR forged", "a\r\nERROR forged", "a\u2028b", "a\x85b", "a\x0bb\x1b[2J", "\ud800"]
)
def test_a_feed_cannot_forge_a_line(form: str, title: str) -> None:
    line = written(form, "read title=%s", title)
    assert line.splitlines() == [line]
    assert line.isprintable()


@pytest.mark.parametrize("form", FORMATS)
def test_a_feed_cannot_command_a_terminal(form: str) -> None:
    assert "\x9b" not in written(form, "read title=%s", "\x9b2J")


def test_a_traceback_follows_its_line_of_text() -> None:
    first, *others = written("text", "failed", error=caught()).splitlines()
    assert first.endswith("INFO failed")
    assert others[0] == "Traceback (most recent call last):"


def test_a_traceback_is_inside_its_line_of_json() -> None:
    line = written("json", "failed", error=caught())
    assert line.splitlines() == [line]
    assert "ValueError: a\nb" in json.loads(line)["traceback"]


def test_we_speak_from_the_level_asked_for_and_libraries_from_warning_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(level="DEBUG")
    logging.getLogger(ROOM).debug("ours")
    logging.getLogger("aiohttp.access").info("theirs")
    logging.getLogger("aiohttp.access").warning("a warning")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["DEBUG ours", "WARNING a warning"]


def test_below_the_level_asked_for_we_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="WARNING")
    logging.getLogger(ROOM).info("ours")
    assert capsys.readouterr().err == ""


def test_the_form_asked_for_is_the_form_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    configure(form="json")
    logging.getLogger(ROOM).info("ours")
    assert json.loads(capsys.readouterr().err)["event"] == "ours"


def test_configured_twice_every_event_is_still_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    configure()
    logging.getLogger(ROOM).info("ours")
    assert len(capsys.readouterr().err.splitlines()) == 1
