"""Measure every stage, print a table, and write it down."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.peers import Peers
from benchmarks.results import HEAD, Row, line
from benchmarks.scale import FULL, QUICK, TINY, Site
from benchmarks.stages import STAGES

SCALES = {"full": FULL, "quick": QUICK, "tiny": TINY}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    earlier = _earlier(options.compare) if options.compare else {}
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.folder) as folder:
        site = Site(scale=SCALES[options.scale], peers=Peers(python=options.peers), folder=Path(folder))
        rows = list(_measured(site, options.only or list(STAGES), earlier))
    if options.save:
        report = {"machine": _machine(), "scale": options.scale, "rows": [asdict(row) for row in rows]}
        options.save.write_text(json.dumps(report, indent=1) + "\n")
        options.save.with_suffix(".svg").write_text(chart(rows))


def _measured(site: Site, names: Sequence[str], earlier: Mapping[str, float]) -> Iterator[Row]:
    """Measure, and print each row as soon as it is there."""
    print(HEAD)
    for name in names:
        for row in STAGES[name](site):
            print(line(row, earlier), flush=True)
            yield row


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick",
        dest="scale",
        action="store_const",
        const="quick",
        default="full",
        help="minutes, not hours",
    )
    parser.add_argument("--tiny", dest="scale", action="store_const", const="tiny", help="does it run at all")
    parser.add_argument("--only", action="append", choices=STAGES, help="just this stage; repeat for more")
    parser.add_argument("--save", type=Path, metavar="FILE.json", help="write it down, with a picture beside")
    parser.add_argument("--compare", type=Path, metavar="FILE.json", help="beside an earlier run")
    parser.add_argument(
        "--peers",
        metavar="PYTHON",
        default=sys.executable,
        help="an interpreter in which peers are installed",
    )
    parser.add_argument("--folder", type=Path, help="where to write meanwhile: some gigabytes on a full run")
    return parser.parse_args(arguments)


def _earlier(path: Path) -> dict[str, float]:
    """Return the medians of an earlier run by their names."""
    found = json.loads(path.read_text())
    rows = (Row(**row | {"target": None}) for row in found["rows"])
    return {row.name: row.middle for row in rows}


def _machine() -> dict[str, object]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
    }
