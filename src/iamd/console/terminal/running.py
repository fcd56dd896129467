"""A line of the terminal run: what it prints, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from iamd.caller.caller import Caller
from iamd.console.calls import Perform, Question
from iamd.console.terminal import guide, words
from iamd.console.terminal.command import HELP, PROGRAM, Command, understand
from iamd.console.terminal.completion import named
from iamd.console.terminal.output import plain, written
from iamd.console.terminal.paging import whole
from iamd.console.terminal.problems import REFUSED, Problem
from iamd.services.aside import aside
from iamd.wire import json_input, protocols
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

_FOREIGN = 127  # the exit code of shells for what is not there


class Printed(msgspec.Struct, frozen=True):
    """What a command prints, and its exit code: 0 when it went well. `secret` tells that the line has a secret in it, and
    should not be kept."""

    text: str
    status: int = 0
    secret: bool = False


async def run(line: str, caller: Caller, request: HttpRequest, perform: Perform) -> Printed:
    """Run one command as the caller; whatever is wrong with it is printed."""
    split: list[str] = []
    secret = False
    try:
        split = words.split(line)
        if not split or split[0] != PROGRAM:
            return _foreign(split)
        if HELP in split[1:4]:
            return Printed(guide.told(split[1 : split.index(HELP)]))
        secret = _may_hide(split)
        command = understand(split[1:])
        secret = command.secret
        answer = await whole(command, lambda given: _called(command, given, caller, request, perform))
        # Queries and tables of long answers take their time, which others do not wait for.
        shown = await aside(caller.account_id, partial(_shown, command, answer), patient=True)
        return Printed(shown, secret=secret)
    except Problem as problem:
        return Printed(f"{problem}\n", problem.status, secret or not split)


def _shown(command: Command, answer: dict[str, Any]) -> str:
    shown = answer if command.query is None else command.query.of(answer)
    return written(shown, command.output, command.operation.name)


def _foreign(split: list[str]) -> Printed:
    if not split:
        return Printed("")
    if split == [HELP]:
        return Printed(guide.told([]))
    return Printed(
        f"{split[0][:64]}: command not found. This terminal runs commands of the AWS CLI: try `aws help`.\n", _FOREIGN
    )


def _may_hide(split: list[str]) -> bool:
    """Whether there may be a secret in a line that was not understood: its operation takes one, or is not known."""
    operation = named(split)
    if operation is None:
        return any(word.startswith("--") for word in split)
    return any(member.sensitive for member in operation.model.inputs)


async def _called(
    command: Command, given: Mapping[str, Any], caller: Caller, request: HttpRequest, perform: Perform
) -> dict[str, Any]:
    """The answer to one call. Raises Problem for a refusal."""
    operation = command.operation
    api, region = command.api, command.region
    asked = Question(caller, api, operation.name, lambda: _understood(command, given), region)
    outcome = await perform(request, asked)
    if outcome.error is not None:
        raise _refused(operation.name, outcome.error)
    output = operation.model.output
    shown: dict[str, Any] = {} if output is None else plain(output, outcome.reply or {})
    return shown


def _understood(command: Command, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    params = json_input.members(command.operation.model, dict(given))
    protocols.of(command.api.model).check(command.operation.model, params)
    return command.operation, params


def _refused(operation: str, error: AwsError) -> Problem:
    told = f"\nAn error occurred ({error.code}) when calling the {operation} operation: {error.message}"
    return Problem(told, REFUSED)
