"""What programs and people ask: SCIM, the authorization API, the console's terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fuzz.guided.target import Target, texts
from iamd.authorization import messages, minio
from iamd.authorization.messages import Malformed, missing
from iamd.console.terminal import shorthand, words
from iamd.console.terminal.command import understand
from iamd.console.terminal.completion import candidates
from iamd.console.terminal.output import written
from iamd.console.terminal.problems import Problem
from iamd.console.terminal.query import Query
from iamd.services.scim.documents import ENTERPRISE, attributes_in, read
from iamd.services.scim.errors import ScimError
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import MESSAGE, operations_of, patched
from iamd.wire import json_input, protocols
from iamd.wire.errors import AwsError

_USERS: dict[str, Any] = {
    "Users": [
        {"UserName": "alice", "Path": "/", "CreateDate": "2026-01-01T00:00:00Z", "Tags": [{"Key": "a", "Value": "1"}]},
        {"UserName": "bob", "Path": "/team/", "CreateDate": "2026-01-02T00:00:00Z", "Tags": []},
    ],
    "IsTruncated": False,
    "Number": 3,
}
_PERSON: dict[str, Any] = {
    "userName": "jane",
    "active": True,
    "name": {"givenName": "Jane", "familyName": "Doe"},
    "emails": [{"value": "jane@example.com", "type": "work", "primary": True}],
    ENTERPRISE: {"department": "x", "manager": {"value": "1"}},
}


def _filter(data: bytes) -> object:
    """A filter of people."""
    return comparisons(data.decode("utf-8", "replace"), ("username", "externalid", "emails.value"))


def _patch(data: bytes) -> object:
    """A patch of a person, as far as what the store would be given."""
    person = _PERSON
    for verb, path, value in operations_of(read(data)):
        person = patched(person, verb, path, value)
    return attributes_in(person)


def _authzen(data: bytes) -> object:
    """A body, as each kind of question."""
    told: list[object] = []
    for question in (messages.read_evaluation, messages.read_evaluations, messages.read_search, minio.read):
        try:
            found = question(data)
        except Malformed as malformed:
            told.append(str(malformed))
            continue
        if isinstance(found, tuple):
            several = found[0].evaluations or []
            told.append([missing(each.over(found[0])) for each in several])
        else:
            told.append(found)
    return told


def _command(data: bytes) -> object:
    """A line of the terminal, run against an answer that is always the same; and what would complete it."""
    line = data.decode("utf-8", "replace")
    begun, offered = candidates(line)
    try:
        split = words.split(line)
        command = understand(split[1:])
    except Problem as problem:
        return begun, offered, str(problem), problem.status
    shown = _USERS if command.query is None else command.query.of(_USERS)
    return begun, offered, _checked(command), written(shown, command.output, "ListUsers")


def _checked(command: Any) -> object:
    model = command.operation.model
    try:
        params = json_input.members(model, dict(command.given))
        protocols.of(command.api.model).check(model, params)
    except AwsError as error:
        return error.message
    return params


def _selection(data: bytes) -> object:
    """A JMESPath expression, and a way of showing what it selects."""
    chosen, expression = texts(data, 2)
    shown = Query(expression).of(_USERS)
    return written(shown, ("json", "text", "table", "yaml")[len(chosen) % 4], "ListUsers")


def _shorthand(data: bytes) -> object:
    """A parameter in shorthand."""
    return shorthand.parse(data.decode("utf-8", "replace"))


def targets() -> Sequence[Target]:
    """Those of this module."""
    scim = ("userName", "externalId", "emails", " eq ", " and ", '"x"', "[type eq ", ".value", ENTERPRISE, MESSAGE)
    patch = ('{"Operations":[{"op":"replace","path":"', '"value":', '"add"', '"remove"')
    entities = (
        '"subject":',
        '"type":"user"',
        '"id":',
        '"evaluations":[',
        '"options":',
        '"page":',
        '"input":',
        '"context":',
    )
    lines = (
        "aws iam create-user --user-name ",
        "--query ",
        "--output table",
        "--cli-input-json ",
        "Key=a,Value=b",
        "--tags ",
    )
    jmes = ("Users[?", "[].", "UserName", "`1`", "sort_by(", "join(", "to_string(", "&", "||", "length(", "@", "[::-1]")
    return (
        Target("scim-filter", _filter, (ScimError,), scim),
        Target("scim-patch", _patch, (ScimError,), (*scim, *patch)),
        Target("authzen", _authzen, words=entities),
        Target("terminal", _command, (Problem,), (*lines, *jmes)),
        Target("jmespath", _selection, (Problem,), jmes),
        Target("shorthand", _shorthand, (Problem,), ("a=b", "{a=b}", "[a,b]", "\\,", "'", '"')),
    )
