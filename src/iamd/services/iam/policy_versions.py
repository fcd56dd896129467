"""Versions of managed policies: at most five, numbers never used twice, one of them in force."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from iamd.policy import Kind
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.documents import checked, encoded, within
from iamd.services.iam.managed_policies import existing_policy, own_policy
from iamd.services.iam.policies import OwnPolicy, Policy, default_version
from iamd.services.paging import page_of
from iamd.store.image import Records
from iamd.store.records import PolicyVersion
from iamd.wire.errors import AccessDenied, DeleteConflict, LimitExceeded, NoSuchEntity
from iamd.wire.table import Columns, Table

_LAST = 10**9  # beyond any version's number


def summary(version: PolicyVersion, policy: Policy) -> dict[str, Any]:
    """A version as lists and CreatePolicyVersion show it: without its document."""
    version_id = _id(version)
    return {
        "VersionId": version_id,
        "IsDefaultVersion": version_id == default_version(policy),
        "CreateDate": version.created,
    }


def detail(version: PolicyVersion, policy: Policy) -> dict[str, Any]:
    """A version with its document."""
    return {"Document": encoded(version.document), **summary(version, policy)}


def details(versions: Sequence[tuple[Policy, PolicyVersion]]) -> Table:
    """The same of many versions."""
    members: Columns = {
        "Document": [encoded(version.document) for _, version in versions],
        "VersionId": [_id(version) for _, version in versions],
        "IsDefaultVersion": [_id(version) == default_version(policy) for policy, version in versions],
        "CreateDate": [version.created for _, version in versions],
    }
    return Table(len(versions), members)


def versions(records: Records, policy: Policy) -> Sequence[PolicyVersion]:
    """All known versions of a policy; of AWS's policies only the default version is known."""
    if isinstance(policy, OwnPolicy):
        return records.versions.where("policy", policy.id)
    number = int(policy.default_version.removeprefix("v"))
    return [PolicyVersion("aws", policy.id, number, policy.document, policy.updated)]


def newest_first(records: Records, policy: Policy) -> Sequence[PolicyVersion]:
    """The same in the order in which they are shown together with the policy."""
    known = versions(records, policy)
    return known if len(known) == 1 else sorted(known, key=_number, reverse=True)


_number = attrgetter("number")


def _id(version: PolicyVersion) -> str:
    return f"v{version.number}"


def _version(records: Records, policy: Policy, version_id: str) -> PolicyVersion:
    for version in versions(records, policy):
        if _id(version) == version_id:
            return version
    raise NoSuchEntity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")


@iam.operation(on=own_policy(AccessDenied, "Cannot create versions for policies outside your own account."))
def create_policy_version(
    call: Call, policy: OwnPolicy, *, policy_document: str, set_as_default: bool = False
) -> Reply:
    """Add a version, in force at once only if asked."""
    document = within(checked(policy_document, Kind.MANAGED), quotas.POLICY_SIZE, "PolicySize")
    if call.records.versions.count("policy", policy.id) >= quotas.VERSIONS_PER_POLICY:
        raise LimitExceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
            "version."
        )
    number = policy.last_version + 1
    version = call.records.versions.add(PolicyVersion(call.account_id, policy.id, number, document, call.now))
    default = number if set_as_default else policy.default_version
    policy = call.records.policies.replace(policy, last_version=number, default_version=default, updated=call.now)
    return {"PolicyVersion": summary(version, policy)}


@iam.operation(on=existing_policy)
def get_policy_version(call: Call, policy: Policy, *, version_id: str) -> Reply:
    """Describe a version with its document."""
    return {"PolicyVersion": detail(_version(call.records, policy, version_id), policy)}


@iam.operation(on=existing_policy)
def list_policy_versions(
    call: Call, policy: Policy, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List a policy's versions, newest first."""
    return page_of(
        "Versions",
        versions(call.records, policy),
        lambda version: f"{_LAST - version.number:010}",
        lambda version: summary(version, policy),
        marker,
        max_items,
    )


@iam.operation(on=own_policy(AccessDenied, "Cannot update policies outside your own account."))
def set_default_policy_version(call: Call, policy: OwnPolicy, *, version_id: str) -> None:
    """Put a version in force for everybody who has the policy."""
    version = _version(call.records, policy, version_id)
    call.records.policies.replace(policy, default_version=version.number)


@iam.operation(on=own_policy(AccessDenied, "Cannot delete policy versions for policies outside your own account."))
def delete_policy_version(call: Call, policy: OwnPolicy, *, version_id: str) -> None:
    """Delete a version that is not in force."""
    version = _version(call.records, policy, version_id)
    if version_id == default_version(policy):
        raise DeleteConflict("Cannot delete the default version of a policy.")
    call.records.versions.remove(version)
