"""Pages of a list: `MaxItems`, `Marker`, `IsTruncated` as IAM has them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from iamd.store.collection import Collection
from iamd.wire.errors import AwsError, ValidationError

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
    start = collection.after(text_of(marker, member)) if marker is not None else 0
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
    limit, refusal = max_items or DEFAULT_PAGE, ValidationError("Invalid Marker.")
    shown, following = part_of(items, key, marker, limit, refusal, member)
    answer = {member: [view(item) for item in shown], "IsTruncated": following is not None}
    return answer if following is None else {**answer, "Marker": following}


def part_of(
    items: Iterable[R], key: Callable[[R], str], token: str | None, limit: int, refusal: AwsError, member: str = ""
) -> tuple[Sequence[R], str | None]:
    """One page of a short list, ordered by `key`, and the token for the next. Raises the refusal for a token that was
    never given, or is of the list of another member."""
    ordered = sorted(items, key=key)
    try:
        start = bisect_right(ordered, text_of(token, member), key=key) if token else 0
    except ValidationError:
        raise refusal from None
    shown = ordered[start : start + limit]
    return shown, marker_of(key(shown[-1]), member) if start + limit < len(ordered) else None


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
        answer["Marker"] = marker_of(last, member)
    return answer


def marker_of(text: str, member: str = "") -> str:
    """The marker that stands for that text, in the list of an answer's member where it names one."""
    told = f"{text}\0{_short(member)}" if member else text
    return base64.urlsafe_b64encode(told.encode()).decode()


def text_of(marker: str, member: str = "") -> str:
    """What `marker_of` was given; raises ValidationError for a marker that it never made, or of another list, as AWS does
    (seen of ListUsers' marker at ListAccessKeys). Servers of the version before name no list."""
    try:
        told = base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValidationError("Invalid Marker.") from None
    text, named, short = told.rpartition("\0")
    if not member or not named:
        return told
    if short != _short(member):
        raise ValidationError("Invalid Marker.")
    return text


@cache
def _short(member: str) -> str:
    """Stands for the list: a marker has 320 characters at most."""
    return hashlib.blake2b(member.encode(), digest_size=2).hexdigest()
