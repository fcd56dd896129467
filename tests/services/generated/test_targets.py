"""Targets that were deleted, never existed, or are another account's: generated over every operation that names one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from iamd.wire.model import OperationModel
from tests.live import ACCOUNT
from tests.services.generated.calls import UNFIT, call, over_operations, refused
from tests.services.generated.direct import OTHER
from tests.services.generated.estate import SERVICES
from tests.services.generated.values import Entries
from tests.services.generated.world import World

IDS = frozenset(
    {
        *("AccessKeyId", "CertificateId", "SSHPublicKeyId", "ServiceSpecificCredentialId", "VersionId"),
        *("DelegationRequestId", "DeletionTaskId", "JobId"),
        *("AccountId", "ChildId", "CreateAccountRequestId", "HandshakeId", "OrganizationalUnitId", "ParentId"),
        *("PolicyId", "ResourceId", "RootId", "SourceParentId", "DestinationParentId", "TargetId"),
    }
)
NAMES = frozenset(
    {
        *("UserName", "GroupName", "RoleName", "InstanceProfileName", "PolicyName", "ServerCertificateName"),
        *("PolicyArn", "PolicySourceArn", "Arn", "RoleArn", "OpenIDConnectProviderArn", "SAMLProviderArn"),
        *("SerialNumber", "AccountAlias", "EntityArn", "TemplateArn"),
    }
)
ALIEN = {
    "CreateDelegationRequest.NotificationChannel": "is a topic of whichever account",
    "CreateRole.AssumeRolePolicyDocument": "a role may trust another account",
    "UpdateAssumeRolePolicy.PolicyDocument": "a role may trust another account",
    "GetHumanReadableSummary.EntityArn": "a request is known by its id, and is for whoever was asked",
    "SimulateCustomPolicy.CallerArn": "a simulation may be about anybody",
    "SimulateCustomPolicy.ResourceOwner": "a simulation may be about anybody",
    "SimulatePrincipalPolicy.CallerArn": "a simulation may be about anybody",
    "SimulatePrincipalPolicy.ResourceOwner": "a simulation may be about anybody",
}
"""Members in which another account may be named, and why."""


def renamed(value: Any, old: str, new: str) -> Any:
    """The value, with that text for the other wherever it names something."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    if isinstance(value, Mapping):
        changed = {key: renamed(item, old, new) for key, item in value.items()}
        return Entries(changed) if isinstance(value, Entries) else changed
    return value


def elsewhere(world: World, operation: OperationModel, *changes: tuple[str, str]) -> Iterator[tuple[str, Any]]:
    """The fit call with one member renamed: the member's name and the parameters."""
    fit = world.fit(operation)
    for member in operation.inputs:
        value = fit.get(member.name, world.sample(member))
        for old, new in changes:
            if (other := renamed(value, old, new)) != value:
                yield member.name, {**fit, member.name: other}


@over_operations
@pytest.mark.parametrize("name", ["gone", "never"])
def test_targets_that_are_not_there(world: World, operation: OperationModel, name: str) -> None:
    creates = operation.name.startswith(("Create", "Upload", "Put"))
    for member, params in elsewhere(world, operation, ("there", name), ("bare", name)):
        names = member in NAMES and operation.service.name not in SERVICES
        if names and not (creates and member == "PolicyName"):
            answered = refused(world, operation, params, member)
            told = "AccessDenied" if operation.service.name == "sts" else "NoSuchEntity"
            assert answered.code == told or operation.name in UNFIT, (member, answered)
        elif call(world, operation, params).status == 200:
            world.restore()
        else:
            refused(world, operation, params, member)


@over_operations
def test_ids_that_are_nobodys(world: World, operation: OperationModel) -> None:
    fit = world.fit(operation)
    for member in operation.inputs:
        if member.name in IDS and operation.name != "GetAccessKeyInfo":  # reads the account out of the id itself
            value = fit.get(member.name, world.sample(member))
            other = value[:-1] + ("3" if value[-1] == "7" else "7")
            refused(world, operation, {**fit, member.name: other}, member.name)


@over_operations
def test_what_is_another_accounts(world: World, operation: OperationModel) -> None:
    for member, params in elsewhere(world, operation, (ACCOUNT, OTHER)):
        if f"{operation.name}.{member}" in ALIEN:
            assert call(world, operation, params).status == 200, member
            world.restore()
        else:
            refused(world, operation, params, member)
