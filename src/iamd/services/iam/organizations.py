"""What IAM tells of organizations: their features for root users, and when their accounts last accessed services.

No account of this server is in an organization, and these are AWS's answers to such an account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""

from __future__ import annotations

from typing import NoReturn

from iamd.guard.target import Target, missing, nothing
from iamd.services.call import Call
from iamd.services.iam.api import iam
from iamd.store.records import iam_arn
from iamd.wire.errors import AccessDenied, NoSuchEntity, OrganizationNotFoundException

_NONE = "The request was rejected because no organization is associated with your account."


def the_organization(call: Call) -> Target[None]:
    """The organization of the caller's account; nothing is decided on but the action."""
    return missing("*", OrganizationNotFoundException(_NONE))


def access_report(call: Call, *, entity_path: str) -> Target[None]:
    """The report on an entity of the organization. One of another organization is refused, whoever asks."""
    arn = iam_arn(call.account_id, f"access-report/{entity_path}")
    said = f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {arn}"
    return missing(arn, AccessDenied(said))


def no_resource(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=the_organization, reads=True)
def enable_organizations_root_credentials_management(call: Call, _: None) -> None:
    """Let the management account manage root users' credentials in member accounts."""


@iam.operation(on=the_organization, reads=True)
def disable_organizations_root_credentials_management(call: Call, _: None) -> None:
    """Take back what EnableOrganizationsRootCredentialsManagement gave."""


@iam.operation(on=the_organization, reads=True)
def enable_organizations_root_sessions(call: Call, _: None) -> None:
    """Let the management account perform tasks as the root users of member accounts."""


@iam.operation(on=the_organization, reads=True)
def disable_organizations_root_sessions(call: Call, _: None) -> None:
    """Take back what EnableOrganizationsRootSessions gave."""


@iam.operation(on=the_organization)
def list_organizations_features(call: Call, _: None) -> None:
    """List the features for root users that are enabled."""


@iam.operation(on=access_report, reads=True)
def generate_organizations_access_report(call: Call, _: None, *, organizations_policy_id: str | None = None) -> None:
    """Make a report on an organization, a unit or an account of it."""


@iam.operation(on=no_resource)
def get_organizations_access_report(
    call: Call,
    _: None,
    *,
    job_id: str,
    max_items: int | None = None,
    marker: str | None = None,
    sort_key: str | None = None,
) -> NoReturn:
    """Read such a report; there is none, as nobody could ask for one."""
    raise NoSuchEntity(f"The job with id {job_id} cannot be found.")
