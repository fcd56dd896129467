"""Check that modules and functions stay short.

A module has at most 400 lines, a function at most 40 lines of code: docstring, comments and blank
lines do not count, nested functions count with the outer one.
"""

import ast
import statistics
import sys
from pathlib import Path

MODULE_LINES = 400
FUNCTION_LINES = 40
ROOTS = ("src", "tools", "benchmarks")


def main() -> int:
    """Print each module and function that is too long; 0 when there is none."""
    modules = [path for root in ROOTS for path in sorted(Path(root).rglob("*.py"))]
    lengths = {path: len(path.read_text().splitlines()) for path in modules}
    problems = [f"{path}: {length} lines" for path, length in lengths.items() if length > MODULE_LINES]
    problems += [problem for path in modules for problem in long_functions(path)]
    print(*problems, sep="\n", end="\n" if problems else "")
    median = statistics.median(length for length in lengths.values() if length)
    print(f"sizes: {len(modules)} modules, median {median:.0f} lines, longest {max(lengths.values())}")
    return 1 if problems else 0


def long_functions(path: Path) -> list[str]:
    """Return a line for each function of a module that is too long."""
    source = path.read_text()
    lines = source.splitlines()
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    sizes = [(node, code_lines(node, lines)) for node in functions]
    return [f"{path}:{node.lineno}: `{node.name}` has {size} lines" for node, size in sizes if size > FUNCTION_LINES]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Return how many lines of code a function has, counted from its `def`."""
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    text = node.body[0]
    has_docstring = ast.get_docstring(node, clean=False) is not None
    docstring = range(text.lineno, (text.end_lineno or text.lineno) + 1) if has_docstring else range(0)
    kept = (lines[number - 1].strip() for number in numbers if number not in docstring)
    return sum(1 for line in kept if line and not line.startswith("#"))


if __name__ == "__main__":
    sys.exit(main())
