"""Short requests that only read come again and again, byte by byte the same: what they mean is worked out once.

Understanding is a function of the bytes alone. Who sends them, and whether they may, is asked every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.registry import Api, Operation
from iamd.wire.http import HttpRequest

_MAX_KNOWN = 1024
_MAX_BYTES = 640  # of a request that is remembered, with the headers that tell how to read it

_Known = tuple[str, bytes, bytes, bytes | None, bytes | None]

_known: dict[_Known, tuple[Operation, Mapping[str, Any]]] = {}


def get(api: Api, request: HttpRequest) -> tuple[Operation, Mapping[str, Any]] | None:
    """The operation and its valid parameters, if these bytes came before."""
    return _known.get(_key(api, request))


def put(api: Api, request: HttpRequest, operation: Operation, params: Mapping[str, Any]) -> None:
    """Remember what a request means, unless it changes something, is long, or may carry a secret."""
    key = _key(api, request)
    if not operation.reads or sum([0 if part is None else len(part) for part in key]) > _MAX_BYTES:
        return
    if any(member.sensitive for member in operation.model.inputs) or request.query or request.path != b"/":
        return
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known[key] = (operation, params)


def _key(api: Api, request: HttpRequest) -> _Known:
    header = request.index.get
    return api.name, request.query, request.body, header(b"content-type"), header(b"x-amz-target")
