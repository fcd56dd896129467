"""Which form of the engine runs: the compiled one where there is one made of these very sources, else the plain one.

A compiled module that is found first silently beats a source file that was edited since. So the compiled form lives in
a package of its own, `iamd_native` (see tools/build_engine.py), which tells what it was made of and is passed over
where something else stands here. Both forms give the same answers. IAMD_ENGINE=pure passes over the compiled one in any
case, IAMD_ENGINE=compiled refuses to do without it.
"""

from __future__ import annotations

import os
from collections.abc import MutableSequence
from importlib import import_module
from importlib.util import source_hash
from pathlib import Path

COMPILED, PURE = "compiled", "pure"


def choose(search_path: MutableSequence[str]) -> str:
    """Put the compiled modules in front of a package's search path if they may run; answers `compiled` or `pure`.

    To be called before any module is imported from there. Raises ImportError where IAMD_ENGINE cannot be followed.
    """
    wanted = os.environ.get("IAMD_ENGINE", "")
    if wanted not in ("", COMPILED, PURE):
        raise ImportError(f"IAMD_ENGINE is `{wanted}`; it may be `{COMPILED}` or `{PURE}`")
    folder = None if wanted == PURE else _compiled(Path(search_path[0]))
    if folder is not None:
        search_path.insert(0, folder)
        return COMPILED
    if wanted == COMPILED:
        raise ImportError("there is no compiled engine that was made of these sources")
    return PURE


def _compiled(sources: Path) -> str | None:
    """The folder of compiled modules that were made of the sources for this Python, or None."""
    try:
        native = import_module("iamd_native")
        if digest(sources) != native.SOURCES:
            return None
        import_module("iamd_native.engine__mypyc")  # what they share: of another Python or machine it does not load
    except (ImportError, AttributeError):  # none, of another Python or machine, or of a build that did not finish
        return None
    return str(native.__path__[0])


def digest(sources: Path) -> str:
    """Tells one state of the engine's sources from another."""
    files = sorted(sources.glob("*.py"))
    return source_hash(b"".join(file.name.encode() + file.read_bytes() for file in files)).hex()
