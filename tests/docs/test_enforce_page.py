"""The page about emulators is run as it stands, on free ports; the example with containers says what the settings say."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import yaml

from iamd.settings import load
from iamd.testing import Moto, Server

PAGE = Path("docs/how-to/enforce.md").read_text()
BIN = Path(sys.executable).parent
EXAMPLE = Path("examples/compose")


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def test_every_step_does_what_the_page_says(tmp_path: Path) -> None:
    program = tmp_path / "iamd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m iamd.cli.main "$@"\n')
    program.chmod(0o755)
    (tmp_path / "moto_server").write_text(f'#!/bin/sh\nexec {sys.executable} -m moto.server "$@"\n')
    (tmp_path / "moto_server").chmod(0o755)
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    script = "trap 'kill $(jobs -p)' EXIT\n" + "".join(blocks)
    for port, other in {"5000": free_port(), "4500": free_port()}.items():
        script = script.replace(f":{port}", f":{other}").replace(f"-p {port}", f"-p {other}")
        if port == "4500":
            script = f"export IAMD_PORT={other}\n{script}"
    search = f"{tmp_path}:{BIN}:/usr/bin:/bin"
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    environ = {"PATH": search, "HOME": str(tmp_path), "PYTHONPATH": path}
    ran = subprocess.run(
        ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=environ
    )
    for shown in re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        assert shown.strip() in ran.stdout, ran.stdout
    assert ran.stdout.count("An error occurred") == 1, ran.stdout


def test_the_containers_have_settings_that_exist() -> None:
    services = yaml.safe_load((EXAMPLE / "compose.yaml").read_text())["services"]
    settings = load({}, services["iamd"]["environment"])
    assert settings.upstream == {"*": "http://moto:5000"}
    assert settings.root_access_key_id == services["setup"]["environment"]["AWS_ACCESS_KEY_ID"]
    assert settings.root_secret_access_key == services["setup"]["environment"]["AWS_SECRET_ACCESS_KEY"]
    variables = re.findall(r"\b(IAMD_\w+)=(\S+)", (EXAMPLE / "Dockerfile").read_text())
    assert load({}, dict(variables)).host == "0.0.0.0"


def test_only_iamd_reaches_the_emulator() -> None:
    described = yaml.safe_load((EXAMPLE / "compose.yaml").read_text())
    behind = [name for name, service in described["services"].items() if "behind" in service["networks"]]
    assert sorted(behind) == ["iamd", "moto"]
    assert described["networks"]["behind"] == {"internal": True}


def test_the_containers_scripts_do_what_they_say(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    search = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def run(script: str, environ: dict[str, str]) -> str:
        command = ["sh", EXAMPLE / script]
        ran = subprocess.run(command, env=search | environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    with Moto() as moto, Server({"*": moto.url}) as server:
        for _ in range(2):  # containers start again
            run("setup.sh", server.root.environ | {"CREDENTIALS": str(credentials)})
        where = {name: value for name, value in server.root.environ.items() if "KEY" not in name}
        told = run("app.sh", where | {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)})
    assert "All is well." in told
    assert "not authorized to perform: s3:DeleteObject" in told
