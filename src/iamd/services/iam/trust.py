"""Trust policies: who may assume a role.

AWS stores a trust policy re-serialised, and the users and roles that it names by their unique ids, so that one who is
made anew under the same name is not trusted: see the note on principals in the page "AWS JSON policy elements:
Principal". Accounts that are not on this server are trusted as they are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from iamd.policy import Kind
from iamd.services.call import Call, Realm
from iamd.services.iam.documents import checked, within
from iamd.store.image import Records
from iamd.store.records import PARTITION, Role, Tags, User
from iamd.wire.errors import MalformedPolicyDocument

_ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
_ACCOUNT = re.compile(rf"(?:arn:{PARTITION}:iam::)?[0-9]{{12}}(?::root)?")
_PRINCIPAL = re.compile(
    rf"arn:{PARTITION}:(?:iam::(?P<account>[0-9]{{12}}):(?P<kind>user|role)|"
    r"sts::(?P<sts_account>[0-9]{12}):(?P<sts_kind>assumed-role|federated-user))/(?P<name>[!-~]+)"
)


def trust_policy(call: Call, text: str) -> tuple[str, Tags]:
    """A trust policy as a role keeps it: `Role.trust` and `Role.trusted`.

    Raises MalformedPolicyDocument, also for a principal that does not exist, and LimitExceeded.
    """
    within(checked(text, Kind.TRUST), call.realm.quotas.trust_policy_size, "ACLSizePerRole")
    document = _normalised(json.loads(text))
    trusted: dict[str, str] = {}
    for principals in _principals(document):
        for value in _listed(principals.get("AWS", [])):
            unique_id = _resolved(call.realm, value)
            if unique_id is not None:
                trusted[value] = unique_id
    return _text(document), tuple(trusted.items())


class Estate(Protocol):
    """Whatever has the records of accounts: a server's realm, or images of the past."""

    def records(self, account_id: str) -> Records | None: ...


def rendered(role: Role, realm: Estate) -> str:
    """The trust policy as it is answered and evaluated: whoever is trusted under the present ARN, or under the unique
    id, which matches nobody else, when gone. Raises Cold when an account is needed that is not in memory."""
    for arn, unique_id in role.trusted:
        if _present(arn, unique_id, realm) != arn:
            return _rendered(role, realm)
    return role.trust


def _rendered(role: Role, realm: Estate) -> str:
    present = {arn: _present(arn, unique_id, realm) for arn, unique_id in role.trusted}
    document = json.loads(role.trust)
    for principals in _principals(document):
        if "AWS" in principals:
            principals["AWS"] = _scalar([present.get(value, value) for value in _listed(principals["AWS"])])
    return _text(document)


def _resolved(realm: Realm, principal: str) -> str | None:
    """The unique id of an AWS principal, or None for one that has no id here: an account, or a stranger.

    Raises MalformedPolicyDocument for one that cannot be, as are unique ids themselves, and for one that is not there.
    """
    if principal == "*" or _ACCOUNT.fullmatch(principal):
        return None
    named = _PRINCIPAL.fullmatch(principal)
    if named is not None:
        records = realm.records(named["account"] or named["sts_account"])
        if records is None or named["sts_kind"] == "federated-user":
            return None
        unique_id = _unique_id(records, named["kind"] or named["sts_kind"], named["name"], principal)
        if unique_id is not None:
            return unique_id
    raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{principal}"')


def _unique_id(records: Records, kind: str, name: str, arn: str) -> str | None:
    """The id behind the ARN of a user, a role, or a role session (whose id is the role's, with the session's name)."""
    if kind == "assumed-role":
        role_name, _, session = name.partition("/")
        role = records.roles.named(role_name)
        return f"{role.id}:{session}" if role is not None and role.name == role_name and session else None
    found: User | Role | None = (records.users if kind == "user" else records.roles).named(name.rpartition("/")[2])
    return found.id if found is not None and found.arn == arn else None


def _present(arn: str, unique_id: str, realm: Estate) -> str:
    """The ARN that the entity of this id has now; the id itself when it is gone."""
    account_id = arn.split(":", 5)[4]
    records = realm.records(account_id)
    if records is None:
        return unique_id
    entity_id, _, session = unique_id.partition(":")
    role = records.roles.get(entity_id)
    if role is not None:
        return f"arn:{PARTITION}:sts::{account_id}:assumed-role/{role.name}/{session}" if session else role.arn
    user = records.users.get(entity_id)
    return unique_id if user is None else user.arn


def _normalised(document: dict[str, Any]) -> dict[str, Any]:
    """The document in AWS's order of elements, with lists of one as scalars (seen of live AWS)."""
    kept: dict[str, Any] = {name: document[name] for name in ("Version", "Id") if name in document}
    return {**kept, "Statement": [_statement(statement) for statement in _listed(document["Statement"])]}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    ordered = {name: statement[name] for name in _ELEMENTS if name in statement}
    for name, value in ordered.items():
        if name in ("Principal", "NotPrincipal") and isinstance(value, dict):
            ordered[name] = {kind: _scalar(values) for kind, values in value.items()}
        elif name in ("Action", "NotAction"):
            ordered[name] = _scalar(value)
        elif name == "Condition":
            ordered[name] = {
                operator: {key: _scalar(values) for key, values in keys.items()} for operator, keys in value.items()
            }
    return ordered


def _principals(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The maps of principals of a normalised document, to read or to change."""
    for statement in document["Statement"]:
        for name in ("Principal", "NotPrincipal"):
            if isinstance(statement.get(name), dict):
                yield statement[name]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _scalar(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
