"""How much is measured."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import Peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes of what is measured; those of `FULL` are what the targets speak of."""

    rounds: int
    feeds: int
    items: int  # of a feed
    clean_feeds: int  # that are parsed
    live: tuple[int, ...]  # entries that the desk has in mind
    placed: int  # entries, then
    carried: int  # stories in an output
    new: int  # stories that are published at once
    requests: int
    clients: int
    seconds: float  # that a daemon is watched
    scheduled: int  # sources
    history: tuple[int, int]  # stored entries, few and many


FULL = Scale(
    rounds=5,
    feeds=2000,
    items=30,
    clean_feeds=40,
    live=(50_000, 200_000),
    placed=4000,
    carried=1000,
    new=100,
    requests=20_000,
    clients=1000,
    seconds=60.0,
    scheduled=10_000,
    history=(10_000, 1_000_000),
)
QUICK = Scale(
    rounds=3,
    feeds=100,
    items=30,
    clean_feeds=20,
    live=(5000,),
    placed=1000,
    carried=200,
    new=20,
    requests=5000,
    clients=200,
    seconds=20.0,
    scheduled=1000,
    history=(2000, 40_000),
)
TINY = Scale(
    rounds=1,
    feeds=4,
    items=5,
    clean_feeds=2,
    live=(40,),
    placed=20,
    carried=10,
    new=2,
    requests=50,
    clients=5,
    seconds=2.0,
    scheduled=20,
    history=(40, 80),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where and with whom it is measured."""

    scale: Scale
    peers: Peers
    folder: Path  # for what is written meanwhile
