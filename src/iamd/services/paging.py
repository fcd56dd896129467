"""Pages of a list: `MaxItems`, `Marker`, `IsTruncated` as IAM has them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from iamd.store.collection import Collection
from iamd.wire.errors import ValidationError

R = TypeVar("R")

DEFAULT_PAGE = 100


def page(
    member: str,
    collection: Collection[R],
    view: Callable[[R], Any],
    marker: str | None,
    max_items: int | None,
    where: Callable[[R], bool] = lambda record: True,
) -> dict[str, Any]:
    """One page of a named collection, by name; the marker survives changes in between (it is the last name told)."""
    return page_at_once(member, collection, lambda shown: [view(record) for record in shown], marker, max_items, where)


def page_at_once(
    member: str,
    collection: Collection[R],
    view: Callable[[list[R]], Any],
    marker: str | None,
    max_items: int | None,
    where: Callable[[R], bool] = lambda record: True,
) -> dict[str, Any]:
    """The same where all that is shown is viewed together, as a table."""
    limit = max_items or DEFAULT_PAGE
    name = collection.kind.unique_name or collection.kind.key
    records = collection.sorted()
    start = collection.after(text_of(marker)) if marker is not None else 0
    shown: list[R] = []
    for index in range(start, len(records)):
        if where(records[index]):
            if len(shown) == limit:
                return _answer(member, view(shown), name(shown[-1]))
            shown.append(records[index])
    return _answer(member, view(shown), None)


def page_of(
    member: str,
    items: Iterable[R],
    key: Callable[[R], str],
    view: Callable[[R], Any],
    marker: str | None,
    max_items: int | None,
) -> dict[str, Any]:
    """One page of a short list, ordered by `key`."""
    limit = max_items or DEFAULT_PAGE
    rest: Sequence[R] = sorted(items, key=key)
    if marker is not None:
        last = text_of(marker)
        rest = [item for item in rest if key(item) > last]
    following = key(rest[limit - 1]) if len(rest) > limit else None
    return _answer(member, [view(item) for item in rest[:limit]], following)


def page_in_order(
    member: str, rest: Iterable[R], key: Callable[[R], str], view: Callable[[list[R]], Any], max_items: int | None
) -> dict[str, Any]:
    """One page of a long list, viewed at once; `rest` is what lies behind the marker, in order of `key`, and is read
    only so far."""
    limit = max_items or DEFAULT_PAGE
    shown = list(islice(rest, limit + 1))
    following = key(shown[limit - 1]) if len(shown) > limit else None
    return _answer(member, view(shown[:limit]), following)


def _answer(member: str, views: Any, last: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {member: views, "IsTruncated": last is not None}
    if last is not None:
        answer["Marker"] = marker_of(last)
    return answer


def marker_of(text: str) -> str:
    """The marker that stands for that text."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def text_of(marker: str) -> str:
    """What `marker_of` was given; raises ValidationError for a marker that it never made."""
    try:
        return base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValidationError("Invalid Marker.") from None
