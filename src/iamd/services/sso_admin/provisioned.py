"""Permission sets provisioned again, and where they are.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ProvisionPermissionSet.html and its neighbours
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import requests
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.assignments import account_ask, assignable_set
from iamd.services.sso_admin.center import Center, also_instance, existing_instance
from iamd.services.sso_admin.held_sets import HeldSet, also_its_instance, changeable_set, existing_set
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.provisioning import account, provision
from iamd.store.kinds.identity_center import ProvisionedSet
from iamd.wire.errors import ValidationException

LATEST = "LATEST_PERMISSION_SET_PROVISIONED"


def provisioned_set(
    call: Call, *, instance_arn: str, permission_set_arn: str, target_type: str, target_id: str | None = None
) -> Target[HeldSet]:
    """The set that is to be provisioned, to one account or to all that have it."""
    given = {"instance_arn": instance_arn, "permission_set_arn": permission_set_arn}
    if (target_type == "AWS_ACCOUNT") is (target_id is None):
        raise ValidationException("TargetId is required for the TargetType AWS_ACCOUNT, and for that one alone.")
    if target_id is None:
        return changeable_set(call, **given)
    return assignable_set(call, **given, target_id=target_id, target_type=target_type)


def also_accounts(call: Call, held: HeldSet) -> Iterator[Ask]:
    """The same action on the instance and on the accounts."""
    yield also_instance(call, held.center)
    yield account_ask(call, held.center, call.params.get("target_id", "*"))


def also_account(call: Call, center: Center) -> Iterator[Ask]:
    """The same action on the account."""
    yield account_ask(call, center, call.params["account_id"])


@sso_admin.operation(on=provisioned_set, also=also_accounts)
def provision_permission_set(call: Call, held: HeldSet, *, target_id: str | None = None) -> Reply:
    """Bring accounts up to date with the set. Where it fails in one of several, it is done in the others."""
    center = held.center
    there = center.records.provisioned_sets.where("set", held.set.id)
    ids = [each.target_id for each in there] if target_id is None else [target_id]
    outcomes = [provision(call, center, held.set, account(call, center, id)) for id in ids]
    failure = next((each for each in outcomes if each is not None), None)
    return requests.record(call, center, "PROVISION", held.set.id, failure, target_id=target_id)


@sso_admin.operation(on=existing_instance)
def describe_permission_set_provisioning_status(
    call: Call, center: Center, *, provision_permission_set_request_id: str
) -> Reply:
    """Tell what became of a request to provision."""
    return requests.status(center, "PROVISION", provision_permission_set_request_id)


@sso_admin.operation(on=existing_instance)
def list_permission_set_provisioning_status(
    call: Call,
    center: Center,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    filter: Mapping[str, str] | None = None,
) -> Reply:
    """List the requests to provision."""
    return requests.statuses(center, "PROVISION", filter, next_token, max_results)


def _is_wanted(center: Center, provisioned: ProvisionedSet, status: str | None) -> bool:
    set_ = center.records.permission_sets.get(provisioned.set_id)
    return set_ is not None and (status is None or (provisioned.revision == set_.revision) is (status == LATEST))


@sso_admin.operation(on=existing_set, also=also_its_instance)
def list_accounts_for_provisioned_permission_set(
    call: Call,
    held: HeldSet,
    *,
    provisioning_status: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> Reply:
    """List the accounts that have the set, as it is now or as it was."""
    center = held.center
    there = center.records.provisioned_sets.where("set", held.set.id)
    ids = [each.target_id for each in there if _is_wanted(center, each, provisioning_status)]
    return page("AccountIds", ids, lambda id: id, lambda id: id, next_token, max_results)


@sso_admin.operation(on=existing_instance, also=also_account)
def list_permission_sets_provisioned_to_account(
    call: Call,
    center: Center,
    *,
    account_id: str,
    provisioning_status: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> Reply:
    """List the sets that an account has, as they are now or as they were."""
    there = center.records.provisioned_sets.where("target", account_id)
    ids = [each.set_id for each in there if _is_wanted(center, each, provisioning_status)]
    return page(
        "PermissionSets", ids, lambda id: id, lambda id: center.arn("permissionSet", id), next_token, max_results
    )
