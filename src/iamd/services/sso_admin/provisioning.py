"""Permission sets brought to accounts, and taken from them.

Nothing is changed where anything fails: the request tells why, in AWS's words as far as they are known.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.guard.ask import Ask
from iamd.services.call import Call
from iamd.services.invocation import refusal
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.center import Center
from iamd.services.sso_admin.done import note
from iamd.services.sso_admin.role_making import lacking, make, new_role_name, policy_arns, unmake, unmake_provider
from iamd.services.sso_admin.role_rights import to_make, to_unmake
from iamd.store.image import Records
from iamd.store.kinds.identity_center import PermissionSet, ProvisionedSet
from iamd.wire.identity_errors import ResourceNotFoundException


def account(call: Call, center: Center, account_id: str) -> Records:
    """The records of an account that the instance is for; raises ResourceNotFoundException for any other."""
    if account_id == center.records.account_id:
        return center.records
    if center.is_organizational and center.records.members.get(account_id) is not None:
        return call.others(account_id)
    raise ResourceNotFoundException(f"Could not find account with id {account_id}")


def provision(call: Call, center: Center, set_: PermissionSet, target: Records) -> str | None:
    """Bring a set to an account as it is now; the reason where that fails."""
    sets = center.records.provisioned_sets
    present = sets.get(f"{set_.id}/{target.account_id}")
    if present is None and sets.count("target", target.account_id) >= quotas.SETS_PER_ACCOUNT:
        return f"Received a 402 status error: the account has {quotas.SETS_PER_ACCOUNT} permission sets already"
    role_name = new_role_name(set_) if present is None else present.role_name
    failure = _obstacle(call, set_, target, present is None) or _refused(
        call, center, target, to_make(center, set_, target, role_name)
    )
    if failure is not None:
        return failure
    note(call, center, target, make(center, set_, target, role_name, call.now))
    if present is None:
        sets.add(
            ProvisionedSet(center.instance.account_id, set_.id, target.account_id, role_name, set_.revision, call.now)
        )
    else:
        sets.replace(present, revision=set_.revision, provisioned=call.now)
    return None


def withdraw(call: Call, center: Center, provisioned: ProvisionedSet, target: Records) -> str | None:
    """Take a set from an account, and with the last one what the instance has made there; the reason where that
    fails."""
    sets, role_name = center.records.provisioned_sets, provisioned.role_name
    is_last = sets.count("target", target.account_id) == 1
    failure = _refused(call, center, target, to_unmake(center, target, role_name, is_last=is_last))
    if failure is None:
        note(call, center, target, unmake(target, role_name))
        if is_last:
            note(call, center, target, unmake_provider(center, target))
        sets.remove(provisioned)
    return failure


def _obstacle(call: Call, set_: PermissionSet, target: Records, is_new: bool) -> str | None:
    """Why the account cannot have the role: what it lacks, or a quota of IAM."""
    if target.account.closed is not None:
        return f"Received a 403 status error: the account {target.account_id} is suspended"
    arn = lacking(set_, target)
    if arn is not None:
        return f"Received a 404 status error: Not supported policy {arn}."
    granted = call.realm.quotas
    if is_new and len(target.roles) >= granted.roles:
        return _exceeded(call, "RolesPerAccount", granted.roles)
    if len(policy_arns(set_, target.account_id)) > granted.policies_per_role:
        return _exceeded(call, "PoliciesPerRole", granted.policies_per_role)
    return None


def _exceeded(call: Call, quota: str, limit: int) -> str:
    said = f"Received a 409 status error: Cannot exceed quota for {quota}: {limit}"
    return f"{said} {_of_iam(call, 409, 'LimitExceeded')}"


def _of_iam(call: Call, status: int, code: str) -> str:
    """How errors of IAM end, where AWS's services tell each other's."""
    return (
        f"(Service: AmazonIdentityManagement; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {call.request_id}; Proxy: null)"
    )


def _refused(call: Call, center: Center, target: Records, asks: Iterator[Ask]) -> str | None:
    """Why the caller may not do that in the account that owns the instance, where the service acts for the caller, so
    that nobody administers it by way of Identity Center who may not by IAM. In other accounts the service's own role
    may."""
    if target.account_id != center.records.account_id:
        return None
    for ask in asks:
        refused = refusal(call, ask)
        if refused is not None:
            return (
                "Received a 403 status error: Access denied by IAM. Please check your policy, or wait for role "
                f"propagation to complete. IAM Error: {refused.message} {_of_iam(call, 403, 'AccessDenied')}"
            )
    return None
