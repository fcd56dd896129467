"""The identity that a policy source ARN names, and the policies that it has.

An ARN with another path finds its user, group or role by name (seen of live AWS).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from msgspec import structs

from iamd.guard.gather import managed_document
from iamd.guard.target import Target, missing
from iamd.reference import managed
from iamd.services.call import Call
from iamd.services.iam.groups import existing_group, groups_of
from iamd.services.iam.identities import Identity, noun
from iamd.services.iam.policies import name_of
from iamd.services.iam.roles import existing_role
from iamd.services.iam.users import existing_user
from iamd.store.image import Records
from iamd.store.records import PARTITION, User
from iamd.wire.errors import InvalidInput, NoSuchEntity


def entity(arn: str) -> tuple[str, str, str] | None:
    """Account, kind (`user`, `group`, `role`) and name in an IAM identity's ARN; None for anything else."""
    fields = arn.split(":", 5)
    if (
        len(fields) < 6
        or fields[:4] != ["arn", PARTITION, "iam", ""]
        or not (fields[4].isdigit() and len(fields[4]) == 12)
    ):
        return None
    kind, _, rest = fields[5].partition("/")
    name = rest.rpartition("/")[2]
    return (fields[4], kind, name) if kind in ("user", "group", "role") and name else None


def identity_at(call: Call, arn: str) -> Target[Any]:
    """The user, group or role of that ARN; another account's is decided on as that account's. Raises InvalidInput."""
    found = entity(arn)
    if found is None:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    account_id, kind, name = found
    if account_id != call.account_id:
        nobody = NoSuchEntity(f"The {kind} with name {name} cannot be found.")
        return structs.replace(missing(arn, nobody, f"{kind} {name}"), account_id=account_id)
    if kind == "user":
        return existing_user(call, user_name=name)
    return existing_group(call, group_name=name) if kind == "group" else existing_role(call, role_name=name)


def policy_source(call: Call, *, policy_source_arn: str) -> Target[Any]:
    return identity_at(call, policy_source_arn)


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """One policy of an identity: inline with its owner, managed with its ARN."""

    name: str
    document: str
    arn: str | None = None
    owner: Identity | None = None


def policies_of(records: Records, identity: Identity) -> Iterator[AttachedPolicy]:
    """The identity policies of a user (its groups' too), group or role; a managed one once, however often it is
    attached."""
    owners: list[Identity] = [identity]
    if isinstance(identity, User):
        owners += groups_of(records, identity)
    for owner in owners:
        for inline in records.inline.where("owner", owner.id):
            yield AttachedPolicy(inline.name, inline.document, owner=owner)
    attached = (
        attachment.policy_arn for owner in owners for attachment in records.attachments.where("owner", owner.id)
    )
    for arn in dict.fromkeys(attached):
        yield managed_at(records, arn)


def managed_at(records: Records, arn: str) -> AttachedPolicy:
    """A managed policy's default version; one that is gone says nothing, as in a decision."""
    return AttachedPolicy(name_of(arn), document_at(records, arn), arn=arn)


def boundary_of(records: Records, identity: Identity) -> AttachedPolicy | None:
    arn = getattr(identity, "boundary", None)
    return None if arn is None else managed_at(records, arn)


def document_at(records: Records, arn: str) -> str:
    """The default version's document of a managed policy, AWS's or the account's."""
    if managed.get(arn) is not None:
        return _aws_document(arn)
    return managed_document(arn, records) or EMPTY


EMPTY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iamd:Nothing","Resource":"*"}]}'


@lru_cache(256)
def _aws_document(arn: str) -> str:
    """AWS's documents are laid out anew each time they are read; the long ones take milliseconds."""
    policy = managed.get(arn)
    return EMPTY if policy is None else policy.document


def label(identity: Identity) -> str:
    """How the simulator begins the names of an identity's inline policies: `user_bob`."""
    return f"{noun(identity)}_{identity.name}"
