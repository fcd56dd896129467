"""The account as a whole: its alias, and its summary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.paging import page_of
from iamd.services.passkeys import has_device
from iamd.store.image import Records
from iamd.wire.errors import EntityAlreadyExists, NoSuchEntity, ValidationError

_is_account_id = re.compile("[0-9]{12}").fullmatch


def the_account(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=the_account)
def create_account_alias(call: Call, _: None, *, account_alias: str) -> None:
    """Give the account an alias, which replaces the present one; no two accounts may have the same.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html
    """
    if _is_account_id(account_alias):
        raise ValidationError("The account alias must not be a 12-digit number.")
    if call.realm.store.alias_owner(account_alias) is not None:
        raise EntityAlreadyExists(f"The account alias {account_alias} already exists.")
    call.records.accounts.replace(call.records.account, alias=account_alias)


@iam.operation(on=the_account)
def delete_account_alias(call: Call, _: None, *, account_alias: str) -> None:
    """Take the account's alias away; the present one must be named."""
    account = call.records.account
    if account.alias != account_alias:
        raise NoSuchEntity(f"The account alias {account_alias} cannot be found.")
    call.records.accounts.replace(account, alias=None)


@iam.operation(on=the_account)
def list_account_aliases(call: Call, _: None, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the account's aliases: one or none."""
    alias = call.records.account.alias
    return page_of("AccountAliases", [alias] if alias else [], str, str, marker, max_items)


@iam.operation(on=the_account)
def set_security_token_service_preferences(call: Call, _: None, *, global_endpoint_token_version: str) -> None:
    """Choose the version of the tokens that the global STS endpoint issues.

    It is kept and told in the account's summary; iamd's own tokens hold in every region, whichever it is.
    """
    version = {"v1Token": 1, "v2Token": 2}[global_endpoint_token_version]
    call.records.accounts.replace(call.records.account, global_token_version=version)


def policies_in_use(records: Records) -> set[str]:
    """The ARNs of the policies, AWS's among them, that are attached to something or are someone's boundary."""
    in_use = {attachment.policy_arn for attachment in records.attachments}
    in_use.update(_boundaries(records))
    return in_use


def _boundaries(records: Records) -> Iterator[str]:
    for holders in (records.users, records.roles):
        yield from (holder.boundary for holder in holders if holder.boundary is not None)


@iam.operation(on=the_account)
def get_account_summary(call: Call, _: None) -> Reply:
    """Count what is in the account, next to the quotas: the 34 entries that AWS was seen to answer."""
    return {"SummaryMap": {**_usage(call.records), **_quotas(call.realm.quotas)}}


def _usage(records: Records) -> dict[str, int]:
    passkeys, devices = len(records.passkeys), records.mfa_devices
    return {
        "Users": len(records.users),
        "Groups": len(records.groups),
        "Roles": len(records.roles),
        "Policies": len(records.policies),
        "InstanceProfiles": len(records.profiles),
        "Providers": len(records.oidc_providers) + len(records.saml_providers),
        "ServerCertificates": len(records.server_certificates),
        "PolicyVersionsInUse": len(policies_in_use(records)),
        "AccountAccessKeysPresent": int(records.access_keys.count("owner", records.account_id) > 0),
        "AccountSigningCertificatesPresent": int(records.signing_certificates.count("owner", records.account_id) > 0),
        "GlobalEndpointTokenVersion": records.account.global_token_version,
        "AccountPasswordPresent": int(records.account.root_password is not None),
        "MFADevices": passkeys + sum(device.is_virtual or device.owner_id is not None for device in devices),
        "MFADevicesInUse": passkeys + sum(device.owner_id is not None for device in devices),
        "AccountMFAEnabled": int(has_device(records, records.account_id)),
    }


def _quotas(granted: quotas.Quotas) -> dict[str, int]:
    return {
        "UsersQuota": quotas.USERS,
        "GroupsQuota": granted.groups,
        "RolesQuota": granted.roles,
        "PoliciesQuota": granted.policies,
        "InstanceProfilesQuota": granted.instance_profiles,
        "ServerCertificatesQuota": granted.server_certificates,
        "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
        "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER,
        "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES_PER_USER,
        "AttachedPoliciesPerUserQuota": granted.policies_per_user,
        "AttachedPoliciesPerGroupQuota": granted.policies_per_group,
        "AttachedPoliciesPerRoleQuota": granted.policies_per_role,
        "VersionsPerPolicyQuota": quotas.VERSIONS_PER_POLICY,
        "PolicyVersionsInUseQuota": quotas.POLICY_VERSIONS_IN_USE,
        "PolicySizeQuota": quotas.POLICY_SIZE,
        "UserPolicySizeQuota": quotas.USER_POLICY_SIZE,
        "GroupPolicySizeQuota": quotas.GROUP_POLICY_SIZE,
        "RolePolicySizeQuota": quotas.ROLE_POLICY_SIZE,
        "AssumeRolePolicySizeQuota": granted.trust_policy_size,
    }
