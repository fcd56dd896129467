"""The keys of one database: data keys wrapped by the master key, token keys sealed by a data key.

Adding a key makes it the current one of its purpose; the older ones still open what they sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from iamd.store.master_key import MasterKey
from iamd.store.sealing import Sealer, new_key

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
        self.newest = max(row.id for row in rows)
        self.sealer = Sealer({row.id: master.unwrap(row.id, row.wrapped) for row in rows if row.purpose == "data"})
        self.token_keys: Mapping[int, bytes] = {
            row.id: self.sealer.open(row.wrapped, _token(row.id)) for row in rows if row.purpose == "token"
        }


def data_key(key_id: int, master: MasterKey) -> KeyRow:
    """A new data key."""
    return KeyRow(key_id, "data", master.wrap(key_id, new_key()))


def token_key(key_id: int, sealer: Sealer) -> KeyRow:
    """A new token key."""
    return KeyRow(key_id, "token", seal_token_key(key_id, new_key(), sealer))


def seal_token_key(key_id: int, key: bytes, sealer: Sealer) -> bytes:
    """A token key as its row has it."""
    return sealer.seal(key, _token(key_id))


def retired(rows: Sequence[tuple[KeyRow, int]], before: int) -> list[int]:
    """The ids of the token keys, oldest first with the times at which they were made, that sealed nothing since
    `before`: those whose successor was made by then. Tokens under them have expired when that is long enough ago."""
    tokens = [(row.id, made) for row, made in rows if row.purpose == "token"]
    return [number for (number, _), (_, replaced) in pairwise(tokens) if replaced <= before]


def first_keys(master: MasterKey) -> list[KeyRow]:
    """The rows of a new keyring."""
    data = data_key(1, master)
    sealer = Sealer({1: master.unwrap(1, data.wrapped)})
    return [data, token_key(2, sealer)]


def _token(key_id: int) -> bytes:
    return b"iamd token key %d" % key_id
