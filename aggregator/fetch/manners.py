"""Taking turns: one request at a time to a host, and a pause between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Host:
    """Whose turn it is at one host. Who is refused for asking too much says so to those who wait."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the loop's clock
    waiting: int = 0
    refusal: str | None = None  # the Retry-After of a 429; it counts for those who waited meanwhile


class Place:
    """One of the places that all requests share; who has one keeps it until it is given back."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._is_taken = False

    async def take(self) -> None:
        if not self._is_taken:
            await self._places.acquire()
            self._is_taken = True

    def give_back(self) -> None:
        if self._is_taken:
            self._places.release()
            self._is_taken = False


class Turns:
    """Who may ask which host when, within one event loop.

    Hosts wait on their own, so a slow one holds up nobody else; a place among all requests is taken last.
    """

    def __init__(self, *, delay: float, concurrency: int) -> None:
        self._delay = delay  # seconds between two starts at one host
        self._all = asyncio.Semaphore(concurrency)
        self._hosts: dict[str, Host] = {}

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """Have a place to take, for longer than a request: until what it brought is out of the way."""
        place = Place(self._all)
        try:
            yield place
        finally:
            place.give_back()

    @asynccontextmanager
    async def turn(self, host: str, place: Place | None = None) -> AsyncIterator[Host]:
        """Hold a host's turn for the length of one request; who finds a refusal there makes none.

        Args:
            place: is taken, and stays so afterwards; without one the turn takes its own.
        """
        state = self._hosts.setdefault(host, Host())
        state.waiting += 1
        try:
            async with state.lock:
                loop = asyncio.get_running_loop()
                if state.refusal is None:
                    await asyncio.sleep(max(0.0, state.free_at - loop.time()))
                async with self.place() as own:
                    await (place or own).take()
                    state.free_at = loop.time() + self._delay
                    yield state
        finally:
            state.waiting -= 1
            if not state.waiting:
                state.refusal = None
            if not state.waiting and len(self._hosts) > 1000:
                self._forget()

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        for host, state in list(self._hosts.items()):
            if not state.waiting and state.free_at <= now:
                del self._hosts[host]
