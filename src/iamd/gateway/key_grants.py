"""Grants of KMS keys: what they allow beside policies.

A grant is decided by as a statement of the key's own policy that names the principal, so that explicit denials, control
policies, boundaries and session policies meet it as they meet such a statement. What it is good for, and under which
constraints, is compared here: encryption contexts are case-sensitive, keys of conditions are not.
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway.mapped import Need
from iamd.store.records import PARTITION

Grant = Mapping[str, Any]  # a GrantListEntry of ListGrants

_EQUALS, _SUBSET, _SOURCE = "EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"
# https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
_WITHOUT_ENCRYPTION_CONTEXT = frozenset({"DescribeKey", "RetireGrant"})
_CONTEXTS = {"ReEncryptFrom": "SourceEncryptionContext", "ReEncryptTo": "DestinationEncryptionContext"}


def allowed_by(grants: Sequence[Grant], need: Need, caller: Caller) -> tuple[Grant, str] | None:
    """The grant that allows the caller what is needed, and the principal as it names them: that of the closest name."""
    for name in _names(caller):
        for grant in grants:
            if _allows(grant, need, name, caller):
                return grant, name
    return None


def with_grant(policy: str | None, grant: Grant, name: str, need: Need) -> str:
    """The key's policy, and what the grant allows to the principal of that name."""
    document = json.loads(policy) if policy else {"Version": "2012-10-17", "Statement": []}
    statements = document["Statement"]
    granted = {
        "Sid": f"Grant{grant['GrantId']}",
        "Effect": "Allow",
        "Principal": {"AWS" if name.startswith("arn:") else "Service": name},
        "Action": need.action,
        "Resource": "*",
    }
    document["Statement"] = [*(statements if isinstance(statements, list) else [statements]), granted]
    return json.dumps(document)


def _names(caller: Caller) -> Iterable[str]:
    """What grants may call the caller, the closest first."""
    if caller.kind is CallerKind.SERVICE:
        return (caller.name,)
    return dict.fromkeys((caller.arn, caller.principal_arn, f"arn:{PARTITION}:iam::{caller.account_id}:root"))


def _allows(grant: Grant, need: Need, name: str, caller: Caller) -> bool:
    operation, asked = need.action.removeprefix("kms:"), need.key_use.parameters if need.key_use else {}
    if operation == "RetireGrant":  # of itself only
        named = grant.get("GrantId") == asked.get("GrantId") and name in _who_may_retire(grant)
    else:
        named = operation in _operations(grant) and name in _grantees(grant)
    source = caller.principal_arn if caller.kind is CallerKind.SERVICE else None
    return named and _within_constraints(_mapping(grant.get("Constraints")), operation, asked, source, grant)


def _operations(grant: Grant) -> Sequence[str]:
    return grant.get("Operations") or ()


def _grantees(grant: Grant) -> tuple[Any, ...]:
    return grant.get("GranteePrincipal"), grant.get("GranteeServicePrincipal")


def _who_may_retire(grant: Grant) -> tuple[Any, ...]:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html"""
    named = grant.get("RetiringPrincipal"), grant.get("RetiringServicePrincipal"), grant.get("IssuingAccount")
    return (*named, *_grantees(grant)) if "RetireGrant" in _operations(grant) else named


def _within_constraints(
    constraints: Mapping[str, Any], operation: str, asked: Mapping[str, Any], source: str | None, grant: Grant
) -> bool:
    """Whether the request is as the constraints want it; `source` is the resource for which a service acts."""
    if constraints.get(_SOURCE) and constraints[_SOURCE] != source:
        return False
    if operation in _WITHOUT_ENCRYPTION_CONTEXT:
        return True
    if operation == "CreateGrant":
        return _no_wider(grant, constraints, asked)
    context = _mapping(asked.get(_CONTEXTS.get(operation, "EncryptionContext")))
    equals, subset = constraints.get(_EQUALS), constraints.get(_SUBSET)
    return (equals is None or context == equals) and (subset is None or _includes(context, subset))


def _no_wider(grant: Grant, constraints: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a grant that is asked for allows no more than the one by which it is made.

    https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
    """
    operations, made = asked.get("Operations"), _mapping(asked.get("Constraints"))
    if not isinstance(operations, list) or not all(each in _operations(grant) for each in operations):
        return False
    equals, subset = constraints.get(_EQUALS), constraints.get(_SUBSET)
    if constraints.get(_SOURCE) and made.get(_SOURCE) != constraints[_SOURCE]:
        return False
    if equals is not None and made.get(_EQUALS) != equals:
        return False
    return subset is None or any(
        kind in made and _includes(_mapping(made[kind]), subset) for kind in (_EQUALS, _SUBSET)
    )


def _includes(context: Mapping[str, Any], subset: Mapping[str, Any]) -> bool:
    return all(key in context and context[key] == value for key, value in subset.items())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
