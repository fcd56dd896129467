"""What a policy of an organization may say, by its type, and how it is stored.

Control policies are of IAM's language with limits of their own, the others JSON objects with elements of their own.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

import json
from typing import Any

from iamd.policy import Document, Kind, MalformedPolicy, Statement, parse
from iamd.reference import services
from iamd.services.organizations import inheritance, quotas
from iamd.services.organizations.syntax.types import is_of_type
from iamd.wire.organizations_errors import ConstraintViolationException, MalformedPolicyDocumentException

_FIRST_VERSION = "2008-10-17"


def stored(type_: str, content: str) -> str:
    """The content as it is kept: resource control policies are compacted, all others stay as they were sent.

    Raises ConstraintViolationException for what is too long, MalformedPolicyDocumentException for what breaks a rule.
    """
    if len(content) > quotas.SIZES.get(type_, quotas.OTHER_SIZE):
        said = "You have exceeded the maximum length of a policy of this type."
        raise ConstraintViolationException(said, "POLICY_CONTENT_LIMIT_EXCEEDED")
    if type_ == "SERVICE_CONTROL_POLICY":
        _parsed(content, Kind.SCP)
        return content
    if type_ == "RESOURCE_CONTROL_POLICY":
        return _resource_control(content)
    written = _object(content)
    if not inheritance.is_well_formed(written) or not is_of_type(type_, written):
        raise MalformedPolicyDocumentException()
    return content


def _parsed(content: str, kind: Kind) -> Document:
    try:
        return parse(content, kind)
    except MalformedPolicy:
        raise MalformedPolicyDocumentException() from None


def _object(content: str) -> dict[str, Any]:
    try:
        written = json.loads(content, object_pairs_hook=_distinct, parse_constant=_refused)
        json.dumps(written, ensure_ascii=False).encode()  # fails for half a character, which none could be told
    except (ValueError, RecursionError):
        raise MalformedPolicyDocumentException() from None
    if not isinstance(written, dict):
        raise MalformedPolicyDocumentException()
    return written


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a name that it has twice, of which one would be dropped."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _resource_control(content: str) -> str:
    """The document without blanks, with its version and its statements in a list (seen of live AWS)."""
    if not all(map(_only_denies, _parsed(content, Kind.RCP).statements)):
        raise MalformedPolicyDocumentException()
    written = _object(content)
    statements = written["Statement"]
    written["Statement"] = statements if isinstance(statements, list) else [statements]
    return json.dumps({"Version": _FIRST_VERSION, **written}, separators=(",", ":"), ensure_ascii=False)


def _only_denies(statement: Statement) -> bool:
    """Whether it is a denial to everyone of certain actions on certain resources, of services under such policies."""
    who = statement.principals
    everyone = who is not None and who.everyone and not who.negated
    named = who is not None and any((who.aws, who.service, who.federated, who.canonical))
    if statement.allow or not everyone or named or statement.not_action or statement.resources is None:
        return False
    return all(map(_is_controllable, statement.actions))


def _is_controllable(action: str) -> bool:
    """Whether the action is one of a service under resource control policies, with a wildcard at its end at most."""
    prefix, _, name = action.partition(":")
    service = services.get(prefix)
    return service is not None and service.resource_control and bool(name) and not set("*?") & set(name[:-1])
