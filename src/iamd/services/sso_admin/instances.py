"""Instances of IAM Identity Center: made, described, changed, deleted.

Everything here is done when it is answered, so that an instance is ACTIVE from the start. AWS makes an organization's
instance in its console alone; here an organization with all features has one from the start, and CreateInstance in the
management account, or EnableAWSServiceAccess, gives it access to the organization.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateInstance.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import SERVICE, Center, existing_instance, take, to_link, visible, visible_instance
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.removal import remove
from iamd.services.sso_admin.tag_rules import merged
from iamd.store.kinds.organizations import ServiceAccess
from iamd.store.records import PARTITION
from iamd.wire.errors import AccessDenied, ValidationException
from iamd.wire.identity_errors import ConflictException

_NO_NETWORKS = "NetworkConfiguration is not supported: write conditions on aws:SourceIp into policies."


def any_instance(call: Call) -> Target[None]:
    return nothing()


def new_instance(call: Call) -> Target[None]:
    """What is made is decided on as any instance, for it has no id yet."""
    return Target(f"arn:{PARTITION}:sso:::instance/*", None)


def enabling(call: Call, _: None) -> Iterator[Ask]:
    """Who makes an instance must be allowed to make its service's role, and to give it access to the organization,
    unless there are both."""
    yield from to_link(call.records)
    if _lacks_access(call):
        context: Context = {"organizations:serviceprincipal": SERVICE}
        yield Ask("organizations:EnableAWSServiceAccess", "*", call.account_id, context=context)


def _lacks_access(call: Call) -> bool:
    manages = call.records.account.organization == call.account_id
    return manages and call.records.service_access.get(SERVICE) is None


def regions_of(center: Center) -> list[dict[str, Any]]:
    """The regions of an instance, the primary one first."""
    instance = center.instance
    views: list[dict[str, Any]] = [{"RegionName": instance.region, "AddedDate": instance.created}]
    views += [{"RegionName": name, "AddedDate": datetime.fromisoformat(since)} for name, since in instance.more_regions]
    return [{**view, "Status": "ACTIVE", "IsPrimaryRegion": view["RegionName"] == instance.region} for view in views]


def summary(center: Center) -> dict[str, Any]:
    """An instance as lists show it."""
    instance = center.instance
    return {
        "InstanceArn": instance.arn,
        "IdentityStoreId": instance.store_id,
        "IdentityStoreArn": instance.store_arn,
        "OwnerAccountId": instance.account_id,
        "Name": instance.name or None,
        "CreatedDate": instance.created,
        "Status": "ACTIVE",
        "PrimaryRegion": instance.region,
        "Regions": regions_of(center),
    }


@sso_admin.operation(on=new_instance, also=enabling)
def create_instance(
    call: Call,
    _: None,
    *,
    name: str = "",
    client_token: str | None = None,  # an account has one instance, so that a repeat can make no second one
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Make the account's instance; the organization's, where the account manages one and has not given it access yet."""
    if len(call.records.identity_centers) and not _lacks_access(call):
        raise ConflictException("An instance of IAM Identity Center already exists in this account.")
    instance = take(call.records, call.region, call.now, name, merged((), tags))
    if _lacks_access(call):
        call.records.service_access.add(ServiceAccess(call.account_id, SERVICE, call.now))
    return {"InstanceArn": instance.arn}


@sso_admin.operation(on=visible_instance)
def describe_instance(call: Call, center: Center) -> Reply:
    """Describe an instance that the account sees."""
    encryption = {"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"}
    return {
        **summary(center),
        "EncryptionConfigurationDetails": encryption,
        "PermissionSetsEnabled": center.instance.permission_sets,
    }


@sso_admin.operation(on=any_instance)
def list_instances(
    call: Call,
    _: None,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    region_scope: str = "ALL_REGIONS",
) -> Reply:
    """List the account's instance and that of its organization; those of the region alone where that is asked for. (AWS
    asks for that by default; here an instance is the same in all regions, and nobody should miss it.)"""
    shown = [each for each in visible(call) if region_scope == "ALL_REGIONS" or call.region in each.regions]
    return page("Instances", shown, lambda each: each.instance.id, summary, next_token, max_results)


@sso_admin.operation(on=existing_instance, refuses={"network_configuration": _NO_NETWORKS})
def update_instance(
    call: Call,
    center: Center,
    *,
    name: str | None = None,
    encryption_configuration: Mapping[str, Any] | None = None,
    permission_sets_enabled: bool | None = None,
) -> Reply:
    """Rename the instance, or enable permission sets, for good. There are no keys of KMS to encrypt it with."""
    if encryption_configuration is not None and permission_sets_enabled is not None:
        raise ValidationException("EncryptionConfiguration and PermissionSetsEnabled take a request each.")
    if encryption_configuration is not None and encryption_configuration["KeyType"] != "AWS_OWNED_KMS_KEY":
        raise ValidationException("Customer managed keys are not supported: secrets are sealed with the master key.")
    if permission_sets_enabled is False:
        raise ValidationException("Permission sets cannot be disabled.")
    instance = center.instance
    center.records.identity_centers.replace(
        instance,
        name=instance.name if name is None else name,
        permission_sets=instance.permission_sets or bool(permission_sets_enabled),
    )
    return {}


@sso_admin.operation(on=existing_instance)
def delete_instance(call: Call, center: Center) -> Reply:
    """Delete an instance with its people, and take its roles out of the accounts. An organization's instance is deleted
    by the management account alone. https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteInstance.html
    """
    if center.records.account_id != call.account_id:
        raise AccessDenied("Only the account that owns the instance may delete it.")
    remove(call, center)
    return {}
