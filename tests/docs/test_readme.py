"""The tour of the README, run as it stands: its shell blocks in one shell, the AWS CLI against a server of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import elsewhere

README = Path("README.md").read_text()
TOUR = README.partition("[start:tour] -->")[2].partition("<!-- --8<-- [end:tour]")[0]
AWS = Path(sys.executable).with_name("aws")
IAMD = [sys.executable, "-m", "iamd.cli.main"]
END = "~~ end of block ~~"

# What differs from run to run.
VARYING = (
    (re.compile(r"authorization id: [a-z0-9]{25}$", re.MULTILINE), "authorization id: ID"),
    (re.compile(r"\b\d{12}\b"), "ACCOUNT"),
    (re.compile(r"\bA(KIA|SIA|IDA|GPA|ROA)[A-Z2-7]{16,17}\b"), "ID"),
)


@dataclass(frozen=True)
class Step:
    """A shell block, and what the README shows of its output."""

    commands: str
    shown: str


def steps(text: str) -> list[Step]:
    blocks = re.findall(r"^```(sh|text|json)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        Step(commands, blocks[at + 1][1] if at + 1 < len(blocks) and blocks[at + 1][0] != "sh" else "")
        for at, (language, commands) in enumerate(blocks)
        if language == "sh"
    ]


START, *STEPS = steps(TOUR)


def plain(text: str) -> list[str]:
    """The lines that are not blank, without what differs from run to run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The lines that the server's first start tells to paste."""
    folder = tmp_path_factory.mktemp("data")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("IAMD_")}
    command = [*IAMD, "serve", "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environ | elsewhere.variables(folder)
    ) as server:
        assert server.stdout is not None
        exports = []
        for line in server.stdout:
            exports += [line] if line.strip().startswith("export ") else []
            if line.startswith("Then:"):
                break
        yield "".join(exports)
        server.terminate()


@pytest.fixture(scope="module")
def outputs(credentials: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block of the tour printed."""
    clone = tmp_path_factory.mktemp("clone")
    program = clone / ".venv" / "bin" / "iamd"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {" ".join(IAMD)} "$@"\n')
    program.chmod(0o755)
    script = credentials + "".join(f"{step.commands}\necho '{END}'\n" for step in STEPS)
    path = f"{AWS.parent}:/usr/bin:/bin"
    environ = {"PATH": path, "HOME": str(clone), "TMPDIR": str(clone), "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        ["sh"], input=script, capture_output=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, cwd=clone, env=environ, timeout=110,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.split(END)[:-1]


def test_it_starts_with_make_run() -> None:
    assert START.commands == "make run\n"
    makefile = Path("Makefile").read_text()
    assert re.search(r"^run:.*\n.*iamd serve", makefile, re.MULTILINE)


def test_the_banner_is_the_one_shown(credentials: str) -> None:
    shown, told = (re.sub(r":\d+|=\S+$", "=", text, flags=re.MULTILINE) for text in (START.shown, credentials))
    assert plain(shown) == plain(told)


def test_every_block_prints_what_is_shown(outputs: list[str]) -> None:
    assert len(outputs) == len(STEPS)
    for step, output in zip(STEPS, outputs, strict=True):
        printed = plain(output)
        if step.shown:
            assert printed == plain(step.shown), step.commands
        else:
            assert "An error occurred" not in output, output


def test_what_the_tour_claims_is_in_it() -> None:
    commands = "".join(step.commands for step in STEPS)
    for needed in (
        "aws sts get-caller-identity",
        "aws iam create-user",
        "aws iam create-group",
        "PowerUserAccess",
        "add-user-to-group",
        "create-access-key",
        "--assume-role-policy-document file://",
        "sts assume-role",
        '"Condition"',
        "evaluate --jsonl",
        "validate",
    ):
        assert needed in commands
