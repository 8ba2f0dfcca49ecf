"""The cage in which documents are read: bounded memory, and no way out to the network, the disk or a program.

A parser that is fooled into opening an address or a file fails there, whatever the document says. Time is the
engine's business: it kills a worker that takes too long.
"""

import os
import resource
import signal
import sys
from typing import Any

MOST_MEMORY = 768 << 20  # bytes of one worker

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WAYS_OUT = frozenset(
    "socket.connect socket.bind socket.getaddrinfo socket.gethostbyname socket.sendto socket.sendmsg"
    " subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty os.startfile"
    " os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown".split()
)


class EscapeError(PermissionError):
    """Reading a document reached for something outside; a PermissionError, as the system's own would be."""


def settle_in() -> None:
    """Prepare a worker. Ctrl-C is the daemon's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _WAYS_OUT or (event == "open" and _is_writing(arguments)):
        raise EscapeError(f"reading a document must not do {event}")


def _is_writing(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITING)
