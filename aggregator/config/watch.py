"""Whether a configuration, or a file that it names, is another than it was."""

from collections.abc import Iterator
from pathlib import Path

from aggregator.settings import Settings

Mark = tuple[tuple[str, int, int, int], ...]  # name, inode, size, time of change; zeros where none is


def mark_of(path: Path, settings: Settings) -> Mark:
    """Return a mark that changes with the files that a configuration was read from."""
    return tuple(_mark(file) for file in _files(path, settings))


def _files(path: Path, settings: Settings) -> Iterator[Path]:
    folder = Path(settings.folder)
    yield path
    for source in settings.sources:
        if source.login_file:
            yield folder / Path(source.login_file).expanduser()
    if settings.site.theme:
        theme = folder / Path(settings.site.theme).expanduser()
        yield from sorted(file for file in theme.glob("*") if file.suffix in (".html", ".css"))


def _mark(path: Path) -> tuple[str, int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), status.st_ino, status.st_size, status.st_mtime_ns
