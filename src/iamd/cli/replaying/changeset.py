"""The file that says what would change: https://yaml.org or JSON, calls of AWS's APIs that change policies, and requests
that are to be tried besides.

    changes:
      - iam:PutUserPolicy: {UserName: ann, PolicyName: reports, PolicyDocument: {file: reports.json}}
      - organizations:AttachPolicy: {PolicyId: OnlyEurope, TargetId: ou-ab12-cd34ef56}
    requests:
      - {principal: ann, action: s3:GetObject, resource: "arn:aws:s3:::reports/1", context: {aws:SourceIp: 10.0.0.1}}

A call has the parameters that AWS documents; a document may be written out or be in a file. They are carried out one
after the other, as the operations do it, in memory alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from iamd.cli import Failure
from iamd.cli.access.arguments import checked_action
from iamd.cli.policytests.yaml_text import BadFile, read
from iamd.services.catalogue import APIS
from iamd.services.registry import Operation
from iamd.wire import json_input
from iamd.wire.errors import AwsError
from iamd.wire.model import Shape

_TOP = frozenset({"changes", "requests", "serviceControlPolicies", "resourceControlPolicies", "resourcePolicies"})
_SERVICES = ("iam", "organizations")
_NUMBERS = frozenset({"integer", "long"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call; `account_id` is whose root user makes it (None: of the only account, or the organization's own)."""

    operation: Operation
    params: Mapping[str, Any]
    account_id: str | None
    line: int


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that may be on no record: an ARN or name of a principal, an action, a resource, and condition keys."""

    principal: str
    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = {}


@dataclass(frozen=True, slots=True)
class Changeset:
    """What would change, and what is to be tried besides. `surroundings` is put in the place of what was imported beside accounts, by its names."""

    file: Path
    steps: tuple[Step, ...]
    surroundings: Mapping[str, Any] = field(default_factory=dict)
    requests: tuple[Wanted, ...] = ()


def read_changeset(file: Path, given: str | None = None, account_id: str | None = None) -> Changeset:
    """The file, checked; raises Failure, with what is wrong and where. A text that was `given` instead may be anybody's:
    it names no files, and nothing but calls. With an account, all calls are its own."""
    try:
        found = read(file.read_text("utf-8") if given is None else given)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"{file}: not UTF-8 text") from None
    except BadFile as error:
        raise Failure(f"{file}:{error.line}: {error}") from None
    if not isinstance(found, dict) or not found or found.keys() - _TOP:
        raise Failure(f"{file}: it must be a mapping with changes in it, and nothing besides {', '.join(sorted(_TOP))}")
    changes = _listed(file, found, "changes")
    surroundings = {name: value for name, value in found.items() if name not in ("changes", "requests")}
    if surroundings and (given is not None or account_id is not None):
        raise Failure(
            f"{file}: {', '.join(surroundings)} can be exchanged for a whole data directory, from a file only"
        )
    folder = file.parent if given is None else None
    steps = [_step(file, folder, change) for change in changes]
    requests = tuple(_wanted(file, each) for each in _listed(file, found, "requests"))
    return Changeset(file, tuple(_own(file, step, account_id) for step in steps), surroundings, requests)


def _listed(file: Path, found: Mapping[str, Any], name: str) -> list[Any]:
    listed = found.get(name) or []
    if not isinstance(listed, list):
        raise Failure(f"{file}: {name} must be a list")
    return listed


def _wanted(file: Path, request: Any) -> Wanted:
    """A request to be tried; raises Failure."""
    try:
        wanted = msgspec.convert(request, Wanted)
    except msgspec.ValidationError as error:
        raise Failure(f"{file}: a request needs a principal and an action: {error}") from None
    checked_action(wanted.action)
    return wanted


def _own(file: Path, step: Step, account_id: str | None) -> Step:
    """The call as that account's, where it must be one."""
    if account_id is None or step.account_id == account_id:
        return step
    if step.account_id is not None:
        raise Failure(f"{file}:{step.line}: {step.operation.name}: changes of another account than {account_id}")
    return replace(step, account_id=account_id)


def _step(file: Path, folder: Path | None, change: Any) -> Step:
    if not isinstance(change, dict):
        raise Failure(f"{file}: a change must be a mapping: iam:PutUserPolicy: {{UserName: ...}}")
    line = change.line  # type: ignore[attr-defined]  # a Table
    named = [name for name in change if name != "account"]
    if len(named) != 1 or not isinstance(change[named[0]], dict):
        raise Failure(f"{file}:{line}: a change must be one call with its parameters, and an account if need be")
    service, _, name = named[0].partition(":")
    operation = APIS[service].operations.get(name) if service in _SERVICES else None
    if operation is None or operation.reads or operation.preparation is not None:
        raise Failure(f"{file}:{line}: {named[0]} is no operation of {' or '.join(_SERVICES)} that changes policies")
    document = {key: _written(file, folder, line, value) for key, value in change[named[0]].items()}
    try:
        params = _parameters(operation, document)
    except (AwsError, ValueError) as error:
        raise Failure(f"{file}:{line}: {named[0]}: {error}") from None
    return Step(operation, params, change.get("account"), line)


def _written(file: Path, folder: Path | None, line: int, value: Any) -> Any:
    """A value, or what is in the file that it names, in that folder (None: no file may be named)."""
    if not isinstance(value, dict) or list(value) != ["file"]:
        return value
    if folder is None:
        raise Failure(f"{file}:{line}: a change that is in no file cannot name one: write the document out")
    try:
        return (folder / str(value["file"])).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}:{line}: {value['file']}: {error}") from None


def _parameters(operation: Operation, document: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's parameters, still to be held against its model; raises AwsError and ValueError."""
    members = {member.wire_name: member for member in operation.model.inputs}
    unknown = next((name for name in document if name not in members), None)
    if unknown is not None:
        raise ValueError(f"it has no parameter {unknown}")
    typed = {name: _typed(members[name].shape, value) for name, value in document.items()}
    return json_input.parse(operation.model, typed)


def _typed(shape: Shape, value: Any) -> Any:
    """A value of the file, where all scalars are texts, as JSON has it; a document as its text."""
    if shape.type == "string":
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if shape.type in _NUMBERS and isinstance(value, str):
        return int(value)
    if shape.type == "boolean" and value in ("true", "false"):
        return value == "true"
    if shape.type == "list" and isinstance(value, list):
        return [_typed(shape.element.shape, each) for each in value]
    if shape.type == "structure" and isinstance(value, dict):
        shapes = {member.wire_name: member.shape for member in shape.members}
        return {name: _typed(shapes[name], each) if name in shapes else each for name, each in value.items()}
    return value
