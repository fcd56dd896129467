"""What docs/how-to/access.md shows of the example account is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamd.cli.main import main

PAGE = Path("docs/how-to/access.md").read_text()
SHOWN = re.findall(
    r"^```sh\niamd ([^\n]+) --data-dir \./copy\n```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)
EXAMPLE = Path("examples/imported-account")


def test_the_questions_are_answered_as_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--service-control-policies", str(EXAMPLE / "scps.json")]
    given += ["--resource-policies", str(EXAMPLE / "resource-policies.json"), "--data-dir", str(tmp_path)]
    assert main(["import", "aws-authorization-details", str(EXAMPLE / "account.json"), *given]) == 0
    capsys.readouterr()
    assert len(SHOWN) == 2
    for command, shown in SHOWN:
        assert main([*command.split(), "--data-dir", str(tmp_path)]) == 0
        assert re.sub(r"of \d+ actions", "of ACTIONS actions", capsys.readouterr().out) == shown
