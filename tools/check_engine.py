"""Check that the policy engine imports the standard library and itself only."""

import ast
import sys
from pathlib import Path

ENGINE = Path("src/iamd/policy")
STANDARD_LIBRARY = sys.stdlib_module_names


def main() -> int:
    """Print each import that is not allowed; 0 when there is none."""
    problems = [problem for path in sorted(ENGINE.rglob("*.py")) for problem in foreign_imports(path)]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def foreign_imports(path: Path) -> list[str]:
    """Return a line for each import of a module that is not allowed."""
    problems = []
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(level=0, module=str(module)):
                names = [module]
            case ast.ImportFrom(level=level) if level > len(path.relative_to(ENGINE).parts):
                names = ["." * level]  # leaves the engine
            case _:
                continue
        problems += [f"{path}:{node.lineno}: imports `{name}`" for name in names if not allowed(name)]
    return problems


def allowed(name: str) -> bool:
    """Whether the engine may import the module."""
    return name.split(".")[0] in STANDARD_LIBRARY or name == "iamd.policy" or name.startswith("iamd.policy.")


if __name__ == "__main__":
    sys.exit(main())
