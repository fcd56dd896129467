"""Check that the compiled modules of the request path hold plain functions, named tuples and plain classes only.

Through a compiled coroutine mypyc loses track of which exception is being handled: after a failure, later `raise`s
raised it again, in whoever came next. mypyc leaves out a class statement's keywords (`frozen=True` of a Struct), makes dataclasses in a way of its own, and
gives a class whose base is not compiled no place for weak references, which such a base may need.
"""

import ast
import sys
from pathlib import Path

from iamd.request_path import SOURCES


def main() -> int:
    """Print each class and coroutine that may not be there; 0 when there is none."""
    problems = [problem for path in SOURCES for problem in (*odd_classes(path), *coroutines(path))]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def odd_classes(path: Path) -> list[str]:
    """Return a line for each class that has a decorator, a base or a keyword."""
    return [
        f"{path}:{node.lineno}: `{node.name}` is more than a plain class: let it live in a module that is not compiled"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and (node.decorator_list or node.keywords or not plain(node.bases))
    ]


def coroutines(path: Path) -> list[str]:
    """Return a line for each coroutine function."""
    return [
        f"{path}:{node.lineno}: `{node.name}` is a coroutine: let it live in a module that is not compiled"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
    ]


def plain(bases: list[ast.expr]) -> bool:
    """Whether a class of these bases is a plain class, generic or not, or a named tuple."""
    return all(ast.unparse(base).partition("[")[0] in ("Generic", "NamedTuple") for base in bases)


if __name__ == "__main__":
    sys.exit(main())
