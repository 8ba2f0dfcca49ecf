"""Start: subscribers are served first, by what needs not load what fetches, decides and publishes."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aggregator.daemon.clocks import Clock, Steady, steady_now, utc_now
from aggregator.daemon.front import reached_at
from aggregator.daemon.keeper import OpenFront, open_front
from aggregator.instance import only_one
from aggregator.notify import Manager
from aggregator.output import public_folder
from aggregator.settings import Settings


async def run_forever(
    settings: Settings,
    *,
    announce: Callable[[Settings], None],
    config: Path | None = None,
    manager: Manager = Manager(),  # noqa: B008 -- frozen
    clock: Clock = utc_now,
    steady: Steady = steady_now,
    open_front: OpenFront = open_front,
) -> None:
    """Run until SIGINT or SIGTERM; a second one ends it at once.

    Args:
        announce: told the settings once subscribers can be served, the true port in the site's address.
        config: where the settings come from: read again on SIGHUP, and when it changes.
        steady: seconds that pass whatever the clock is set to.
        open_front: opens what subscribers reach.
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
