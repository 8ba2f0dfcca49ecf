"""What workers are made to do in these tests, kept apart from them: a worker imports no more than this."""

import os
import signal
import socket
import subprocess
from pathlib import Path

from aggregator.errors import Cause, ParseError
from aggregator.model import Fetched, FetchJob, Harvest


def work(job: FetchJob, fetched: Fetched) -> Harvest:
    return Harvest(source_id=job.source_id, version=str(os.getpid()))


def die(job: FetchJob, fetched: Fetched) -> Harvest:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it lives on")


def hang(job: FetchJob, fetched: Fetched) -> Harvest:
    signal.pause()
    raise AssertionError("it woke up")


def devour(job: FetchJob, fetched: Fetched) -> Harvest:
    return Harvest(source_id=job.source_id, size_bytes=len(bytearray(4 << 30)))


def refuse(job: FetchJob, fetched: Fetched) -> Harvest:
    raise ParseError(Cause.NOT_A_FEED, "it is a web page, not a feed")


def slip(job: FetchJob, fetched: Fetched) -> Harvest:
    raise KeyError("ours")


def phone(job: FetchJob, fetched: Fetched) -> Harvest:
    socket.create_connection(("127.0.0.1", 9))
    raise AssertionError("it got out")


def ask(job: FetchJob, fetched: Fetched) -> Harvest:
    socket.getaddrinfo("north.example", 80)
    raise AssertionError("it got out")


def scribble(job: FetchJob, fetched: Fetched) -> Harvest:
    Path(__file__).with_suffix(".scribble").write_text("here I was")
    raise AssertionError("it got out")


def launch(job: FetchJob, fetched: Fetched) -> Harvest:
    subprocess.run(["/bin/true"], check=True)
    raise AssertionError("it got out")


DEEDS = {
    "die": die, "hang": hang, "devour": devour, "refuse": refuse, "slip": slip, "phone": phone, "ask": ask,
    "scribble": scribble, "launch": launch,
}  # fmt: skip
