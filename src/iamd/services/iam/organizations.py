"""The features of organizations for root users.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.organizations.estate import Estate, find_estate
from iamd.services.organizations.root_access import CREDENTIALS, SESSIONS, administers, is_trusted
from iamd.wire.errors import (
    AccountNotManagementOrDelegatedAdministratorException,
    CallerIsNotManagementAccountException,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
    ServiceAccessNotEnabledException,
)

_NONE = "The request was rejected because no organization is associated with your account."
_NOT_MANAGEMENT = "The request was rejected because the account making the request is not the management account."
_NOT_ADMINISTRATOR = (
    "The request was rejected because the account making the request is not the management account or delegated "
    "administrator account for centralized root access."
)
_NOT_ALL_FEATURES = "The request was rejected because your organization does not have All features enabled."


def _resolved(call: Call, management_only: bool) -> Target[Any]:
    """The organization of the caller's account; nothing is decided on but the action."""
    estate = find_estate(call)
    if estate is None:
        return missing("*", OrganizationNotFoundException(_NONE))
    if management_only and call.account_id != estate.organization.account_id:
        return missing("*", CallerIsNotManagementAccountException(_NOT_MANAGEMENT))
    if not administers(call, estate):
        return missing("*", AccountNotManagementOrDelegatedAdministratorException(_NOT_ADMINISTRATOR))
    if not estate.has_all_features:
        return missing("*", OrganizationNotInAllFeaturesModeException(_NOT_ALL_FEATURES))
    if not is_trusted(estate):
        said = f"Trusted Access for IAM not enabled by organization of input account {call.account_id}."
        return missing("*", ServiceAccessNotEnabledException(said))
    return Target("*", estate)


def the_managed_organization(call: Call) -> Target[Any]:
    """The organization that the caller's account manages."""
    return _resolved(call, management_only=True)


def the_organization(call: Call) -> Target[Any]:
    """The organization for which the caller's account administers IAM."""
    return _resolved(call, management_only=False)


def _features(estate: Estate, features: tuple[str, ...]) -> Reply:
    return {"OrganizationId": estate.organization.id, "EnabledFeatures": list(features)}


def _switched(estate: Estate, feature: str, on: bool) -> Reply:
    organization = estate.organization
    kept = [each for each in organization.root_features if each != feature]
    features = tuple(sorted([*kept, feature] if on else kept))
    if features != organization.root_features:
        estate.records.organizations.replace(organization, root_features=features)
    return _features(estate, features)


@iam.operation(on=the_managed_organization)
def enable_organizations_root_credentials_management(call: Call, estate: Estate) -> Reply:
    """Let the management account manage root users' credentials in member accounts."""
    return _switched(estate, CREDENTIALS, True)


@iam.operation(on=the_organization)
def disable_organizations_root_credentials_management(call: Call, estate: Estate) -> Reply:
    """Take back what EnableOrganizationsRootCredentialsManagement gave."""
    return _switched(estate, CREDENTIALS, False)


@iam.operation(on=the_managed_organization)
def enable_organizations_root_sessions(call: Call, estate: Estate) -> Reply:
    """Let the management account perform tasks as the root users of member accounts."""
    return _switched(estate, SESSIONS, True)


@iam.operation(on=the_organization)
def disable_organizations_root_sessions(call: Call, estate: Estate) -> Reply:
    """Take back what EnableOrganizationsRootSessions gave; sessions that were issued go on."""
    return _switched(estate, SESSIONS, False)


@iam.operation(on=the_organization)
def list_organizations_features(call: Call, estate: Estate) -> Reply:
    """List the features for root users that are enabled."""
    return _features(estate, estate.organization.root_features)
