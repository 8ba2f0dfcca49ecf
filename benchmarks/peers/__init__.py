"""Others that do the same work, each a program of its own: `python -m benchmarks.peers.NAME …`.

They run in an interpreter that may be another than ours, where what they need is installed; `counting` is
all of ours that they use.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

# What each needs, by the names of its modules.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "bound": ("pycurl", "deflate", "feedparser_rs"),
    "lower_bound": ("aiohttp", "lxml"),
    "lemon24_reader": ("reader", "sgmllib"),
    "feedparser_loop": ("feedparser",),
    "rust_parser": ("feedparser_rs",),
    "feedparser_alone": ("feedparser",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Which of them are there."""

    python: str  # an interpreter that may have them

    def has(self, name: str) -> bool:
        imports = "; ".join(f"import {module}" for module in NEEDS[name])
        return subprocess.run([self.python, "-c", imports], capture_output=True, check=False).returncode == 0

    def command(self, name: str, *arguments: str) -> list[str]:
        return [self.python, "-m", f"benchmarks.peers.{name}", *arguments]


def told(said: str) -> dict[str, float]:
    """Read what a peer says of itself with its last line."""
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def program(name: str) -> str | None:
    """Return where a program is that is no module."""
    return shutil.which(name)
