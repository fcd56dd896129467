"""A throw-away PgBouncer before a throw-away PostgreSQL, on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgresql import Cluster, as_user, binary

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or "pgbouncer"


class Pooler:
    """PgBouncer, which hands out sessions of a server in some mode."""

    def __init__(self, folder: Path, server: Cluster, settings: dict[str, str]) -> None:
        self.folder = folder
        self._server = server
        (folder / "users").write_text('"postgres" ""\n')
        self._configure(settings)
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(as_user([PGBOUNCER, "-q", str(folder / "ini")]), stdout=log, stderr=log)
        while subprocess.run([binary("pg_isready"), "-q", "-h", str(folder), "-U", "postgres"], check=False).returncode:
            if self.process.poll() is not None:
                raise RuntimeError((folder / "log").read_text())

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def reload(self, **settings: str) -> None:
        """Take other settings, for connections that are made from now on."""
        self._configure(settings)
        self.process.send_signal(signal.SIGHUP)

    def _configure(self, settings: dict[str, str]) -> None:
        known = {
            "listen_addr": "",
            "listen_port": "5432",
            "unix_socket_dir": str(self.folder),
            "auth_type": "trust",
            "auth_file": str(self.folder / "users"),
        }
        lines = [f"{name} = {value}" for name, value in (known | settings).items()]
        (self.folder / "ini").write_text(
            "\n".join(["[databases]", f"* = host={self._server.folder}", "[pgbouncer]", *lines, ""])
        )


@contextmanager
def pooling(server: Cluster, **settings: str) -> Iterator[Pooler]:
    """PgBouncer with those settings for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="iamd-pgb-"))  # a short path: sockets' names are
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        pooler = Pooler(folder, server, settings)
        try:
            yield pooler
        finally:
            pooler.process.terminate()
            pooler.process.wait()
    finally:
        shutil.rmtree(folder)
