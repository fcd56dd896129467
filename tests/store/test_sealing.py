"""Secrets at rest: what is sealed opens only as it was, under its key, in its place."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.store import SealError, StoreError
from iamd.store.keyring import Keyring, data_key, first_keys, token_key
from iamd.store.master_key import MasterKey, create_master_key, random_master_key, read_master_key
from iamd.store.sealing import Sealer, new_key

KEY = b"k" * 32
SEALER = Sealer({1: KEY})


@given(plain=st.binary(max_size=200), context=st.binary(max_size=50))
def test_what_is_sealed_opens(plain: bytes, context: bytes) -> None:
    sealed = SEALER.seal(plain, context)
    assert SEALER.open(sealed, context) == plain
    assert sealed != SEALER.seal(plain, context)


def test_no_altered_or_shortened_seal_opens() -> None:
    sealed = SEALER.seal(b"secret", b"here")
    for at in range(len(sealed)):
        with pytest.raises(SealError):
            SEALER.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], b"here")
        with pytest.raises(SealError):
            SEALER.open(sealed[:at], b"here")


def test_a_seal_does_not_open_elsewhere() -> None:
    with pytest.raises(SealError):
        SEALER.open(SEALER.seal(b"secret", b"here"), b"there")


def test_older_keys_still_open_and_the_newest_seals() -> None:
    old = SEALER.seal(b"secret", b"")
    both = Sealer({1: KEY, 2: new_key()})
    assert both.open(old, b"") == b"secret"
    with pytest.raises(SealError, match="not in the keyring"):
        SEALER.open(both.seal(b"secret", b""), b"")


def test_a_keyring_is_rotated_by_adding_keys() -> None:
    master = random_master_key()
    rows = first_keys(master)
    ring = Keyring(rows, master)
    sealed, ((token_id, token),) = ring.sealer.seal(b"secret", b""), ring.token_keys.items()
    rows += [data_key(3, master)]
    rows += [token_key(4, Keyring(rows, master).sealer)]
    rotated = Keyring(rows, master)
    assert rotated.sealer.open(sealed, b"") == b"secret"
    assert list(rotated.token_keys) == [token_id, 4]
    assert rotated.token_keys[token_id] == token


def test_a_keyring_opens_with_its_master_key_only() -> None:
    with pytest.raises(SealError, match="the master key in memory is not the one"):
        Keyring(first_keys(random_master_key()), random_master_key())


def test_wrapped_keys_cannot_change_places() -> None:
    master = random_master_key()
    with pytest.raises(SealError):
        master.unwrap(2, master.wrap(1, KEY))


def test_secrets_do_not_show() -> None:
    assert "wrapped" not in repr(first_keys(random_master_key())[0])
    assert KEY.hex() not in repr(MasterKey([KEY], "a test"))


def test_a_master_key_file_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "master.key"
    create_master_key(file)
    content = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    create_master_key(file)
    assert file.read_bytes() == content
    assert [found.name for found in file.parent.iterdir()] == ["master.key"]


def test_a_master_key_is_read_raw_or_as_base64(tmp_path: Path) -> None:
    raw, encoded = tmp_path / "raw", tmp_path / "encoded"
    raw.write_bytes(KEY)
    encoded.write_bytes(base64.b64encode(KEY) + b"\n")
    wrapped = read_master_key(raw).wrap(1, b"data key")
    assert read_master_key(encoded).unwrap(1, wrapped) == b"data key"


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33, base64.b64encode(b"x" * 31), b"\xff" * 44])
def test_what_is_no_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(StoreError, match="must hold 32 bytes"):
        read_master_key(file)


def test_a_missing_or_unwritable_master_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read"):
        read_master_key(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        create_master_key(tmp_path / "file" / "key")
