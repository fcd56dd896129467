"""Pages of a list, as Organizations has them: `MaxResults` up to 20, `NextToken`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from iamd.services.paging import marker_of, text_of
from iamd.wire.errors import AwsError
from iamd.wire.organizations_errors import InvalidInputException

R = TypeVar("R")

PAGE = 20


def page(
    member: str,
    items: Iterable[R],
    key: Callable[[R], str],
    view: Callable[[R], Any],
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    """One page of a list, ordered by `key`; the token is the last key told. Raises InvalidInputException."""
    limit = max_results or PAGE
    ordered = sorted(items, key=key)
    start = 0 if next_token is None else bisect_right(ordered, _key(next_token), key=key)
    shown = ordered[start : start + limit]
    following = marker_of(key(shown[-1])) if start + limit < len(ordered) else None
    return {member: [view(item) for item in shown], "NextToken": following}


def _key(token: str) -> str:
    try:
        return text_of(token)
    except AwsError:
        raise InvalidInputException("You specified an invalid value.", "INVALID_NEXT_TOKEN") from None
