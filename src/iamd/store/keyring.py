"""The keys of one database: data keys wrapped by the master key, token keys sealed by the newest data key.

Adding a key makes it the current one of its purpose; the older ones still open what they sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from iamd.store.sealing import MasterKey, Sealer, new_key

Purpose = Literal["data", "token"]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A row of the keyring table."""

    id: int
    purpose: Purpose
    wrapped: bytes = field(repr=False)


class Keyring:
    """The keys, unwrapped: a sealer for secrets at rest, and the keys of session tokens."""

    def __init__(self, rows: Sequence[KeyRow], master: MasterKey) -> None:
        """Raises SealError when the master key is not the one that the rows are wrapped with."""
        self.sealer = Sealer({row.id: master.unwrap(row.id, row.wrapped) for row in rows if row.purpose == "data"})
        self.token_keys: Mapping[int, bytes] = {
            row.id: self.sealer.open(row.wrapped, _token(row.id)) for row in rows if row.purpose == "token"
        }

    @property
    def current_token_key(self) -> tuple[int, bytes]:
        """Id and key under which new session tokens are sealed."""
        newest = max(self.token_keys)
        return newest, self.token_keys[newest]


def data_key(key_id: int, master: MasterKey) -> KeyRow:
    """A new data key."""
    return KeyRow(key_id, "data", master.wrap(key_id, new_key()))


def token_key(key_id: int, sealer: Sealer) -> KeyRow:
    """A new token key."""
    return KeyRow(key_id, "token", sealer.seal(new_key(), _token(key_id)))


def first_keys(master: MasterKey) -> list[KeyRow]:
    """The rows of a new keyring."""
    data = data_key(1, master)
    sealer = Sealer({1: master.unwrap(1, data.wrapped)})
    return [data, token_key(2, sealer)]


def _token(key_id: int) -> bytes:
    return b"iamd token key %d" % key_id
