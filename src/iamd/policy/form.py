"""Which form of the engine runs: the compiled one where there is one made of these very sources, else the plain one.

A compiled module that is found first silently beats a source file that was edited since. So the compiled form lives in
a package of its own, `iamd_native` (see tools/build_native.py), which tells what it was made of and is passed over
where something else stands here. Both forms give the same answers. IAMD_ENGINE=pure passes over the compiled one in any
case, IAMD_ENGINE=compiled refuses to do without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableSequence
from importlib import import_module
from importlib.util import source_hash
from pathlib import Path

COMPILED, PURE = "compiled", "pure"
ENGINE = "engine"


def choose(search_path: MutableSequence[str]) -> tuple[str, str]:
    """Put the engine's compiled modules in front of a package's search path if they may run.

    Answers `compiled` or `pure`, and why it is the plain form. To be called before any module is imported from there.
    Raises ImportError where IAMD_ENGINE cannot be followed.
    """
    folder, why_pure = compiled(ENGINE, Path(search_path[0]).glob("*.py"))
    if folder is None:
        return PURE, why_pure
    search_path.insert(0, str(folder))
    return COMPILED, ""


def compiled(part: str, sources: Iterable[Path]) -> tuple[Path | None, str]:
    """The folder of a part's compiled modules if they may run, else None and why; raises ImportError as `choose`."""
    wanted = os.environ.get("IAMD_ENGINE", "")
    if wanted not in ("", COMPILED, PURE):
        raise ImportError(f"IAMD_ENGINE is `{wanted}`; it may be `{COMPILED}` or `{PURE}`")
    if wanted == PURE:
        return None, "IAMD_ENGINE asks for it"
    try:
        return _compiled(part, sources), ""
    except _Unfit as error:
        if wanted == COMPILED:
            raise ImportError(f"IAMD_ENGINE asks for the compiled engine, but {error}") from error
        return None, str(error)


class _Unfit(Exception):
    """There is no compiled form that may run; the text says why."""


def _compiled(part: str, sources: Iterable[Path]) -> Path:
    """The folder of compiled modules that were made of the sources for this Python; raises _Unfit."""
    try:
        native = import_module("iamd_native")
        made_of = native.MADE_OF[part]
    except (ImportError, AttributeError, KeyError) as error:  # none, or of a build that did not finish
        raise _Unfit("no compiled engine was installed (it takes a C compiler and Python's headers)") from error
    if digest(sources) != made_of:
        raise _Unfit("its sources were edited after it was compiled")
    try:
        import_module(f"iamd_native.{part}__mypyc")  # what they share
    except ImportError as error:
        raise _Unfit("the compiled engine is of another Python or machine") from error
    return Path(native.__path__[0]) / part


def digest(sources: Iterable[Path]) -> str:
    """Tells one state of some sources from another."""
    files = sorted(sources)
    return source_hash(b"".join(file.name.encode() + file.read_bytes() for file in files)).hex()
