"""One line per event: what happened, in the past tense, then `key=value`. Only the shell speaks."""

import json
import logging
import sys
import time

from aggregator.text import one_line


class _Plain(logging.Formatter):
    """2026-11-22T10:00:00Z INFO refreshed source=lwn new=2"""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = None

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's own name
        record.message = one_line(record.message)  # a feed must not forge a line (CWE-117)
        return super().formatMessage(record)


class _Json(_Plain):
    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("aggregator."),
            "event": one_line(record.getMessage()),
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


FORMATS = {"text": _Plain, "json": _Json}


def configure(*, form: str = "text", level: str = "INFO") -> None:
    """Send the log of this process to standard error; libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a long tick is no news once a second
    logging.getLogger("aggregator").setLevel(level)
