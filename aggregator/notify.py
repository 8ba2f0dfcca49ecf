"""Tell the service manager how it goes, if one asks: a datagram to the socket it names (sd_notify(3))."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """Who started this process; by default nobody who listens."""

    address: str = ""  # of its socket; the first character "@" stands for the abstract namespace
    watchdog: timedelta | None = None  # how long it may hear nothing before it starts the service anew

    def tell(self, *states: str) -> None:
        """Send states such as "READY=1"; a manager that does not listen any more is no trouble."""
        if not self.address:
            return
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(0)
            try:
                channel.sendto("\n".join(states).encode(), name)
            except OSError:
                return


def manager_of(environment: Mapping[str, str]) -> Manager:
    """Return the manager that an environment names (sd_notify(3), sd_watchdog_enabled(3))."""
    is_ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    microseconds = environment.get("WATCHDOG_USEC", "")
    return Manager(
        address=environment.get("NOTIFY_SOCKET", ""),
        watchdog=timedelta(microseconds=int(microseconds)) if is_ours and microseconds.isdigit() else None,
    )
