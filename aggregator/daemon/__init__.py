"""The daemon: subscribers are served at once, and the rest begins behind that.

    front      what subscribers reach
    metronome  the heartbeat, and what goes on beside it
    corridor   one walk of the writer a beat, whatever comes
    patience   how many faults are borne
    journal    what the log says of a walk
    clocks     what time it is, and whether somebody set it

What serves imports nothing of what fetches, decides and publishes: that takes as long again to load.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aggregator.daemon.clocks import Clock, Steady, steady_now, utc_now
from aggregator.daemon.front import open_front, reached_at
from aggregator.instance import only_one
from aggregator.notify import Manager
from aggregator.output import public_folder
from aggregator.settings import Settings

__all__ = ["run_forever", "utc_now"]


async def run_forever(
    settings: Settings,
    *,
    announce: Callable[[Settings], None],
    config: Path | None = None,
    manager: Manager = Manager(),  # noqa: B008 -- frozen
    clock: Clock = utc_now,
    steady: Steady = steady_now,
) -> None:
    """Run until SIGINT or SIGTERM; a second one ends it at once.

    Args:
        announce: told the settings once subscribers can be served, the true port in the site's address.
        config: where the settings come from: read again on SIGHUP, and when it changes.
        steady: seconds that pass whatever the clock is set to.
    Raises: CrashedError when faults of ours keep coming; whatever keeps it from starting.
    """
    public_folder(settings).mkdir(parents=True, exist_ok=True)
    with only_one(Path(settings.data)):
        pass  # another one at work is named before its port is found taken
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(open_front(settings, clock))
        metronome = await asyncio.to_thread(_metronome)
        daemon = metronome(
            front=front,
            settings=reached_at(settings, front.address),
            config=config,
            manager=manager,
            clock=clock,
            steady=steady,
        )
        await daemon.run(stack, announce)


def _metronome() -> Any:
    """Bring in the rest."""
    from aggregator.daemon.metronome import Daemon

    return Daemon
