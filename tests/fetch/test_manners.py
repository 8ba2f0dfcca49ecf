"""Turns: one at a time to a host, a pause between two, and nobody waits for a stranger."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from aggregator.fetch.manners import Turns
from tests.world import PATIENCE


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def timed(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    with asyncio.Runner(loop_factory=Clock) as runner:
        return runner.run(main())


async def settle() -> None:
    """Let everybody run until nobody can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def within(awaitable: Awaitable[object]) -> None:
    async with asyncio.timeout(PATIENCE):
        await awaitable


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_host_is_asked_by_one_at_a_time() -> None:
    async def main() -> tuple[list[str], list[str]]:
        turns, order, leave = Turns(delay=0, concurrency=9), list[str](), asyncio.Event()

        async def ask(name: str) -> None:
            async with turns.turn("a:80"):
                order.append(name)
                await leave.wait()

        async with asyncio.TaskGroup() as group:
            for name in ("first", "second", "third"):
                group.create_task(ask(name))
            await settle()
            before = list(order)
            leave.set()
        return before, order

    before, after = timed(main)
    assert before == ["first"]
    assert after == ["first", "second", "third"]


def test_hosts_do_not_wait_for_one_another() -> None:
    async def main() -> None:
        turns, both = Turns(delay=60, concurrency=2), asyncio.Barrier(2)

        async def ask(host: str) -> None:
            async with turns.turn(host):
                await both.wait()

        await within(asyncio.gather(ask("a:80"), ask("b:80")))

    timed(main)


@pytest.mark.parametrize(
    ("lasting", "starts"),
    [
        pytest.param(0.0, [0.0, 1.5, 3.0], id="quick answers wait for the pause"),
        pytest.param(1.0, [0.0, 1.5, 3.0], id="the pause counts from start to start"),
        pytest.param(4.0, [0.0, 4.0, 8.0], id="slow answers need no further pause"),
    ],
)
def test_two_requests_to_a_host_keep_their_distance(lasting: float, starts: list[float]) -> None:
    async def main() -> list[float]:
        turns, seen, began = Turns(delay=1.5, concurrency=9), list[float](), now()

        async def ask() -> None:
            async with turns.turn("a:80"):
                seen.append(now() - began)
                await asyncio.sleep(lasting)

        await asyncio.gather(ask(), ask(), ask())
        return seen

    assert timed(main) == pytest.approx(starts)


def test_no_more_than_the_limit_are_under_way() -> None:
    async def main() -> int:
        turns, under_way, most = Turns(delay=0, concurrency=3), 0, 0

        async def ask(host: str) -> None:
            nonlocal under_way, most
            async with turns.turn(host):
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(1)
                under_way -= 1

        await asyncio.gather(*(ask(f"{number}:80") for number in range(10)))
        return most

    assert timed(main) == 3


def test_a_place_that_is_kept_is_kept_beyond_the_turn_and_counts() -> None:
    async def main() -> None:
        turns, read = Turns(delay=0, concurrency=1), asyncio.Event()
        started = asyncio.Event()

        async def ask_and_read() -> None:
            async with turns.place() as place:
                async with turns.turn("a:80", place):
                    pass
                started.set()
                await read.wait()

        async def ask() -> None:
            async with turns.turn("b:80"):
                pass

        reading = asyncio.create_task(ask_and_read())
        await started.wait()
        other = asyncio.create_task(ask())
        await settle()
        assert not other.done()
        read.set()
        await within(asyncio.gather(reading, other))

    timed(main)


def test_a_place_is_taken_once_and_given_back_once() -> None:
    async def main() -> None:
        turns = Turns(delay=0, concurrency=1)
        async with turns.place() as place:
            await place.take()
            await place.take()
            place.give_back()
            place.give_back()
        async with asyncio.timeout(PATIENCE), turns.place() as first:
            await first.take()

    timed(main)


def test_who_waits_for_a_slow_host_takes_no_place_from_others() -> None:
    async def main() -> None:
        turns, leave = Turns(delay=0, concurrency=2), asyncio.Event()

        async def slow() -> None:
            async with turns.turn("slow:80"):
                await leave.wait()

        waiting = [asyncio.create_task(slow()) for _ in range(5)]
        await settle()
        async with asyncio.timeout(PATIENCE), turns.turn("quick:80"):
            leave.set()
        await asyncio.gather(*waiting)

    timed(main)


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError])
def test_a_turn_that_fails_is_given_back(kind: type[BaseException]) -> None:
    async def main() -> None:
        turns = Turns(delay=0, concurrency=1)
        with suppress(kind):
            async with turns.turn("a:80"):
                raise kind
        async with asyncio.timeout(PATIENCE), turns.turn("a:80"):
            pass

    timed(main)


def test_who_gives_up_waiting_holds_up_nobody() -> None:
    async def main() -> None:
        turns, leave = Turns(delay=0, concurrency=1), asyncio.Event()

        async def ask() -> None:
            async with turns.turn("a:80"):
                await leave.wait()

        first, second, third = (asyncio.create_task(ask()) for _ in range(3))
        await settle()
        second.cancel()
        await settle()
        leave.set()
        await within(asyncio.gather(first, third))
        assert second.cancelled()

    timed(main)


def test_hosts_of_long_ago_are_forgotten_but_not_their_pause() -> None:
    async def main() -> tuple[int, float]:
        turns = Turns(delay=10, concurrency=5000)

        async def ask(host: str) -> float:
            async with turns.turn(host):
                return now()

        for number in range(1500):
            await ask(f"{number}:80")
        await asyncio.sleep(60)
        await ask("one more:80")
        kept, last = len(turns._hosts), now()
        return kept, await ask("one more:80") - last

    kept, pause = timed(main)
    assert kept <= 1000
    assert pause == pytest.approx(10)
