"""The denials of docs/how-to/explain.md: each example prints what the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamd.cli.main import main

PAGE = Path("docs/how-to/explain.md").read_text()
SHOWN = re.findall(r"^```sh\niamd explain (\S+)\n```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("file", "shown"), SHOWN, ids=[Path(file).stem for file, _ in SHOWN])
def test_an_example_prints_what_is_shown(file: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", file]) == 1
    assert capsys.readouterr().out == shown


def test_every_example_is_shown() -> None:
    assert sorted(Path(file) for file, _ in SHOWN) == sorted(Path("examples/denials").glob("*.json"))
    assert len(SHOWN) >= 10
