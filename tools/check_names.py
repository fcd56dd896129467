"""Check that no tracked file names a path of somebody's machine or the host of a package registry.

Where packages come from is the reader's own setting, and a clone works in any folder.
"""

import re
import subprocess
import sys
from pathlib import Path

PATTERNS = {
    "a machine's path": re.compile(r"(?<![\w.:}*-])/(?:work|root|Users)/\w"),
    "a package registry's host": re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian)[.](?:org|com)\b"),
}


def main() -> int:
    """Print each line that names one; 0 when there is none."""
    listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
    problems = [problem for name in listing.split("\0") if name for problem in named(Path(name))]
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def named(path: Path) -> list[str]:
    """Return a line for each match in a file; files that are gone or not text have none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return []
    return [
        f"{path}:{number}: names {what}"
        for number, line in enumerate(lines, start=1)
        for what, pattern in PATTERNS.items()
        if pattern.search(line)
    ]


if __name__ == "__main__":
    sys.exit(main())
