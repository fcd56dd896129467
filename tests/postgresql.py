"""A throw-away PostgreSQL server for tests, on a socket of its own; databases in it are made from an empty one."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from iamd.store import tables
from iamd.store.migrations import migrate

# What a crash of the machine would lose; tests that kill the server do not need more, since the kernel lives on.
_FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB")
# As administrators may have it: nothing of ours may rest on what is usual.
_UNUSUAL = (
    "TimeZone=Asia/Kathmandu",
    "standard_conforming_strings=off",
    "escape_string_warning=off",
    "bytea_output=escape",
)
_LOCALE = ("--no-locale", "--locale-provider=icu", "--icu-locale=tr", "--encoding=UTF8")  # where I is no capital i
_TABLES = [name for name in tables.metadata.tables if name != "schema_version"]


class Cluster:
    """A server. `kill` and `start` are for tests of what happens when it is away; both may be called twice."""

    def __init__(self, folder: Path, connections: int = 150) -> None:
        self.folder = folder
        self._connections = connections
        self._numbers = count(1)
        self._empty: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._addresses = ""
        self._within: AbstractContextManager[Any] = nullcontext()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def url_by(self, folder: Path, number: int = 1) -> str:
        """The URL of a database of `new_database` by another socket, in that folder."""
        return f"postgresql://postgres@/iamd{number}?host={folder}"

    def url_at(self, address: str, number: int = 1) -> str:
        """The same by TCP, where it listens."""
        return f"postgresql://postgres@{address}/iamd{number}"

    def listen(self, address: str, within: AbstractContextManager[Any]) -> None:
        """Be reached by TCP, too, at that address of a network namespace, in which it is started from now on; `within`
        enters it."""
        self.kill()
        with (self.folder / "data" / "pg_hba.conf").open("a") as file:
            file.write("host all all samenet trust\n")
        self._addresses, self._within = address, within
        self.start()

    def new_database(self, template: str = "template0", name: str | None = None) -> str:
        """The URL of a new database."""
        name = name or f"iamd{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY FILE_COPY")
        return self.url(name)

    def empty(self) -> str:
        """The URL of a database with tables in which nothing is; always the same, since making one takes a while."""
        if self._empty is None:
            self._empty = self.new_database()
        with psycopg.connect(self._empty, autocommit=True) as connection:
            migrate(connection, "postgresql")
            connection.execute(";".join(f"DELETE FROM {table}" for table in _TABLES).encode())
        return self._empty

    def start(self) -> None:
        if self._process is not None:
            return
        settings = [
            f"-c{setting}"
            for setting in (
                *_FAST,
                *_UNUSUAL,
                f"max_connections={self._connections}",
                f"listen_addresses={self._addresses}",
                f"unix_socket_directories={self.folder}",
            )
        ]
        command = [binary("postgres"), "-D", str(self.folder / "data"), *settings]
        with (self.folder / "log").open("ab") as log, self._within:
            self._process = subprocess.Popen(as_user(command), stdout=log, stderr=log)
        while True:
            ready = subprocess.run([binary("pg_isready"), "-q", "-h", str(self.folder)], check=False).returncode == 0
            if ready:
                return
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def follow(self, primary: Cluster, *, synchronous: bool = True) -> None:
        """Become that server's standby, which it waits for with every commit if it is synchronous. What was here is
        gone."""
        self.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        copy = [binary("pg_basebackup"), "-h", str(primary.folder), "-U", "postgres", "-D", str(self.folder / "data")]
        subprocess.run(as_user([*copy, "-R", "-X", "stream", "-c", "fast"]), check=True)
        self.start()
        if synchronous:
            primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Be a standby no more."""
        self.execute("SELECT pg_promote()")

    def freeze(self) -> None:
        """Do nothing any more, and leave connections as they are: what a machine does that hangs. Only `kill` helps."""
        if self._process is not None:
            for pid in _family(self._process.pid):
                os.kill(pid, signal.SIGSTOP)

    def kill(self) -> None:
        """Stop at once, as when the machine is switched off."""
        if self._process is not None:
            family = _family(self._process.pid)
            self._process.send_signal(signal.SIGQUIT)
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            self._process.wait()
            self._process = None


class Pair:
    """A server and its synchronous standby, in folders of its own; `url` names both, as for libpq."""

    def __init__(self, primary: Cluster) -> None:
        self.primary, self.standby = primary, standby_of(primary)
        self.failed_over = False  # since there was a standby
        self._hosts = f"{primary.folder},{self.standby.folder}"

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._hosts}"

    def fail_over(self, away: float = 0.0, *, freeze: bool = False) -> None:
        """Kill the server, or freeze it until `renew`, and promote its standby so many seconds later."""
        if freeze:
            self.primary.freeze()
        else:
            self.primary.kill()
        time.sleep(away)
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary
        self.failed_over = True

    def renew(self) -> None:
        """Make a new standby of what was killed."""
        self.standby.follow(self.primary)
        self.failed_over = False

    def close(self) -> None:
        for each in (self.primary, self.standby):
            each.kill()


def standby_of(primary: Cluster, *, synchronous: bool = True) -> Cluster:
    """A new standby of a server, in a folder within its own."""
    folder = primary.folder / "standby"
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    standby = Cluster(folder)
    standby.follow(primary, synchronous=synchronous)
    return standby


@contextmanager
def paired() -> Iterator[Pair]:
    """A server with a standby for as long as the block runs."""
    with running() as cluster:
        pair = Pair(cluster)
        try:
            yield pair
        finally:
            pair.close()


@contextmanager
def running(connections: int = 150) -> Iterator[Cluster]:
    """A server, for so many connections, for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="iamd-pg-"))  # a short path: sockets' names are
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        make = [binary("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run(as_user([*make, "--no-instructions", *_LOCALE]), check=True, stdout=subprocess.DEVNULL)
        cluster = Cluster(folder, connections)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.kill()
    finally:
        shutil.rmtree(folder)


@cache
def shared() -> Cluster:
    """A server for as long as this process runs, for tests that are to run on PostgreSQL instead of in memory."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running())


def _family(pid: int) -> list[int]:
    """A process and its children: setpriv becomes the server itself."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def binary(name: str) -> str:
    """The newest server that is installed: Debian keeps its programs out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda file: int(file.parts[4]))
    known = str(found[-1]) if found else shutil.which(name)
    if known is None:
        raise RuntimeError(f"{name} is not installed; see tools/needs.sh")
    return known


def as_user(command: Sequence[str]) -> Sequence[str]:
    """The server refuses to be root's."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        if os.geteuid() == 0
        else command
    )
