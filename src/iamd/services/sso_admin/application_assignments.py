"""Who may use an application.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateApplicationAssignment.html and its neighbours
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamd.services.call import Call, Reply
from iamd.services.sso_admin.access import principals_of
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, administers, visible_instance
from iamd.services.sso_admin.held_applications import HeldApplication, existing_application
from iamd.services.sso_admin.paging import page
from iamd.store.kinds.identity_applications import ApplicationAssignment
from iamd.wire.errors import AccessDenied
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException


def _found(held: HeldApplication, type_: str, id: str) -> ApplicationAssignment:
    assignments = held.center.records.application_assignments
    found: ApplicationAssignment | None = assignments.get(f"{held.application.id}/{type_}/{id}")
    if found is None:
        raise ResourceNotFoundException(f"Could not find an assignment of {type_} {id}")
    return found


def _view(center: Center, assignment: ApplicationAssignment) -> dict[str, str]:
    application = center.records.applications.get(assignment.application_id)
    if application is None:
        raise ResourceNotFoundException(f"Could not find application with id {assignment.application_id}")
    return {
        "ApplicationArn": application.arn,
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
    }


def _page(
    center: Center, found: Iterable[ApplicationAssignment], next_token: str | None, max_results: int | None
) -> Reply:
    key = center.records.application_assignments.kind.key
    return page("ApplicationAssignments", found, key, lambda each: _view(center, each), next_token, max_results)


@sso_admin.operation(on=existing_application)
def create_application_assignment(
    call: Call, held: HeldApplication, *, principal_id: str, principal_type: str
) -> Reply:
    """Let a user or a group use the application."""
    records = held.center.records
    found = records.store_users if principal_type == "USER" else records.store_groups
    if found.get(principal_id) is None:
        raise ResourceNotFoundException(f"Could not find {principal_type} with id {principal_id}")
    assignments = records.application_assignments
    if assignments.get(f"{held.application.id}/{principal_type}/{principal_id}") is not None:
        raise ConflictException(f"The {principal_type} {principal_id} is assigned already.")
    owner = held.center.instance.account_id
    assignments.add(ApplicationAssignment(owner, held.application.id, principal_type, principal_id))
    return {}


@sso_admin.operation(on=existing_application)
def describe_application_assignment(
    call: Call, held: HeldApplication, *, principal_id: str, principal_type: str
) -> Reply:
    """Tell that a user or a group is assigned."""
    return _view(held.center, _found(held, principal_type, principal_id))


@sso_admin.operation(on=existing_application)
def list_application_assignments(
    call: Call, held: HeldApplication, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List who is assigned."""
    found = held.center.records.application_assignments.where("application", held.application.id)
    return _page(held.center, found, next_token, max_results)


@sso_admin.operation(on=visible_instance)
def list_application_assignments_for_principal(
    call: Call,
    center: Center,
    *,
    principal_id: str,
    principal_type: str,
    filter: Mapping[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List what a user or a group is assigned, a user also by groups; who does not administer the instance asks for
    one application of its own account."""
    records, wanted = center.records, (filter or {}).get("ApplicationArn")
    id = None if wanted is None else wanted.rpartition("/")[2]
    if not administers(call, center):
        asked = None if id is None else records.applications.get(id)
        if asked is None or asked.arn != wanted or asked.owner_id != call.account_id:
            raise AccessDenied("Filter by an application of your own account to list assignments of this instance.")
    principals = principals_of(records, principal_type, principal_id)
    found = [each for principal in principals for each in records.application_assignments.where("principal", principal)]
    return _page(center, [each for each in found if id in (None, each.application_id)], next_token, max_results)


@sso_admin.operation(on=existing_application)
def delete_application_assignment(
    call: Call, held: HeldApplication, *, principal_id: str, principal_type: str
) -> Reply:
    """Let a user or a group use the application no more."""
    held.center.records.application_assignments.remove(_found(held, principal_type, principal_id))
    return {}


@sso_admin.operation(on=existing_application)
def put_application_assignment_configuration(call: Call, held: HeldApplication, *, assignment_required: bool) -> Reply:
    """Tell whether everybody may use the application, or those who are assigned."""
    held.replaced(assignment_required=assignment_required)
    return {}


@sso_admin.operation(on=existing_application)
def get_application_assignment_configuration(call: Call, held: HeldApplication) -> Reply:
    """Whether an assignment is required."""
    return {"AssignmentRequired": held.application.assignment_required}
