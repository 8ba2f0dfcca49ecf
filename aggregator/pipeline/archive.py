"""The pages of the archive, and the links between them and the feed (RFC 5005, 4)."""

from dataclasses import replace
from pathlib import Path

from aggregator.model import Edition
from aggregator.pipeline.editions import Round
from aggregator.pipeline.followups import follow_up_items
from aggregator.publish import FORMATS, render
from aggregator.settings import Output

FOLDER = "archive/"
FILE = FORMATS["atom"].file


def archive_files(round_: Round, root: Path, combined: Output) -> dict[str, bytes]:
    """Render the closed pages that are not there, that show what changed, or whose neighbour is new.

    A page comes before the one that it has to name, so that of a round that is cut off the latter is missing.
    """
    files: dict[str, bytes] = {}
    pages = range(1, round_.pages + 1)
    missing = {number for number in pages if not (root / FOLDER / str(number) / FILE).exists()}
    again = {*round_.store.archive.touched(), *missing, *(number - 1 for number in missing)}
    for number in pages:
        if number in again or round_.is_all:
            files |= render(_page(round_, combined, number), round_.settings.site, "atom")
    return files


def history(number: int, pages: int) -> tuple[tuple[str, str], ...]:
    """Say what stands before and after a page of the archive; 0 is the feed itself."""
    before = number - 1 if number else pages
    links = [("prev-archive", before)] if before else []
    links += [("next-archive", number + 1)] if 0 < number < pages else []
    found = [(rel, f"{FOLDER}{page}/{FILE}") for rel, page in links]
    return (*found, ("current", FILE)) if number else tuple(found)


def _page(round_: Round, output: Output, number: int) -> Edition:
    held = round_.store.archive.page(number)
    keys = [round_.key_of(story, lead) for story, lead, follow_up in held if not follow_up]
    round_.arrange(keys)
    told = follow_up_items(round_, output, (key for key in held if key[2]))
    return replace(
        round_.edition(output, (*(round_.fed[key] for key in keys), *told)),
        folder=f"{FOLDER}{number}/",
        tombstones=(),
        is_archive=True,
        hubs=(),
        history=history(number, round_.pages),
    )
