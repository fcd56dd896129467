"""What is asked and answered, and how it is written: AuthZEN's messages, and headers of forwarded requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or resource: `Entity("user", "alice")`, `Entity("todo", "17", {"owner": "alice"})`."""

    type: str
    id: str
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """May the subject do that to the resource? The action is a name, or `service:Name`."""

    subject: Entity
    action: str
    resource: Entity
    context: Properties = field(default_factory=dict)
    action_properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `reason` says why not, for logs and not for users. True in a condition when it is allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose request it is: ARN, unique id (`aws:userid`) and account."""

    arn: str
    user_id: str
    account_id: str


class Refused(Exception):
    """A request that must not pass: 401 where nobody knows whose it is, else 403. `message` is for logs."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _Public(Enum):
    PUBLIC = "public"


PUBLIC: Final = _Public.PUBLIC
"""What a question function answers for requests that everybody may make."""

Public = _Public

# Headers of a client's request that tell whose it is; everything that a signature covers goes along.
_HOP = frozenset({"connection", "content-length", "expect", "host", "keep-alive", "te", "transfer-encoding", "upgrade"})


_PROXYS = ("x-forwarded-", "x-iamd-")  # what a proxy says, which clients may not


class Garbled(ValueError):
    """An answer that is none of iamd's."""


def question_body(question: Question) -> bytes:
    """One question as JSON."""
    return json.dumps(_told(question)).encode()


def questions_body(questions: Sequence[Question]) -> bytes:
    """Several questions as JSON."""
    return json.dumps({"evaluations": [_told(each) for each in questions]}).encode()


def decision(body: bytes) -> Decision:
    """The answer to one question; raises Garbled."""
    return _decision(_json(body))


def decisions(body: bytes, count: int) -> list[Decision]:
    """The answers to so many questions; raises Garbled."""
    found = _json(body)
    answers = found.get("evaluations") if isinstance(found, dict) else None
    if not isinstance(answers, list) or len(answers) != count:
        raise Garbled("there are not as many answers as questions")
    return [_decision(each) for each in answers]


def invoked(status: int, headers: Mapping[str, str], body: bytes) -> Principal:
    """Whose request may pass. Raises Refused, and Garbled for an answer that is neither yes nor no."""
    if status in (401, 403):
        raise Refused(status, body.decode(errors="replace"))
    arn, user_id, account_id = (headers.get(f"x-iamd-{name}", "") for name in ("principal", "user-id", "account"))
    if status != 200 or not arn:
        raise Garbled(f"iamd answered {status}")
    return Principal(arn, user_id, account_id)


def forwarded(method: str, target: str, host: str, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers by which iamd is asked about a client's request; those that claim to be a proxy's are left out."""
    passed = {
        name: value
        for name, value in ((name.lower(), value) for name, value in headers)
        if name not in _HOP and not name.startswith(_PROXYS)
    }
    return {
        **passed,
        "x-forwarded-method": method,
        "x-forwarded-uri": target,
        "x-forwarded-host": host,
    }


def invoke_path(api: str) -> str:
    """The path at which iamd is asked about requests to an API."""
    return f"/_iamd/forward-auth/{quote(api, safe='')}"


def _told(question: Question) -> dict[str, Any]:
    told: dict[str, Any] = {
        "subject": _entity(question.subject),
        "action": {"name": question.action},
        "resource": _entity(question.resource),
    }
    if question.action_properties:
        told["action"]["properties"] = dict(question.action_properties)
    if question.context:
        told["context"] = dict(question.context)
    return told


def _entity(entity: Entity) -> dict[str, Any]:
    told: dict[str, Any] = {"type": entity.type, "id": entity.id}
    return {**told, "properties": dict(entity.properties)} if entity.properties else told


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Garbled("the answer is no JSON") from error


def _decision(found: Any) -> Decision:
    """Nothing but a true `decision` allows."""
    if not isinstance(found, dict) or not isinstance(found.get("decision"), bool):
        raise Garbled("the answer has no decision")
    if found["decision"]:
        return Decision(True)
    context = found.get("context")
    told = context if isinstance(context, dict) else {}
    for name, part in (("reason_admin", "en"), ("error", "message")):
        if isinstance(told.get(name), dict):
            return Decision(False, str(told[name].get(part, "")))
    return Decision(False)
