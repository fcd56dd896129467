"""Pages of a list, as Organizations has them: `MaxResults` up to 20, `NextToken`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from iamd.services.paging import part_of
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
    refusal = InvalidInputException("You specified an invalid value.", "INVALID_NEXT_TOKEN")
    shown, following = part_of(items, key, next_token, max_results or PAGE, refusal)
    return {member: [view(item) for item in shown], "NextToken": following}
