"""Pages: `MaxResults` and `NextToken`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from iamd.services.paging import marker_of, text_of
from iamd.wire.cloudtrail_errors import InvalidNextTokenException
from iamd.wire.errors import ValidationError

R = TypeVar("R")

MAX_PAGE = 1_000


def page(
    member: str, items: Sequence[R], view: Callable[[R], Any], next_token: str | None, max_results: int | None
) -> Mapping[str, Any]:
    """One page of a list; the token is the place at which the next begins. Raises InvalidNextTokenException."""
    start = 0 if next_token is None else _start(next_token)
    end = start + (max_results or MAX_PAGE)
    following = marker_of(str(end)) if end < len(items) else None
    return {member: [view(item) for item in items[start:end]], "NextToken": following}


def _start(token: str) -> int:
    try:
        place = text_of(token)
    except ValidationError:
        raise InvalidNextTokenException() from None
    if not (place.isascii() and place.isdigit() and len(place) < 10):
        raise InvalidNextTokenException()
    return int(place)
