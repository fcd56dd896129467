"""The examples of docs/reference/library.md run, one after the other, and it names all that the package exports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import iamd.policy

PAGE = Path("docs/reference/library.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_run_in_order_with_the_standard_library_alone() -> None:
    foreign = "\nimport sys\nroots = {name.partition('.')[0] for name in sys.modules}\n"
    foreign += "assert not roots & {'yaml', 'botocore', 'msgspec', 'sqlalchemy', 'structlog', 'uvicorn'}, roots\n"
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(BLOCKS) + foreign], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert len(BLOCKS) >= 8


def test_every_function_of_the_package_is_on_the_page() -> None:
    functions = [name for name in iamd.policy.__all__ if name[0].islower()]
    assert [name for name in functions if f"`{name}(" not in PAGE] == []
