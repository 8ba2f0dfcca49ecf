"""A self-hosted aggregator and publisher: feeds and local articles in, one feed with related coverage out.

The listing of this folder is the story of an entry: fetch, parse, normalize, (store), stories,
publish, output, serve. docs/contributing.md is the map; docs/library.md tells how to use it from Python.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Aggregator", "__version__", "open"]  # as `__init__.pyi` has it, which names their types

_LIBRARY = {"open": "open_aggregator", "Aggregator": "Aggregator"}


def __getattr__(name: str) -> Any:
    """Load the library when something of it is asked for: commands import this package, and are quick."""
    if name in _LIBRARY:
        return getattr(import_module("aggregator.library"), _LIBRARY[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
