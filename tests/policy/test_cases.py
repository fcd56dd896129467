"""Decisions as data: each file of `tests/cases` names its source, each case is a sentence."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.evaluate import run
from tests.spec import reference

FILES = sorted((Path(__file__).parent.parent / "cases").glob("*.json"))
USUAL = {
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resourceAccount": "111122223333",
}
CASES = [(path.stem, case) for path in FILES for case in json.loads(path.read_text())["cases"]]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{topic}: {case['name']}") for topic, case in CASES])
def test_case(case: dict[str, Any]) -> None:
    out = io.StringIO()
    run([json.dumps(USUAL | case["request"])], out)
    assert json.loads(out.getvalue()) == {"id": None, "decision": case["expect"]}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{topic}: {case['name']}") for topic, case in CASES])
def test_the_reference_evaluator_says_the_same(case: dict[str, Any]) -> None:
    assert reference.decide(USUAL | case["request"]) == case["expect"]


def test_every_file_names_its_source() -> None:
    assert FILES
    assert all(json.loads(path.read_text())["source"].startswith("https://docs.aws.amazon.com/") for path in FILES)
