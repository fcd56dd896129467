"""The runbook's commands, as they stand there, from the installation to the change of keys, on both databases.

What the machine has in their place is small: `systemctl` is a script that starts and stops a server, and folders of the
system are folders of the test. `git` and `make` do nothing.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from tests.postgresql import Cluster

PAGE = Path("docs/how-to/operate.md").read_text()
_ONLY = {"sqlite": r"iamd (backup|restore)", "postgresql": r"pg_dump|createdb"}
_KEYS = {"ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
_SYSTEMCTL = """#!/bin/sh
# What stops has stopped when this returns; the unit's file of settings is read, its master key copied at the start.
set -eu
cd "$HOME"
case "$1" in stop | restart)
    kill "$(cat pid)"
    tail --pid="$(cat pid)" -f /dev/null
esac
case "$1" in enable | start | restart)
    set -a; [ ! -e settings/iamd.env ] || . settings/iamd.env; set +a
    cp settings/master.key credential
    export IAMD_MASTER_KEY_FILE="$HOME/credential"
    iamd serve >> log 2>&1 &
    echo $! > pid
esac
"""


class Machine:
    """An operator's, with a shell."""

    def __init__(self, home: Path, cluster: Cluster | None) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._places = {
            "/opt/iamd/.venv/bin/iamd": str(home / "bin/program"),
            "/opt/iamd": str(Path.cwd()),
            "/usr/local/bin/": f"{home}/bin/",
            "/etc/systemd/system": str(home / "units"),
            "/etc/iamd": str(home / "settings"),
            "/var/lib/iamd": str(home / "data"),
            "/backups": str(home / "backups"),
            "/tmp/drill": str(home / "drill"),
            ":4500": f":{self.port}",
            "--host db.example.com": f"--host {cluster and cluster.folder}",
        }
        self.environ = {
            "HOME": str(home),
            "PATH": f"{home}/bin:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
            "IAMD_PORT": str(self.port),
            **{f"IAMD_ROOT_{name}": value for name, value in _KEYS.items()},
        }
        for folder in ("bin", "units", "settings", "data", "backups"):
            (home / folder).mkdir()
        self._program("program", f'#!/bin/sh\nexec {sys.executable} -m iamd.cli.main "$@"\n')
        self._program("systemctl", _SYSTEMCTL)
        for name in ("git", "make"):
            self._program(name, "#!/bin/sh\n")

    def _program(self, name: str, text: str) -> None:
        file = self.home / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def run(self, *blocks: str) -> str:
        """What the commands write; each has to succeed."""
        script = "\n".join(("set -eu", *blocks))
        for told, here in self._places.items():
            script = script.replace(told, here)
        ran = subprocess.run(
            ["bash"], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environ
        )
        assert ran.returncode == 0, (ran.stdout, self.log())
        return ran.stdout

    def log(self) -> str:
        file = self.home / "log"
        return file.read_text() if file.exists() else ""

    def users(self, *more: str) -> set[str]:
        """Those that the server has, with some made just now."""
        self.run(f"curl -sSf --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:{self.port}/_iamd/health")
        iam = boto3.client(
            "iam",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=_KEYS["ACCESS_KEY_ID"],
            aws_secret_access_key=_KEYS["SECRET_ACCESS_KEY"],
        )
        for name in more:
            iam.create_user(UserName=name)
        return {user["UserName"] for user in iam.list_users()["Users"]}


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def machine(kind: str, cluster: Cluster, tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path, cluster if kind == "postgresql" else None)
    if kind == "postgresql":
        with _database(cluster) as url:
            (tmp_path / "settings/iamd.env").write_text(f"IAMD_DATABASE='{url}'\n")
            machine.environ |= {"IAMD_DATABASE": url, "PGHOST": str(cluster.folder), "PGUSER": "postgres"}
            yield machine
            _end(machine)
        return
    yield machine
    _end(machine)


@contextmanager
def _database(cluster: Cluster) -> Iterator[str]:
    """The URL of a database `iamd` of a user `iamd`; what is made of both is gone in the end."""
    cluster.execute("CREATE ROLE iamd LOGIN")
    try:
        cluster.execute("CREATE DATABASE iamd OWNER iamd TEMPLATE template0 ENCODING 'UTF8'")
        yield f"postgresql://iamd@/iamd?host={cluster.folder}"
    finally:
        for name in ("iamd", "iamd_restored"):
            cluster.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cluster.execute("DROP ROLE iamd")


def _end(machine: Machine) -> None:
    if (machine.home / "pid").exists():
        machine.run("systemctl stop iamd")


def _blocks(kind: str) -> dict[str, list[str]]:
    """The commands of each section that are for that database; before the first heading, those for all."""
    foreign = next(pattern for name, pattern in _ONLY.items() if name != kind)
    return {
        section.partition("\n")[0]: [
            block
            for block in re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
            if not re.search(foreign, block)
        ]
        for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)
    }


@pytest.mark.timeout(300)  # a dozen programs start
def test_every_command_does_what_the_runbook_says(kind: str, machine: Machine) -> None:
    sections = _blocks(kind)
    (settings,) = sections.pop("# Operate it: the runbook")
    assert {name: len(blocks) for name, blocks in sections.items() if blocks} == {
        "Install": 1,
        "Back up": 1,
        "Restore": {"sqlite": 2, "postgresql": 1}[kind],
        "Upgrade": 1,
        "Change keys": 1,
    }
    assert '"status": "ready"' in machine.run(settings, *sections["Install"])
    assert machine.users("alice") == {"alice"}

    told = machine.run(settings, *sections["Back up"])
    assert machine.users("bob") == {"alice", "bob"}
    restored = machine.run(settings, *sections["Restore"])
    if kind == "sqlite":
        assert "monday.db: OK" in told
        assert "users alice added" in restored
    else:
        assert (machine.home / "backups/monday.dump").stat().st_mode & 0o077 == 0
        machine.environ["IAMD_DATABASE"] = machine.environ["IAMD_DATABASE"].replace("/iamd?", "/iamd_restored?")
        (machine.home / "settings/iamd.env").write_text(f"IAMD_DATABASE='{machine.environ['IAMD_DATABASE']}'\n")
        machine.run("systemctl restart iamd")
    assert machine.users() == {"alice"}

    assert "has schema version" in machine.run(settings, *sections["Upgrade"])
    assert machine.users("carol") == {"alice", "carol"}

    assert "Backups made until now need" in machine.run(settings, *sections["Change keys"])
    assert machine.users("dave") == {"alice", "carol", "dave"}
    assert "cannot be read" not in machine.log()
    with urllib.request.urlopen(f"http://127.0.0.1:{machine.port}/_iamd/health") as answer:
        assert answer.status == 200
