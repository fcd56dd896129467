"""Which policies of an identity give it access to which services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iamd.guard.target import Target
from iamd.reference import services
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.granted_services import grants_access
from iamd.services.iam.identities import Identity, noun
from iamd.services.iam.sources import AttachedPolicy, identity_at, policies_of
from iamd.services.paging import page_of
from iamd.wire.errors import InvalidInput


def identity(call: Call, *, arn: str) -> Target[Any]:
    return identity_at(call, arn)


@iam.operation(on=identity)
def list_policies_granting_service_access(
    call: Call, identity: Identity, *, service_namespaces: Sequence[str], marker: str | None = None
) -> Reply:
    """List, for each service, the identity policies that give a user, group or role access to it; each document is
    looked at by itself, so another one's denial takes nothing away."""
    for namespace in service_namespaces:
        if namespace not in services.prefixes():
            raise InvalidInput(f"Invalid service namespace: {namespace}")
    policies = list(policies_of(call.records, identity))

    def granting(numbered: tuple[str, str]) -> dict[str, Any]:
        namespace = numbered[1]
        found = [_view(policy) for policy in policies if grants_access(policy.document, namespace)]
        return {"ServiceNamespace": namespace, "Policies": found}

    numbered = [(f"{number:03}", namespace) for number, namespace in enumerate(dict.fromkeys(service_namespaces))]
    return page_of("PoliciesGrantingServiceAccess", numbered, lambda pair: pair[0], granting, marker, None)


def _view(policy: AttachedPolicy) -> dict[str, Any]:
    if policy.owner is None:
        return {"PolicyName": policy.name, "PolicyType": "MANAGED", "PolicyArn": policy.arn}
    return {
        "PolicyName": policy.name,
        "PolicyType": "INLINE",
        "EntityType": noun(policy.owner).upper(),
        "EntityName": policy.owner.name,
    }
