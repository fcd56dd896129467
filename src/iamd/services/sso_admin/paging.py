"""Pages of a list as Identity Center has them: `MaxResults` up to 100, `NextToken`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from iamd.services.paging import part_of
from iamd.wire.errors import ValidationException

R = TypeVar("R")

PAGE = 100


def page(
    member: str,
    items: Iterable[R],
    key: Callable[[R], str],
    view: Callable[[R], Any],
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    """One page of a list, ordered by `key`; the token is the last key told. Raises ValidationException."""
    refusal = ValidationException("Invalid NextToken.")
    shown, following = part_of(items, key, next_token, max_results or PAGE, refusal)
    return {member: [view(item) for item in shown], "NextToken": following}
