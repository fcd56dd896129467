"""What Identity Center has done in an account, in the account's trail: as the service, by its linked role; in the account
that owns the instance as whoever called, for there the service has no rights of its own.

https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from iamd.audit.event import ApiEvent
from iamd.audit.identity import Identity, Issuer, identity_of
from iamd.audit.ids import new_uuid
from iamd.reference import linked_roles
from iamd.services.call import Call
from iamd.services.iam.api import iam
from iamd.services.sso_admin.center import SERVICE, Center, link
from iamd.store.image import Records
from iamd.wire.errors import InternalFailure


@dataclass(frozen=True, slots=True)
class Done:
    """An operation of IAM that was done, with its parameters by snake-case name."""

    name: str
    params: Mapping[str, Any]


def note(call: Call, center: Center, target: Records, deeds: Iterable[Done]) -> None:
    """Do these for an instance, and record each in the trail of the account that they are done in."""
    if call.change is None:
        raise InternalFailure()
    for done in deeds:
        call.change.event(
            ApiEvent(
                account_id=target.account_id,
                time=call.now,
                source=iam.source,
                name=done.name,
                region="us-east-1",
                request_id=new_uuid(),
                read_only=False,
                who=_who(call, center, target),
                operation=iam.model.operations[done.name],
                params=done.params,
                client_ip=SERVICE,
                agent=SERVICE,
            )
        )


def _who(call: Call, center: Center, target: Records) -> Identity:
    if target.account_id == center.records.account_id:
        return replace(identity_of(call.caller), invoked_by=SERVICE)
    link(target, call.now)  # the account may have deleted the role
    linked = linked_roles.get(SERVICE)
    role = None if linked is None else target.roles.named(linked.name)
    if role is None:
        raise InternalFailure()
    return Identity(
        "AssumedRole",
        f"{role.id}:AWS-SSO",
        f"arn:aws:sts::{target.account_id}:assumed-role/{role.name}/AWS-SSO",
        target.account_id,
        issuer=Issuer("Role", role.id, role.arn, target.account_id, role.name),
        issued=call.now,
        invoked_by=SERVICE,
    )
