import asyncio
import errno
import fcntl
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamd.cli.main import main
from iamd.store import Change, Store, StoreError
from iamd.store.encrypted_copies import decrypt, encrypt
from iamd.store.master_key import MasterKey
from iamd.store.records import Account
from iamd.store.sealing import SealError
from iamd.store.sqlite.file import use

pytestmark = pytest.mark.embedded("copies are made of a file")

NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def add_account(data: Path, account_id: str) -> None:
    store = Store.open_sqlite(data)
    await store.start()
    try:
        await store.write(lambda change: create(change, account_id))
    finally:
        await store.close()


def create(change: Change, account_id: str) -> None:
    change.create(account_id).accounts.add(Account(account_id, NOW))


async def account_ids(data: Path) -> set[str]:
    store = Store.open_sqlite(data)
    await store.start()
    try:
        return set(store.account_ids())
    finally:
        await store.close()


def accounts(data: Path) -> set[str]:
    return asyncio.run(account_ids(data))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    asyncio.run(add_account(folder, "111111111111"))
    return folder


@pytest.fixture(params=["encrypted", "plain"])
def copy(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Path:
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "--data-dir", str(data), *["--plain"][: request.param == "plain"]]) == 0
    capsys.readouterr()
    return copy


def test_what_is_restored_is_what_was_backed_up(data: Path, copy: Path) -> None:
    asyncio.run(add_account(data, "222222222222"))
    assert accounts(data) == {"111111111111", "222222222222"}
    assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 0
    assert accounts(data) == {"111111111111"}


def test_a_copy_is_one_private_file_with_its_checksum(copy: Path) -> None:
    assert sorted(file.name for file in copy.parent.glob("copy*")) == ["copy.db", "copy.db.sha256"]
    assert copy.stat().st_mode & 0o777 == 0o600
    digest, name = copy.with_name("copy.db.sha256").read_text().split()
    assert (len(digest), name) == (64, "copy.db")


def test_a_database_in_use_can_be_backed_up_but_not_replaced(
    data: Path, tmp_path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(data / "iamd.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE unfinished (x)")
        assert main(["backup", str(tmp_path / "second.db"), "--data-dir", str(data)]) == 0
        other.execute("ROLLBACK")
        assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 2
    assert "stop iamd first" in capsys.readouterr().err
    assert accounts(data) == {"111111111111"}


@pytest.mark.parametrize("there", [True, False])
def test_nothing_starts_on_a_database_that_is_being_replaced(
    data: Path, copy: Path, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on with the file that is gone."""
    if not there:
        (data / "iamd.db").unlink()
    started: list[StoreError] = []
    replace = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        with pytest.raises(StoreError, match="is being restored by another process") as refused:
            Store.open_sqlite(data)
        started.append(refused.value)
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replaced)
        assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 0
    assert len(started) == 1
    assert accounts(data) == {"111111111111"}


def test_a_server_that_has_just_started_keeps_its_database(
    data: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLite's own locks do not tell of one that has not begun to read."""
    used = use(data / "iamd.db")
    assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 2
    assert "iamd.db is in use: stop iamd first" in capsys.readouterr().err
    used.release()


def test_nothing_is_overwritten_unasked(data: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = copy.read_bytes()
    assert main(["backup", str(copy), "--data-dir", str(data)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert copy.read_bytes() == before
    assert main(["restore", str(copy), "--data-dir", str(data)]) == 2
    assert "--replace" in capsys.readouterr().err


@pytest.mark.parametrize("harm", ["flip", "cut", "no checksum", "foreign", "other key"])
def test_a_copy_that_does_not_verify_changes_nothing(
    harm: str, data: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(copy.read_bytes())
    checksum = copy.with_name("copy.db.sha256")
    if harm == "flip":
        content[len(content) // 2] ^= 1
        copy.write_bytes(content)
    elif harm == "cut":
        copy.write_bytes(content[:-4096])
    elif harm == "no checksum":
        checksum.unlink()
    elif harm == "foreign":
        replace_with_foreign(copy, checksum)
    else:
        (data / "master.key").write_bytes(os.urandom(32))
    before = (data / "iamd.db").read_bytes()

    assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 2

    assert capsys.readouterr().err.startswith("iamd restore: ")
    assert (data / "iamd.db").read_bytes() == before
    assert sorted(file.name for file in data.iterdir()) == ["iamd.db", "iamd.db-open", "master.key"]


def replace_with_foreign(copy: Path, checksum: Path) -> None:
    """Put another program's database, with a right checksum, where the copy was."""
    copy.unlink()
    with closing(sqlite3.connect(copy)) as foreign:
        foreign.execute("CREATE TABLE recipes (name)")
    checksum.write_text(f"{hashlib.sha256(copy.read_bytes()).hexdigest()}  {copy.name}\n")


def killed_while_open(data: Path) -> None:
    """What was written last is in the log beside the database."""
    code = f"""
import asyncio, os, signal
from pathlib import Path
from tests.cli.test_backup import create
from iamd.store import Store

async def main():
    store = Store.open_sqlite(Path({str(data)!r}))
    await store.start()
    await store.write(lambda change: create(change, "222222222222"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (data / "iamd.db-wal").stat().st_size


@pytest.mark.parametrize("how", ["removed", "damaged", "intact"])
def test_nothing_of_the_database_before_comes_into_the_restored_one(data: Path, copy: Path, how: str) -> None:
    killed_while_open(data)
    database = data / "iamd.db"
    if how == "removed":
        database.unlink()
    elif how == "damaged":
        database.write_bytes(b"\xff" * database.stat().st_size)
    assert main(["restore", str(copy), "--data-dir", str(data), "--replace"]) == 0
    assert accounts(data) == {"111111111111"}


def test_what_a_killed_backup_left_in_the_clear_goes_with_the_next(data: Path, tmp_path: Path) -> None:
    left, others = data / ".backup-left", data / ".backup-others"
    for file in (left, others):
        file.write_bytes((data / "iamd.db").read_bytes())
    with others.open("rb") as under_way:
        fcntl.flock(under_way, fcntl.LOCK_EX)
        assert main(["backup", str(tmp_path / "copy.db"), "--data-dir", str(data)]) == 0
    assert [each.name for each in data.glob(".backup-*")] == [others.name]


def test_a_backup_that_fails_at_the_end_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "backups"
    folder.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", full)
        assert main(["backup", str(folder / "copy.db"), "--data-dir", str(data)]) == 2
    assert "No space left" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
    assert main(["backup", str(folder / "copy.db"), "--data-dir", str(data)]) == 0


def test_restoring_into_an_empty_place_needs_the_master_key(
    data: Path, copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    arguments = ["restore", str(copy), "--data-dir", str(elsewhere), "--json"]
    assert main(arguments) == 2
    assert "master key" in capsys.readouterr().err
    elsewhere.mkdir()
    (elsewhere / "master.key").write_bytes((data / "master.key").read_bytes())
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == {"database": str(elsewhere / "iamd.db")}
    assert accounts(elsewhere) == {"111111111111"}


def test_what_root_restores_is_for_the_owner_of_the_folder(
    data: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operators restore as root; the server is another user, and could not open a file of root's."""
    given: list[tuple[str, int, int]] = []

    def chown(descriptor: int, user: int, group: int) -> None:
        given.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, user, group))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", chown)
    assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 0
    folder = data.stat()
    assert ("iamd.db.restoring", folder.st_uid, folder.st_gid) in given


def test_which_file_is_missing_is_told(data: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checksum = copy.with_name("copy.db.sha256")
    checksum.unlink()
    assert main(["restore", str(copy), "--replace", "--data-dir", str(data)]) == 2
    assert f"{checksum}: No such file or directory" in capsys.readouterr().err


def test_nobody_reads_an_encrypted_copy_without_the_key(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.db"
    assert main(["backup", str(copy), "--data-dir", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["encrypted"] is True
    content = copy.read_bytes()
    assert b"SQLite" not in content
    assert b"111111111111" not in content
    assert sorted(file.name for file in data.iterdir()) == ["iamd.db", "iamd.db-open", "master.key"]


def test_a_copy_is_not_encrypted_under_another_databases_key(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "master.key").write_bytes(os.urandom(32))
    assert main(["backup", str(tmp_path / "copy.db"), "--data-dir", str(data)]) == 2
    assert "is not the one" in capsys.readouterr().err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data"]


def test_pieces_of_an_encrypted_copy_stay_in_their_places(tmp_path: Path) -> None:
    plain, encrypted, again = (tmp_path / name for name in ("plain", "encrypted", "again"))
    master = MasterKey([os.urandom(32)], "the key")
    for size in (0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20):
        plain.write_bytes(os.urandom(size))
        encrypt(plain, encrypted, master)
        decrypt(encrypted, again, master)
        assert again.read_bytes() == plain.read_bytes()
    content, piece = encrypted.read_bytes(), (1 << 20) + 16
    begin = len(content) - 3 * piece
    first, second, third = (content[begin + number * piece :][:piece] for number in range(3))
    for harmed in (
        [second, first, third],
        [first, second],
        [first, third],
        [first, second, third, third],
        [first, second, third[:-1]],
        [first, second, third + b"x"],
        [],
    ):
        encrypted.write_bytes(content[:begin] + b"".join(harmed))
        with pytest.raises(StoreError, match="is damaged"):
            decrypt(encrypted, again, master)
    encrypted.write_bytes(content[: begin - 1])
    with pytest.raises(StoreError, match="ends too early"):
        decrypt(encrypted, again, master)
    encrypted.write_bytes(content)
    with pytest.raises(SealError, match="another is not the one"):
        decrypt(encrypted, again, MasterKey([os.urandom(32)], "another"))


def test_there_must_be_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data-dir", str(tmp_path / "nowhere")]
    assert main(["backup", str(tmp_path / "copy.db"), *place]) == 2
    assert main(["migrate", *place]) == 2
    assert capsys.readouterr().err.count("there is no database") == 2
    assert list(tmp_path.iterdir()) == []


def test_memory_cannot_be_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IAMD_IN_MEMORY", "true")
    assert main(["backup", str(tmp_path / "copy.db")]) == 2
    assert "in memory" in capsys.readouterr().err


def test_migrating_tells_the_schema(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--data-dir", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] >= 1
    assert accounts(data) == {"111111111111"}
