"""The runbook's commands do what it says, beside a running server."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

from iamd.testing import Server

PAGE = Path("docs/how-to/operate.md").read_text()
_ELSEWHERE = re.compile(
    r"git |systemctl|createdb|pg_dump|--replace"
)  # what no test can do, and what the server must not be up for


def test_every_command_does_what_the_runbook_says(tmp_path: Path) -> None:
    program = tmp_path / "iamd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m iamd.cli.main "$@"\n')
    program.chmod(0o755)
    for name in ("data", "backups", "tmp"):
        (tmp_path / name).mkdir()
    places = {"/var/lib/iamd": "data", "/etc/iamd": ".", "/backups": "backups", "/tmp/drill": "tmp/drill"}
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    beside = [each for each in blocks if not _ELSEWHERE.search(each)]
    stopped = [each for each in blocks if "iamd restore" in each and "--replace" in each]
    assert (len(beside), len(stopped)) == (4, 1)

    def run(commands: list[str]) -> str:
        script = "set -eu\n" + "".join(commands)
        for told, here in places.items():
            script = script.replace(told, str(tmp_path / here))
        path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": path}
        ran = subprocess.run(
            ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    (tmp_path / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
    (tmp_path / "master.key").chmod(0o600)
    with Server(in_memory=False, data_dir=tmp_path / "data", master_key_file=tmp_path / "master.key") as server:
        server.user("alice")
        told = run(beside)
        assert "monday.db: OK" in told
        assert "users alice added" in told
        assert "running servers take it up" in told
        server.user("bob")  # as before, under the new keys
    (old,) = tmp_path.glob("master.key.*")
    with (tmp_path / "master.key").open("a") as keys:
        keys.write(old.read_text())
    assert "restored" in run([beside[0], *stopped])
