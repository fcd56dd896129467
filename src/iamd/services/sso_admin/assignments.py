"""Account assignments: a user or a group has a permission set in an account, where its role is made for it.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html and its neighbours
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas, requests
from iamd.services.sso_admin.access import principals_of
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, also_at, also_instance, existing_instance
from iamd.services.sso_admin.held_sets import HeldSet, changeable_set, existing_set, not_for_delegates
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.provisioning import account, provision, withdraw
from iamd.store.kinds.identity_center import AccountAssignment
from iamd.store.records import PARTITION


def account_arn(account_id: str) -> str:
    return f"arn:{PARTITION}:sso:::account/{account_id}"


def account_ask(call: Call, center: Center, account_id: str) -> Ask:
    """The same action on the account that is meant."""
    return also_at(call, center, account_arn(account_id))


def assignable_set(
    call: Call, *, instance_arn: str, permission_set_arn: str, target_id: str, target_type: str
) -> Target[HeldSet]:
    """The set that is to be assigned in an account; delegates assign nothing in the account that owns the instance."""
    target = changeable_set(call, instance_arn=instance_arn, permission_set_arn=permission_set_arn)
    if target.missing is not None or target.value.center.records.account_id != target_id:
        return target
    return not_for_delegates(call, target, account_arn(target_id), "it is")


def also_target(call: Call, held: HeldSet) -> Iterator[Ask]:
    """The same action on the instance and on the account that is meant."""
    yield also_instance(call, held.center)
    yield account_ask(call, held.center, call.params["target_id"])


def also_account(call: Call, held: HeldSet) -> Iterator[Ask]:
    """The same for lists."""
    yield also_instance(call, held.center)
    yield account_ask(call, held.center, call.params["account_id"])


def view(center: Center, assignment: AccountAssignment) -> dict[str, Any]:
    """The `AccountAssignment` structure."""
    return {
        "AccountId": assignment.target_id,
        "PermissionSetArn": center.arn("permissionSet", assignment.set_id),
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
    }


@sso_admin.operation(on=assignable_set, also=also_target)
def create_account_assignment(
    call: Call, held: HeldSet, *, target_id: str, principal_type: str, principal_id: str
) -> Reply:
    """Give a user or a group the set in an account, which it is provisioned to as it is now. Once more changes
    nothing but the role, which is brought up to date."""
    center = held.center
    target = account(call, center, target_id)
    failure = _no_assignee(center, held, target_id, principal_type, principal_id)
    failure = failure or provision(call, center, held.set, target)
    assignments = center.records.account_assignments
    key = f"{held.set.id}/{target_id}/{principal_type}/{principal_id}"
    if failure is None and assignments.get(key) is None:
        owner = center.instance.account_id
        assignments.add(AccountAssignment(owner, held.set.id, target_id, principal_type, principal_id, call.now))
    about = {"target_id": target_id, "principal_type": principal_type, "principal_id": principal_id}
    return requests.record(call, center, "CREATE", held.set.id, failure, **about)


def _no_assignee(center: Center, held: HeldSet, target_id: str, type_: str, id: str) -> str | None:
    """Why nobody can be assigned, or None."""
    records = center.records
    found = records.store_users.get(id) if type_ == "USER" else records.store_groups.get(id)
    if found is None:
        store_id = center.instance.store_id
        return f"Received a 404 status error: the {type_} assignee {id} was not found in directory {store_id}"
    there = records.account_assignments.where("place", f"{held.set.id}/{target_id}")
    others = [each for each in there if each.principal_type == "GROUP" and each.principal_id != id]
    if type_ == "GROUP" and len(others) >= quotas.GROUPS_PER_SET_AND_ACCOUNT:
        return f"Received a 402 status error: the set has {quotas.GROUPS_PER_SET_AND_ACCOUNT} groups in the account"
    return None


@sso_admin.operation(on=assignable_set, also=also_target)
def delete_account_assignment(
    call: Call, held: HeldSet, *, target_id: str, principal_type: str, principal_id: str
) -> Reply:
    """Take the set from a user or a group in an account; with the last one the role goes."""
    center = held.center
    target = account(call, center, target_id)
    assignments = center.records.account_assignments
    assignment = assignments.get(f"{held.set.id}/{target_id}/{principal_type}/{principal_id}")
    failure = None
    if assignment is None:
        failure = (
            "Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key "
            f"EntitlementKey{{accessorId=AccessorId{{value={principal_id}}}, "
            f"resourceId=ResourceId{{value={target_id}}}, "
            f"auxiliaryResourceId=AuxiliaryResourceId{{value={held.set.arn}}}, "
            f"containerId=ContainerId{{value={center.instance.arn}}}}}"
        )
    else:
        place = f"{held.set.id}/{target_id}"
        provisioned = center.records.provisioned_sets.get(place)
        if provisioned is not None and assignments.count("place", place) == 1:
            failure = withdraw(call, center, provisioned, target)
        if failure is None:
            assignments.remove(assignment)
    about = {"target_id": target_id, "principal_type": principal_type, "principal_id": principal_id}
    return requests.record(call, center, "DELETE", held.set.id, failure, **about)


@sso_admin.operation(on=existing_instance)
def describe_account_assignment_creation_status(
    call: Call, center: Center, *, account_assignment_creation_request_id: str
) -> Reply:
    """Tell what became of a request to assign."""
    return requests.status(center, "CREATE", account_assignment_creation_request_id)


@sso_admin.operation(on=existing_instance)
def describe_account_assignment_deletion_status(
    call: Call, center: Center, *, account_assignment_deletion_request_id: str
) -> Reply:
    """Tell what became of a request to take away."""
    return requests.status(center, "DELETE", account_assignment_deletion_request_id)


@sso_admin.operation(on=existing_instance)
def list_account_assignment_creation_status(
    call: Call,
    center: Center,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    filter: Mapping[str, str] | None = None,
) -> Reply:
    """List the requests to assign."""
    return requests.statuses(center, "CREATE", filter, next_token, max_results)


@sso_admin.operation(on=existing_instance)
def list_account_assignment_deletion_status(
    call: Call,
    center: Center,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    filter: Mapping[str, str] | None = None,
) -> Reply:
    """List the requests to take away."""
    return requests.statuses(center, "DELETE", filter, next_token, max_results)


def _page(center: Center, found: list[AccountAssignment], token: str | None, limit: int | None) -> Reply:
    key = center.records.account_assignments.kind.key
    return page("AccountAssignments", found, key, lambda each: view(center, each), token, limit)


@sso_admin.operation(on=existing_set, also=also_account)
def list_account_assignments(
    call: Call, held: HeldSet, *, account_id: str, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List who has the set in an account."""
    found = held.center.records.account_assignments.where("place", f"{held.set.id}/{account_id}")
    return _page(held.center, list(found), next_token, max_results)


@sso_admin.operation(on=existing_instance)
def list_account_assignments_for_principal(
    call: Call,
    center: Center,
    *,
    principal_id: str,
    principal_type: str,
    filter: Mapping[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List what a user or a group has, a user also by groups."""
    records = center.records
    principals = principals_of(records, principal_type, principal_id)
    account_id = (filter or {}).get("AccountId")
    found = [
        each
        for principal in principals
        for each in records.account_assignments.where("principal", principal)
        if account_id in (None, each.target_id)
    ]
    return _page(center, found, next_token, max_results)
