"""Rendering what changed: of an edition that is as it was, the files are taken as they lie there.

Most outputs are as they were at the last publish, and to put together a long feed costs more than to read it.
"""

from pathlib import Path
from zlib import crc32

from aggregator.model import Edition
from aggregator.pipeline.editions import Round
from aggregator.pipeline.memory import Rendered
from aggregator.publish import render


def rendered(round_: Round, root: Path, edition: Edition, *formats: str) -> dict[str, bytes]:
    """Return an edition in some formats, by the names of its files; one that is damaged is rendered again."""
    name = (edition.folder, formats)
    known = round_.memory.rendered(name)
    if known and known.edition == edition and (files := _lying(root, known)):
        round_.rendered[name] = known
        return files
    files = render(edition, round_.settings.site, *formats)
    checks = {file: crc32(content) for file, content in files.items()}
    round_.rendered[name] = Rendered(edition=edition, checks=checks)
    return files


def _lying(root: Path, known: Rendered) -> dict[str, bytes]:
    """Return the files as they were rendered; none if one of them is not so any more."""
    try:
        files = {file: (root / file).read_bytes() for file in known.checks}
    except OSError:
        return {}
    return files if all(crc32(files[file]) == check for file, check in known.checks.items()) else {}
