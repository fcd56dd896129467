"""The page about questions is run as it stands, against a server of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from iamd.testing import Server

PAGE = Path("docs/how-to/authorization.md").read_text()


def test_every_step_does_what_the_page_says(tmp_path: Path) -> None:
    program = tmp_path / "iamd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m iamd.cli.main "$@"\n')
    program.chmod(0o755)
    with Server(account_id="111122223333") as server:
        script = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
        ran = subprocess.run(
            ["bash", "-e"],
            input=script.replace("http://127.0.0.1:4500", server.endpoint_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            env={
                "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin",
                "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
                "HOME": str(tmp_path),
                **server.root.environ,
            },
        )
    shown = re.findall(r"^```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    assert ran.stdout == "".join(shown)
