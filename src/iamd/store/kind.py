"""How the records of one class are kept, and what a change to one of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from iamd.store.collection import Collection

R = TypeVar("R")


class Taken(Exception):
    """A record of that key or name exists."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """How records of one class are kept: their key within the account, their unique name, their indexes."""

    name: str  # also the table's
    record: type[R]
    key: Callable[[R], str]
    unique_name: Callable[[R], str] | None = None
    indexes: Mapping[str, Callable[[R], str | None]] = field(default_factory=dict)


def altered(record: R, **changes: Any) -> R:
    """A copy of a record, which is a struct or a dataclass, with those fields changed."""
    if isinstance(record, msgspec.Struct):
        return msgspec.structs.replace(record, **changes)
    return replace(record, **changes)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Step:
    """One record changed: `before` is None for an addition, `after` for a removal."""

    collection: Collection[Any]
    key: str
    before: Any
    after: Any
