"""The terminal's side of HTTP: `/console/me/terminal`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec.structs import asdict as as_dict

from iamd.caller.caller import Caller
from iamd.console.calls import Perform, as_json
from iamd.console.terminal import running
from iamd.console.terminal.completion import candidates
from iamd.console.terminal.words import LONGEST
from iamd.wire.errors import InvalidInput
from iamd.wire.http import Answer, HttpRequest


class _Line(msgspec.Struct):
    """What was typed."""

    line: Annotated[str, msgspec.Meta(max_length=LONGEST)]


async def run(caller: Caller, request: HttpRequest, perform: Perform) -> Answer:
    """Run the line of the body: what it prints, its exit code, and whether there is a secret in it. Raises AwsError."""
    return as_json(200, as_dict(await running.run(_line(request), caller, request, perform)))


def complete(request: HttpRequest) -> Answer:
    """What the last word of the line of the body can become. Raises AwsError."""
    typed, found = candidates(_line(request))
    return as_json(200, {"typed": typed, "candidates": found})


def _line(request: HttpRequest) -> str:
    try:
        return msgspec.json.decode(request.body, type=_Line).line
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(f"Send a JSON object with a `line` of at most {LONGEST} characters.") from None
