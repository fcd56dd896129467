"""Which form of the engine runs, and that a stale one never does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iamd import policy
from iamd.policy import form
from iamd.policy import values as typed

NATIVE = "iamd_native"


@pytest.fixture
def native(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a made-up compiled form, which hides an installed one."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == NATIVE}
    monkeypatch.delenv("IAMD_ENGINE", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / NATIVE
    for name in [name for name in sys.modules if name.partition(".")[0] == NATIVE]:
        del sys.modules[name]
    sys.modules.update(hidden)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "evaluate.py").write_text("decided = True\n")
    return folder


def make(native: Path, of: str) -> None:
    native.mkdir()
    (native / "__init__.py").write_text(f'MADE_OF = {{"engine": "{of}"}}\n')
    (native / "engine__mypyc.py").write_text("")
    (native / "engine").mkdir()


def test_a_compiled_form_of_these_sources_comes_first(native: Path, sources: Path) -> None:
    make(native, of=form.digest(sources.glob("*.py")))
    path = [str(sources)]
    assert form.choose(path) == ("compiled", "")
    assert path == [str(native / "engine"), str(sources)]


def test_a_compiled_form_of_other_sources_is_passed_over(native: Path, sources: Path) -> None:
    make(native, of=form.digest(sources.glob("*.py")))
    (sources / "evaluate.py").write_text("decided = False\n")
    path = [str(sources)]
    assert form.choose(path) == ("pure", "its sources were edited after it was compiled")
    assert path == [str(sources)]


def test_a_compiled_form_that_does_not_load_is_passed_over(native: Path, sources: Path) -> None:
    make(native, of=form.digest(sources.glob("*.py")))
    (native / "engine__mypyc.py").write_text("raise ImportError('made for another Python')\n")
    assert form.choose([str(sources)]) == ("pure", "the compiled engine is of another Python or machine")


@pytest.mark.parametrize("note", ["", "raise ImportError('none')\n"])
def test_a_compiled_form_that_is_not_there_or_not_finished_is_passed_over(
    native: Path, sources: Path, note: str
) -> None:
    native.mkdir()
    (native / "__init__.py").write_text(note)
    chosen, why = form.choose([str(sources)])
    assert chosen == "pure"
    assert why.startswith("no compiled engine was installed")


def test_the_form_can_be_demanded(native: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(native, of=form.digest(sources.glob("*.py")))
    monkeypatch.setenv("IAMD_ENGINE", "pure")
    assert form.choose([str(sources)]) == ("pure", "IAMD_ENGINE asks for it")
    (sources / "more.py").write_text("")
    monkeypatch.setenv("IAMD_ENGINE", "compiled")
    with pytest.raises(ImportError, match="asks for the compiled engine, but its sources were edited"):
        form.choose([str(sources)])
    monkeypatch.setenv("IAMD_ENGINE", "fast")
    with pytest.raises(ImportError, match="`fast`"):
        form.choose([str(sources)])


def test_the_form_is_told_as_it_is() -> None:
    expected = "pure" if str(typed.__file__).endswith(".py") else "compiled"
    assert expected == policy.FORM


def test_both_forms_explain_alike() -> None:
    """Where there is no compiled form this compares the plain one with itself."""
    cases = [case for path in sorted(CASES.glob("*.json")) for case in json.loads(path.read_text())["cases"]]
    lines = "".join(json.dumps(USUAL | case["request"]) + "\n" for case in cases)
    command = [sys.executable, "-m", "iamd.cli.evaluate", "--jsonl", "--explain"]
    answers = [
        subprocess.run(command, input=lines, capture_output=True, check=True, text=True, env=environment).stdout
        for environment in (os.environ | {"IAMD_ENGINE": "pure"}, os.environ | {"IAMD_ENGINE": ""})
    ]
    assert answers[0].count("\n") == len(cases)
    assert answers[0] == answers[1]


CASES = Path(__file__).parent.parent / "cases"
USUAL = {
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resourceAccount": "111122223333",
}
