"""Member accounts that administer a service for the whole organization, and may read all that it holds.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html
"""

from __future__ import annotations

from typing import Any

from iamd.services.call import Call, Reply
from iamd.services.organizations.accounts import existing_account, readable_account
from iamd.services.organizations.accounts import view as account_view
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, the_estate, the_organization
from iamd.services.organizations.paging import page
from iamd.services.organizations.trusted_services import check_access, check_all_features, check_service
from iamd.store.kinds.organizations import DelegatedAdministrator, Member
from iamd.wire.organizations_errors import (
    AccountAlreadyRegisteredException,
    AccountNotRegisteredException,
    ConstraintViolationException,
)

# Services whose pages say that one account at a time administers them.
_ONE = frozenset(
    f"{name}.amazonaws.com"
    for name in ("access-analyzer", "account", "detective", "guardduty", "inspector2", "macie", "securityhub", "sso")
)


def view(estate: Estate, member: Member) -> dict[str, Any]:
    """The `DelegatedAdministrator` structure: the account, and since when it administers anything."""
    described = account_view(estate, member)
    del described["Paths"]
    since = min(each.enabled for each in estate.records.delegated_administrators.where("delegate", member.id))
    return {**described, "DelegationEnabledDate": since}


def service_view(delegation: DelegatedAdministrator) -> dict[str, Any]:
    """The `DelegatedService` structure."""
    return {"ServicePrincipal": delegation.service, "DelegationEnabledDate": delegation.enabled}


@organizations.operation(on=existing_account)
def register_delegated_administrator(call: Call, member: Member, *, service_principal: str) -> None:
    """Let a member account administer a service that has trusted access."""
    estate = the_estate(call)
    check_all_features(estate)
    check_service(service_principal)
    if member.id == member.account_id:
        said = "You can't register the management account as a delegated administrator."
        raise ConstraintViolationException(said, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if member.closed:
        said = "You can't register a suspended account as a delegated administrator."
        raise ConstraintViolationException(said, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    check_access(estate, service_principal)
    delegations = estate.records.delegated_administrators
    if delegations.get(f"{member.id}/{service_principal}") is not None:
        raise AccountAlreadyRegisteredException()
    if service_principal in _ONE and delegations.count("service", service_principal):
        said = "There is a delegated administrator for this service: deregister it first."
        raise ConstraintViolationException(said, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    delegations.add(DelegatedAdministrator(member.account_id, member.id, service_principal, call.now))


@organizations.operation(on=existing_account)
def deregister_delegated_administrator(call: Call, member: Member, *, service_principal: str) -> None:
    """Take the administration of a service from an account."""
    check_service(service_principal)
    delegations = the_estate(call).records.delegated_administrators
    delegation = delegations.get(f"{member.id}/{service_principal}")
    if delegation is None:
        raise AccountNotRegisteredException()
    delegations.remove(delegation)


@organizations.operation(on=the_organization)
def list_delegated_administrators(
    call: Call,
    estate: Estate,
    *,
    service_principal: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List the accounts that administer a service, or any."""
    delegations = estate.records.delegated_administrators
    chosen = delegations if service_principal is None else delegations.where("service", service_principal)
    found = [estate.records.members.get(id) for id in {each.delegate_id for each in chosen}]
    members = [member for member in found if member is not None]
    return page(
        "DelegatedAdministrators",
        members,
        lambda each: each.id,
        lambda each: view(estate, each),
        next_token,
        max_results,
    )


@organizations.operation(on=readable_account)
def list_delegated_services_for_account(
    call: Call, member: Member, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the services that an account administers, by name."""
    delegations = the_estate(call).records.delegated_administrators.where("delegate", member.id)
    if not delegations:
        raise AccountNotRegisteredException()
    return page("DelegatedServices", delegations, lambda each: each.service, service_view, next_token, max_results)
