"""Running again whenever a file changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

PAUSE = 0.3  # seconds between two looks

Stamp = dict[Path, tuple[int, int] | None]


def watch(run: Callable[[], Iterable[Path]], wait: Callable[[float], None]) -> None:
    """Run, and again after each change of the files that a run names; ends by what `wait` or `run` raises.

    A change during a run counts: what the files were like is noted before it, as far as they were known then.
    """
    known: Stamp = {}
    while True:
        before = stamp(known)
        files = set(run())
        known = {**stamp(files), **{path: seen for path, seen in before.items() if path in files}}
        while stamp(known) == known:
            wait(PAUSE)


def stamp(paths: Iterable[Path]) -> Stamp:
    """When each file was changed and how long it is; None for one that is not there."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
