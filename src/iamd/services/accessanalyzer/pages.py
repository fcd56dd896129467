"""Pages: `maxResults` and `nextToken`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from iamd.services.call import Reply
from iamd.services.paging import marker_of, text_of
from iamd.wire.errors import ValidationError, ValidationException

R = TypeVar("R")

DEFAULT_PAGE = 100
MAX_PAGE = 1_000


def page(
    member: str, items: Sequence[R], view: Callable[[R], Any], next_token: str | None, max_results: int | None
) -> Reply:
    """One page of a list; the token is the place at which the next begins. Raises ValidationException."""
    if max_results is not None and not 0 < max_results <= MAX_PAGE:
        raise ValidationException(f"maxResults must be between 1 and {MAX_PAGE}")
    start = 0 if next_token is None else _start(next_token)
    end = start + (max_results or DEFAULT_PAGE)
    return {
        member: [view(item) for item in items[start:end]],
        "nextToken": marker_of(str(end)) if end < len(items) else None,
    }


def _start(token: str) -> int:
    try:
        place = text_of(token)
    except ValidationError:
        place = ""
    if not (place.isascii() and place.isdigit() and len(place) < 10):
        raise ValidationException("The nextToken is invalid")
    return int(place)
