"""Answers in pages, put together as the AWS CLI does; what is left is told by a token to go on with.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from iamd.console.terminal.command import Command
from iamd.console.terminal.problems import FAILED, Problem
from iamd.wire.model import Paging

MOST_CALLS = 100  # for one command
SECONDS = 30.0
_SKIPPED = "boto_truncate_amount"

Call = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""One call with those parameters: its answer."""


async def whole(command: Command, call: Call) -> dict[str, Any]:
    """The answer of a command: all its pages, or as many items as were asked for. Raises Problem."""
    paging = command.operation.model.paging
    if paging is None or "no-paginate" in command.options or paging.input_token in command.given:
        return await call(command.given)
    pages, end = _Pages(command, paging), monotonic() + SECONDS
    for _ in range(MOST_CALLS):
        if pages.take(await call(pages.given)):
            return pages.answer()
        if monotonic() > end:
            raise Problem(f"The pages took longer than {SECONDS:.0f} seconds: ask for fewer, by --max-items.", FAILED)
    raise Problem(f"The answer has more than {MOST_CALLS} pages: ask for fewer, by --max-items.", FAILED)


class _Pages:
    """The pages of one answer, and the parameters of the call for the next. Of each list that is paged, what comes later
    is put behind; the first of them is what items are counted by."""

    def __init__(self, command: Command, paging: Paging) -> None:
        self.given = dict(command.given)
        self._paging = paging
        self._most = command.number("max-items")
        self._skipped = self._begin(command.options.get("starting-token"))
        self._found: dict[str, Any] = {}
        self._next: str | None = None
        size = command.number("page-size")
        if size is not None and paging.limit_key is not None:
            self.given[paging.limit_key] = size

    def _begin(self, token: str | None) -> int:
        """Go on where a token says; tells how many items of the first page have been shown before. Raises Problem."""
        if token is None:
            return 0
        try:
            told = json.loads(base64.b64decode(token, validate=True))
            if told.get(self._paging.input_token) is not None:
                self.given[self._paging.input_token] = str(told[self._paging.input_token])
            return int(told.get(_SKIPPED, 0))
        except (binascii.Error, ValueError, OverflowError, TypeError, AttributeError, RecursionError):
            raise Problem("Bad starting token: give the NextToken that an answer of this command told.") from None

    def take(self, page: dict[str, Any]) -> bool:
        """Take a page in; tells whether it was the last one that is wanted."""
        paging = self._paging
        shown = len(self._found.get(paging.result_key or "", ()))
        room = None if self._most is None else self._most - shown
        for at, key in enumerate(paging.result_keys):
            if isinstance(page.get(key), list):
                items = page[key] if at else page[key][self._skipped :]
                if not at and room is not None and len(items) > room:
                    self._next = self._token(self._skipped + room)
                    items = items[:room]
                page[key] = [*self._found.get(key, ()), *items]
        self._found = {**self._found, **page}
        if self._next is not None:
            return True
        token = page.get(paging.output_token)
        if not token or (paging.more_results is not None and not page.get(paging.more_results)):
            return True
        self.given[paging.input_token], self._skipped = token, 0
        if self._most is not None and len(self._found.get(paging.result_key or "", ())) >= self._most:
            self._next = self._token(0)
        return self._next is not None

    def answer(self) -> dict[str, Any]:
        """Everything that was taken, without what is about the pages; and the token of what is left."""
        about = {self._paging.output_token, self._paging.more_results}
        answer = {name: value for name, value in self._found.items() if name not in about}
        return answer if self._next is None else {**answer, "NextToken": self._next}

    def _token(self, shown: int) -> str:
        told = {self._paging.input_token: self.given.get(self._paging.input_token), _SKIPPED: shown}
        return base64.b64encode(json.dumps(told).encode()).decode()
