"""Names to addresses, by the system's resolver, in threads of their own and within a limit of time.

A name server that is silent holds up only those who asked it. What the addresses are is `guard`'s business.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 5.0


class Names(AbstractResolver):
    """A resolver as the client's connector wants one."""

    def __init__(self, *, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up.

        Raises: OSError when it is not known, or nobody said within the limit.
        """
        look_up = partial(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        asking = asyncio.get_running_loop().run_in_executor(self._pool, look_up)
        try:
            async with asyncio.timeout(SECONDS):
                found = await asking
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, f"no name server answered in {SECONDS:g} s") from error
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
