"""Sockets that are bound: whoever has them can be reached, also while nobody takes calls up yet."""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from aggregator.errors import OutputError

WAITING = 1024  # calls that nobody has taken up; the system allows fewer, perhaps


@contextmanager
def bound(host: str, port: int, *, knob: str) -> Iterator[list[socket.socket]]:
    """Listen at each address of a host while the context lasts.

    Args:
        host: "" is every address of this machine.
        port: 0 takes a free one.
        knob: the setting that would help where it is taken.
    Raises: OutputError when it cannot be had.
    """
    with ExitStack() as stack:
        try:
            sockets = [stack.enter_context(each) for each in _at(host, port)]
        except OSError as error:
            reason = f"{host}:{port} cannot be listened on: {error.strerror}"
            raise OutputError(f"{reason}; name another `{knob}`") from error
        yield sockets


def _at(host: str, port: int) -> Iterator[socket.socket]:
    """Bind what can be: of a name that stands for two families one is enough."""
    refused: OSError | None = None
    is_any = False
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            yield socket.create_server(address, family=family, backlog=WAITING)
            is_any = True
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
            refused = error
    if refused and not is_any:
        raise refused
