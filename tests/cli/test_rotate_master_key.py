"""`iamd rotate-master-key`: another master key, while servers run, and whatever it is interrupted by."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from iamd.cli import rotate_master_key
from iamd.cli.main import main
from iamd.store import Store, master_key
from iamd.store.master_key import exchanging, read_master_key
from iamd.store.sealing import SealError
from tests.hostile.process import Served, served
from tests.live import ROOT_KEY, ROOT_SECRET

pytestmark = pytest.mark.embedded("in one step, which servers on PostgreSQL cannot: tests/store has theirs")

ROOT = {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET}


class Killed(BaseException):
    """The process ends here."""


def iam(server: Served, key: dict[str, str]) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a database, whose keys are first wrapped."""
    open_and_close(tmp_path / "data")
    return tmp_path / "data"


def rotate(data: Path, *flags: str) -> int:
    return main(["rotate-master-key", "--data-dir", str(data), *flags])


def opens(data: Path, key: Path) -> bool:
    """Whether that key opens the database as it is now."""
    with suppress(SealError):
        open_and_close(data, key)
        return True
    return False


def open_and_close(data: Path, key: Path | None = None) -> None:
    """What is open still holds the file, until it is collected some time."""

    async def run() -> None:
        store = Store.open_sqlite(data, key)
        await store.start()
        await store.close()

    asyncio.run(run())


def test_servers_go_on_and_the_old_key_is_of_no_use_any_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, stop, failures, made = tmp_path / "data", threading.Event(), list[Exception](), list[Any]()
    data.mkdir()
    with served(data) as one, served(data) as two:
        old = data / "copied.key"
        shutil.copy(data / "master.key", old)

        root, other = iam(one, ROOT), iam(two, ROOT)

        def work() -> None:
            """Make keys at one server, and use them at the other."""
            try:
                while not stop.is_set():
                    key = root.create_access_key(UserName="alice")["AccessKey"]
                    iam(two, key).get_user()
                    other.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
                    made.append(key)
            except Exception as error:
                failures.append(error)

        root.create_user(UserName="alice")
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        root.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=document)
        kept = root.create_access_key(UserName="alice")["AccessKey"]
        working = threading.Thread(target=work)
        working.start()
        for _ in range(2):
            assert rotate(data) == 0
            before = len(made)
            while len(made) < before + 2 and working.is_alive():
                stop.wait(0.01)
        stop.set()
        working.join()
        assert not failures
        iam(two, kept).get_user()
        for server in (one, two):
            assert not server.complaints()
    assert opens(data, data / "master.key")
    assert not opens(data, old)
    told = capsys.readouterr().out
    assert f"is {read_master_key(data / 'master.key').mark} now" in told


STEPS: dict[str, tuple[Any, str]] = {
    "a new key is put into the file": (rotate_master_key, "add_master_key"),
    "the file is replaced": (master_key, "_replace"),
    "the database is rewritten": (Store, "rotate_master_key"),
    "the old key is retired": (rotate_master_key, "retire_master_keys"),
    "the old key is kept": (master_key, "_link"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_whatever_interrupts_it_the_file_opens_the_database(
    data: Path, step: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, name = STEPS[step]
    done: Callable[..., Any] = getattr(where, name)
    old = data.parent / "old.key"
    shutil.copy(data / "master.key", old)

    def killed(*args: Any) -> None:
        if after:
            done(*args)
        raise Killed

    async def killed_in_store(store: Store) -> None:
        if after:
            await done(store)
        raise Killed

    monkeypatch.setattr(where, name, killed_in_store if where is Store else killed)
    with suppress(Killed):
        rotate(data)
    assert opens(data, data / "master.key")
    monkeypatch.undo()
    assert rotate(data) == 0
    assert len(read_master_key(data / "master.key").keys) == 1
    assert opens(data, data / "master.key")
    assert not opens(data, old)
    assert read_master_key(data / f"master.key.{read_master_key(old).mark}").keys == read_master_key(old).keys
    assert not list(data.glob(".master-*"))


def test_files_keep_their_mode_and_one_exchange_is_made_at_a_time(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "master.key").chmod(0o640)
    link = data.parent / "link.key"
    link.symlink_to(data / "master.key")
    assert rotate(data, "--master-key-file", str(link), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (data / "master.key").stat().st_mode & 0o777 == 0o640
    assert Path(told["kept"][0]).stat().st_mode & 0o777 == 0o600
    assert (link.is_symlink(), told["file"]) == (True, str(data / "master.key"))
    with exchanging(link):
        assert rotate(data) == 2
    assert "another process exchanges" in capsys.readouterr().err

    def unsupported(*given: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    assert rotate(data) == 2
    assert f"cannot lock the folder of the master key file {data / 'master.key'}: Operation" in capsys.readouterr().err


def test_a_backup_from_before_says_so_and_is_restored_with_both_keys(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, place = data.parent / "copy.db", ["--data-dir", str(data)]
    assert main(["backup", str(copy), *place]) == 0
    old = read_master_key(data / "master.key").mark
    assert rotate(data) == 0
    new, capsys_ = read_master_key(data / "master.key").mark, capsys.readouterr()
    assert f"Backups made until now need the one in {data / 'master.key'}.{old}" in capsys_.out
    assert main(["restore", str(copy), *place, "--replace"]) == 2
    told = capsys.readouterr().err
    assert f"{copy} was encrypted under another master key" in told
    assert f"that was {old}, and this is {new}. If it was exchanged, put that one into" in told
    with (data / "master.key").open("ab") as file:
        file.write((data / f"master.key.{old}").read_bytes())
    assert main(["restore", str(copy), *place, "--replace"]) == 0
    assert rotate(data) == 0  # it goes on where it was interrupted, as it were
    assert read_master_key(data / "master.key").mark == new
    assert opens(data, data / "master.key")


def test_prepared_the_file_holds_both_and_nothing_else_is_done(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = data.parent / "old.key"
    shutil.copy(data / "master.key", old)
    assert rotate(data, "--prepare") == 0
    assert rotate(data, "--prepare", "--json") == 0  # a second time changes nothing
    prepared = read_master_key(data / "master.key")
    assert len(prepared.keys) == 2
    assert opens(data, old)
    assert rotate(data) == 0
    assert read_master_key(data / "master.key").keys == prepared.keys[:1]
    assert not opens(data, old)
    assert f'"masterKey": "{prepared.mark}"' in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_left_to_others(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rotate(data, "--prepare") == 0

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(master_key, "_written", refuse)
    assert rotate(data) == 2
    assert "the new master key counts now, but cannot write the master key file" in capsys.readouterr().err
    (data / "master.key").write_bytes((data / "master.key").read_bytes().splitlines()[0])
    assert opens(data, data / "master.key")
    assert rotate(data) == 2  # and nothing is done that could not be ended
    assert "Read-only file system" in capsys.readouterr().err
    assert opens(data, data / "master.key")


def test_it_needs_a_database_and_its_key(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate(data.parent / "nowhere") == 2
    master_key.create_master_key(data.parent / "another.key")
    before = (data.parent / "another.key").read_bytes()
    assert rotate(data, "--master-key-file", str(data.parent / "another.key")) == 2
    assert "is not the one" in capsys.readouterr().err
    assert (data.parent / "another.key").read_bytes() == before
