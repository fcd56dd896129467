"""Pin the newest versions of the reference data's sources in pyproject.toml.

Run by `make refresh-reference`, whose next step is to resolve the locked build requirements again.
"""

import re
import subprocess
import sys
from pathlib import Path

from tools.build_reference import SOURCES

PROJECT = Path("pyproject.toml")


def newest(uv: str) -> dict[str, str]:
    """Return the newest version of each source that the package index has for our Python."""
    command = [uv, "pip", "compile", "--quiet", "--no-deps", "--no-header", "--python-version", "3.11", "-"]
    listing = subprocess.run(command, input="\n".join(SOURCES), capture_output=True, check=True, text=True).stdout
    return dict(re.findall(r"^([\w-]+)==(\S+)$", listing, re.MULTILINE))


def pinned(project: str, versions: dict[str, str]) -> str:
    """Return the text of pyproject.toml with other versions pinned; raises ValueError when a pin is missing."""
    for name in SOURCES:
        project, count = re.subn(rf'"{name}==[^"]+"', f'"{name}=={versions[name]}"', project)
        if count != 1:
            raise ValueError(f"pyproject.toml pins `{name}` {count} times, not once")
    return project


if __name__ == "__main__":
    found = newest(sys.argv[1])
    PROJECT.write_text(pinned(PROJECT.read_text(), found))
    print(*(f"{name} {version}" for name, version in found.items()), sep="\n")
