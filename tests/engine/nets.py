"""Machines of our own: network namespaces on one switch, whose cables can be pulled out."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.engine.cluster import Host

FIELDS = "10.78.0.0/16"  # every address of it is the farm's


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Some hosts, each in a namespace of its name; the last one has all the addresses of `FIELDS`."""

    prefix: str
    hosts: dict[str, Host]

    def cut(self, name: str) -> None:
        self._cable(name, "down")

    def heal(self, name: str) -> None:
        self._cable(name, "up")

    def _cable(self, name: str, state: str) -> None:
        _ip("netns", "exec", f"{self.prefix}switch", "ip", "link", "set", name, state)


@contextmanager
def street(*names: str) -> Iterator[Street]:
    """Build namespaces, one behind each port of a switch. Raises: OSError where that is not permitted."""
    prefix = f"agg{os.getpid()}-"
    built: list[str] = []
    try:
        for name in ("switch", *names):
            _ip("netns", "add", f"{prefix}{name}")
            built.append(f"{prefix}{name}")
        _in(f"{prefix}switch", "link add hub type bridge", "link set hub up", "link set lo up")
        hosts = {name: _plugged_in(prefix, name, number) for number, name in enumerate(names, start=1)}
        farm = hosts[names[-1]]
        for name in names[:-1]:
            _in(f"{prefix}{name}", f"route add {FIELDS} via {farm.address}")
        _in(f"{prefix}{names[-1]}", f"route add local {FIELDS} dev lo")
        yield Street(prefix=prefix, hosts=hosts)
    finally:
        for name in built:
            _ip("netns", "delete", name)


def _plugged_in(prefix: str, name: str, number: int) -> Host:
    space, address = f"{prefix}{name}", f"10.77.0.{number}"
    _in(
        f"{prefix}switch",
        f"link add {name} type veth peer name eth0 netns {space}",
        f"link set {name} master hub",
        f"link set {name} up",
    )
    _in(space, "link set lo up", f"addr add {address}/24 dev eth0", "link set eth0 up")
    return Host(address=address, enter=("ip", "netns", "exec", space))


def _in(space: str, *commands: str) -> None:
    for command in commands:
        _ip("-n", space, *command.split())


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def why_not() -> str:
    """Say why there can be no namespaces here; nothing when there can."""
    try:
        with street("one"):
            return ""
    except OSError as error:
        return str(error)


def inside(host: Host, command: Sequence[str]) -> tuple[str, ...]:
    """Return a command that runs at a host, and again whenever it has ended, as a service would."""
    forever = 'while :; do "$@"; sleep 1; done'
    return (*host.enter, "sh", "-c", forever, "sh", *command)
