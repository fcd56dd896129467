"""The file that says what would change: https://yaml.org or JSON, calls of AWS's APIs that change policies.

    changes:
      - iam:PutUserPolicy: {UserName: ann, PolicyName: reports, PolicyDocument: {file: reports.json}}
      - organizations:AttachPolicy: {PolicyId: OnlyEurope, TargetId: ou-ab12-cd34ef56}

A call has the parameters that AWS documents; a document may be written out or be in a file. They are carried out one
after the other, as the operations do it, in memory alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from iamd.cli import Failure
from iamd.cli.policytests.yaml_text import BadFile, read
from iamd.services.catalogue import APIS
from iamd.services.registry import Operation
from iamd.wire import json_input, validate
from iamd.wire.errors import AwsError
from iamd.wire.model import Shape

_TOP = frozenset({"changes", "serviceControlPolicies", "resourceControlPolicies", "resourcePolicies"})
_SERVICES = ("iam", "organizations")
_NUMBERS = frozenset({"integer", "long"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call; `account_id` is whose root user makes it (None: of the only account, or the organization's own)."""

    operation: Operation
    params: Mapping[str, Any]
    account_id: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Changeset:
    """What would change. `surroundings` is put in the place of what was imported beside accounts, by its names."""

    file: Path
    steps: tuple[Step, ...]
    surroundings: Mapping[str, Any] = field(default_factory=dict)


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
    changes = found.get("changes") or []
    if not isinstance(changes, list):
        raise Failure(f"{file}: changes must be a list")
    surroundings = {name: value for name, value in found.items() if name != "changes"}
    if surroundings and (given is not None or account_id is not None):
        raise Failure(
            f"{file}: {', '.join(surroundings)} can be exchanged for a whole data directory, from a file only"
        )
    folder = file.parent if given is None else None
    steps = [_step(file, folder, change) for change in changes]
    return Changeset(file, tuple(_own(file, step, account_id) for step in steps), surroundings)


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
    """The operation's parameters; raises AwsError and ValueError."""
    members = {member.wire_name: member for member in operation.model.inputs}
    unknown = next((name for name in document if name not in members), None)
    if unknown is not None:
        raise ValueError(f"it has no parameter {unknown}")
    typed = {name: _typed(members[name].shape, value) for name, value in document.items()}
    params = json_input.parse(operation.model, typed)
    validate.check(operation.model, params)
    return params


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
