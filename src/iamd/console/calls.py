"""Calls of the console: `POST /console/api/<service>/<Operation>`, a JSON object in the members of the service model.

They take the way of every call, as the person who is signed in; only signature and protocol differ. So do questions:
`POST /console/access/<path>` is the authorization API's `/access/v1/<path>`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from iamd.caller.caller import Caller
from iamd.services.call import Realm
from iamd.services.catalogue import APIS
from iamd.services.console_settings.api import console_settings
from iamd.services.registry import MAX_ECHOED, Api, Operation
from iamd.wire import json_input, protocols
from iamd.wire.errors import AwsError, InvalidAction, SerializationException
from iamd.wire.http import Answer, HttpRequest
from iamd.wire.query_json import encode, values

PREFIX = b"/console/api/"
QUESTIONS = b"/console/access/"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Question:
    """A call of a person, or of one whom the operation itself admits (None). `understand` tells operation and parameters;
    raises AwsError."""

    caller: Caller | None
    api: Api
    action: str
    understand: Callable[[], tuple[Operation, dict[str, Any]]]
    region: str = "us-east-1"


class Outcome(Protocol):
    """What came of a call."""

    @property
    def operation(self) -> Operation | None: ...

    @property
    def reply(self) -> Mapping[str, Any] | None: ...

    @property
    def error(self) -> AwsError | None: ...


Perform = Callable[[HttpRequest, Question], Awaitable[Outcome]]
"""Takes a call through the chain; whatever is wrong is in the outcome."""

Ask = Callable[[Realm, HttpRequest, Caller, bytes], Awaitable[Answer]]
"""Answers a question of the authorization API for who is signed in, by its path. Raises AwsError."""


async def answer(caller: Caller, request: HttpRequest, perform: Perform) -> Answer:
    """Do what the path names, and tell in JSON what came of it: the reply, or `code` and `message` of the error."""
    service, _, action = request.path.removeprefix(PREFIX).decode("latin-1").partition("/")
    api = console_settings if service == console_settings.name else APIS.get(service)
    if api is None:
        return refusal(InvalidAction(f"iamd does not serve {service[:MAX_ECHOED]}; it serves {', '.join(APIS)}."))
    outcome = await perform(request, Question(caller, api, action, lambda: _understood(api, action, request.body)))
    if outcome.error is not None:
        return refusal(outcome.error)
    operation = outcome.operation
    output = None if operation is None else operation.model.output
    return as_json(200, {} if output is None else values(output, outcome.reply or {}))


def question(caller: Caller | None, service: str, action: str, **params: Any) -> Question:
    """A call that a page makes by itself."""
    api = APIS[service]
    return Question(caller, api, action, lambda: (api.operations[action], params))


def _understood(api: Api, action: str, body: bytes) -> tuple[Operation, dict[str, Any]]:
    operation = api.find(action, api.model.api_version)
    if operation.takes_unsigned:
        raise InvalidAction(f"{action[:MAX_ECHOED]} takes evidence in place of a person.")
    try:
        document = _decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SerializationException("The body must be a JSON object.") from None
    params = json_input.members(operation.model, document)
    protocols.of(api.model).check(operation.model, params)
    return operation, params


def refusal(error: AwsError) -> Answer:
    """An error as the console reads it."""
    answered = as_json(error.http_status, {"code": error.code, "message": error.message})
    answered.headers.extend(error.headers)
    return answered


def as_json(status: int, value: Mapping[str, Any]) -> Answer:
    """A JSON answer that no cache keeps."""
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    return Answer(status, headers, encode(value))
