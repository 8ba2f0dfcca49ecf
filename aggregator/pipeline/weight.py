"""Which feeds are larger than is good for those who read them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aggregator.publish import FORMATS
from aggregator.publish.outputs import folder_of, formats_of
from aggregator.settings import Output
from aggregator.store import Store

MOST_BYTES = 250_000  # before compression: "probably fine", more may be a burden (jsonfeed.org, 1.1)

_NAME = "outgrown"


def weigh(store: Store, outputs: Iterable[Output], files: Mapping[str, bytes]) -> None:
    """Note which feeds of outputs are too large; part of the caller's transaction."""
    sizes = {
        f"{folder_of(replace(output, token=''))}{FORMATS[name].file}": len(
            files[f"{folder_of(output)}{FORMATS[name].file}"]
        )
        for output in outputs
        for name in formats_of(output)
        if name != "html"
    }
    found = {name: size for name, size in sorted(sizes.items()) if size > MOST_BYTES}
    store.remember(_NAME, json.dumps(found))


def outgrown(store: Store) -> dict[str, int]:
    """Return the bytes of the feeds that were too large when last published, by names without a token."""
    found: dict[str, int] = json.loads(store.recall(_NAME) or "{}")
    return found
