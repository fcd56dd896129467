"""The walkthrough of replay and time travel is run as it stands, on a free port."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PAGE = Path("docs/how-to/time-travel.md").read_text()
BIN = Path(sys.executable).parent


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def test_every_step_does_what_the_page_says(tmp_path: Path) -> None:
    program = tmp_path / "iamd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m iamd.cli.main "$@"\n')
    program.chmod(0o755)
    port = free_port()
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    script = "set -eu\ntrap 'kill $(jobs -p)' EXIT\n" + "".join(blocks).replace(":4500", f":{port}")
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    environ = {"PATH": f"{tmp_path}:{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": path, "AWS_PAGER": ""}
    environ |= {"IAMD_PORT": port, "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=environ
    )
    assert ran.returncode == 0, ran.stdout
    for shown in re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        assert shown.strip() in ran.stdout, ran.stdout
    said = ("it would break something", "as foretold", "access changed", "1 of 3 principals are allowed")
    assert all(text in ran.stdout for text in said), ran.stdout
    assert ran.stdout.count("An error occurred") == 1, ran.stdout
