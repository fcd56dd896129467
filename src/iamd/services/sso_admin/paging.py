"""Pages of a list as Identity Center has them: `MaxResults` up to 100, `NextToken`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from iamd.services.paging import page_of
from iamd.wire.errors import ValidationError, ValidationException

R = TypeVar("R")


def page(
    member: str,
    items: Iterable[R],
    key: Callable[[R], str],
    view: Callable[[R], Any],
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    """One page of a list, ordered by `key`; the token is the last key told. Raises ValidationException."""
    try:
        answer = page_of(member, items, key, view, next_token or None, max_results)
    except ValidationError:
        raise ValidationException("Invalid NextToken.") from None
    return {member: answer[member], "NextToken": answer.get("Marker")}
