"""Pack files: one line of index, then JSON bodies that are read when they are asked for."""

import json
import mmap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

DATA = Path(__file__).parent / "data"


class MissingData(Exception):
    """The reference data were not built into this installation."""


class Pack:
    """A read-only mapping from key to a summary (in memory) and a body (on disk).

    `tools/build_reference.py` writes the files; keys keep the order of the file. Raises MissingData
    when the file is not there.
    """

    def __init__(self, path: Path) -> None:
        with open_data(path) as file:
            # A mapping keeps the file that was opened, even when a build puts a new one in its place.
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._start = self._bytes.find(b"\n") + 1
        self._index: dict[str, list[Any]] = json.loads(self._bytes[: self._start])

    def __contains__(self, key: str) -> bool:
        return key in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def summary(self, key: str) -> list[Any]:
        """Return the summary of a key; raises KeyError when there is none."""
        return self._index[key][2:]

    def body(self, key: str) -> Any:
        """Return the body of a key, decoded anew each time; KeyError when there is none."""
        offset, length = self._index[key][:2]
        start = self._start + offset
        return json.loads(self._bytes[start : start + length])


def open_data(path: Path) -> BinaryIO:
    """Open a data file for binary reading; raises MissingData when it was not built."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise MissingData(f"reference data `{path.name}` are missing: run `make install`") from error


@cache
def versions() -> dict[str, str]:
    """Return the packages that the data were built from, with their versions."""
    with open_data(DATA / "manifest.json") as file:
        sources: dict[str, str] = json.load(file)["sources"]
    return sources
