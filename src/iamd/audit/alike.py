"""Stored events that are alike but for the id of the request, as when somebody does the same again and again: what was
found in one need not be looked for in the others. Opening every event would cost more than the call did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

_MAX_KNOWN = 4096
_SHORT = 2048  # bytes of an event that is remembered
_ID = b"\xd9$"  # begins a text of 36 characters, such as a request's id
_ID_BYTES = 38
_ISSUED = b"\xacsessionToken"  # in events of calls that issued credentials: no other is like one of these


class _Head(msgspec.Struct, array_like=True):
    """The beginning of a StoredEvent, up to what is new in each."""

    source: str
    name: str
    region: str
    request_id: str


_head = msgspec.msgpack.Decoder(_Head).decode


class Alike(Generic[T]):
    """What `look` makes of a stored event, which must depend on everything in it but the request's id."""

    def __init__(self, look: Callable[[bytes], T]) -> None:
        self._look = look
        self._heads: set[bytes] = set()  # all that stands before the id of a request, of some requests
        self._known: dict[tuple[bytes, bytes], T] = {}  # by that, and by what stands behind the id

    def of(self, record: bytes) -> T:
        """What is to be seen in a stored event."""
        if _ISSUED in record:
            return self._look(record)
        at = record.find(_ID)
        key = record[:at], record[at + _ID_BYTES :]
        found = self._known.get(key)
        if found is None:
            found = self._look(record)
            if len(record) <= _SHORT and (key[0] in self._heads or self._is_head(record, at)):
                if len(self._known) >= _MAX_KNOWN:
                    self._known.clear()
                self._known[key] = found
        return found

    def _is_head(self, record: bytes, at: int) -> bool:
        """Whether the text of 36 characters that begins there is the request's id: then it is in every event that
        begins the same, because no text is the beginning of another one."""
        request_id = _head(record).request_id.encode()
        if len(request_id) != _ID_BYTES - len(_ID) or not record.startswith(request_id, at + len(_ID)):
            return False
        if len(self._heads) >= _MAX_KNOWN:
            self._heads.clear()
        self._heads.add(record[:at])
        return True
