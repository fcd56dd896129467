"""Services that may act in the accounts of an organization: trusted access.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
"""

from __future__ import annotations

from typing import Any

from iamd.reference import principals
from iamd.services.call import Call, Reply
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, the_managed_organization, the_organization
from iamd.services.organizations.paging import page
from iamd.services.sso_admin.center import SERVICE, take
from iamd.store.kinds.organizations import ServiceAccess
from iamd.wire.organizations_errors import ConstraintViolationException, InvalidInputException

_SUFFIX = ".amazonaws.com"

# Of the table "AWS services that you can use with Organizations", those that the list of service principals lacks.
_MORE = frozenset(
    f"{name}{_SUFFIX}"
    for name in ("ipam", "reachabilityanalyzer.networkinsights", "tagpolicies.tag", "user-subscriptions")
)

POLICY_TYPES = {"SECURITYHUB_POLICY": f"securityhub{_SUFFIX}", "INSPECTOR_POLICY": f"inspector2{_SUFFIX}"}
"""Types of policies that a service needs trusted access for, while they are enabled."""


def check_service(service: str) -> None:
    """Refuse what is no service: known are those of the reference and their parts (`storage-lens.s3`).

    Raises InvalidInputException.
    """
    part_of = f"{service.removesuffix(_SUFFIX).rpartition('.')[2]}{_SUFFIX}"
    known = principals.all()
    if not service.endswith(_SUFFIX) or not (service in known or part_of in known or service in _MORE):
        said = "You specified an unrecognized service principal."
        raise InvalidInputException(said, "UNRECOGNIZED_SERVICE_PRINCIPAL")


def check_all_features(estate: Estate) -> None:
    """Raises ConstraintViolationException where the organization shares no more than its bill."""
    if not estate.has_all_features:
        said = "You can perform this operation only in an organization that has all features enabled."
        raise ConstraintViolationException(said, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def check_access(estate: Estate, service: str) -> None:
    """Raises ConstraintViolationException unless the service has trusted access."""
    if estate.records.service_access.get(service) is None:
        said = "You must enable AWS service access for the service principal before you perform this operation."
        raise ConstraintViolationException(said, "SERVICE_ACCESS_NOT_ENABLED")


def view(access: ServiceAccess) -> dict[str, Any]:
    """The `EnabledServicePrincipal` structure."""
    return {"ServicePrincipal": access.service, "DateEnabled": access.enabled}


@organizations.operation(on=the_managed_organization)
def enable_aws_service_access(call: Call, estate: Estate, *, service_principal: str) -> None:
    """Let a service see the organization and act in its accounts. Once more changes nothing."""
    check_all_features(estate)
    check_service(service_principal)
    if estate.records.service_access.get(service_principal) is None:
        access = ServiceAccess(estate.organization.account_id, service_principal, call.now)
        estate.records.service_access.add(access)
        if service_principal == SERVICE:  # as enabling Identity Center for an organization does
            take(estate.records, call.realm.region, call.now)


@organizations.operation(on=the_managed_organization)
def disable_aws_service_access(call: Call, estate: Estate, *, service_principal: str) -> None:
    """Take the access back, unless an account administers the service or a type of policies needs it."""
    check_all_features(estate)
    check_service(service_principal)
    records = estate.records
    if records.delegated_administrators.count("service", service_principal):
        said = "An account is a delegated administrator for the service: deregister it first."
        raise ConstraintViolationException(said, "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    if any(POLICY_TYPES.get(type_) == service_principal for type_ in estate.organization.policy_types):
        said = "A policy type of the service is enabled: disable it first."
        raise ConstraintViolationException(said, "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE")
    access = records.service_access.get(service_principal)
    if access is not None:
        records.service_access.remove(access)


@organizations.operation(on=the_organization)
def list_aws_service_access_for_organization(
    call: Call, estate: Estate, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the services that have access, by name."""
    trusted = estate.records.service_access
    return page("EnabledServicePrincipals", trusted, lambda each: each.service, view, next_token, max_results)
