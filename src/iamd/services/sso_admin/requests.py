"""Requests to assign, to take away and to provision: what became of each.

Everything is done when it is answered; the answer says IN_PROGRESS all the same, as clients expect it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.center import Center
from iamd.services.sso_admin.paging import page
from iamd.store.kinds.identity_center import ProvisioningRequest
from iamd.wire.identity_errors import ResourceNotFoundException

_MEMBERS = {
    "CREATE": "AccountAssignmentCreationStatus",
    "DELETE": "AccountAssignmentDeletionStatus",
    "PROVISION": "PermissionSetProvisioningStatus",
}
_LISTS = {
    "CREATE": "AccountAssignmentsCreationStatus",
    "DELETE": "AccountAssignmentsDeletionStatus",
    "PROVISION": "PermissionSetsProvisioningStatus",
}


def record(call: Call, center: Center, kind: str, set_id: str, failure: str | None, **about: str | None) -> Reply:
    """Keep a request, and answer that it has begun. Of each kind the latest are kept."""
    requests = center.records.provisioning_requests
    present = requests.where("kind", kind)
    if len(present) >= quotas.REQUESTS_KEPT:
        requests.remove(present[0])
    request = ProvisioningRequest(
        account_id=center.instance.account_id,
        id=new_uuid(),
        kind=kind,
        set_id=set_id,
        created=call.now,
        status="SUCCEEDED" if failure is None else "FAILED",
        failure=failure,
        **about,
    )
    requests.add(request)
    return {_MEMBERS[kind]: _view(center, replace(request, status="IN_PROGRESS", failure=None))}


def _view(center: Center, request: ProvisioningRequest) -> dict[str, Any]:
    """The `AccountAssignmentOperationStatus` structure, or the `PermissionSetProvisioningStatus`."""
    view: dict[str, Any] = {
        "Status": request.status,
        "RequestId": request.id,
        "FailureReason": request.failure,
        "PermissionSetArn": center.arn("permissionSet", request.set_id),
        "CreatedDate": request.created,
    }
    if request.kind == "PROVISION":
        return {**view, "AccountId": request.target_id}
    return {
        **view,
        "TargetId": request.target_id,
        "TargetType": "AWS_ACCOUNT",
        "PrincipalType": request.principal_type,
        "PrincipalId": request.principal_id,
    }


def status(center: Center, kind: str, request_id: str) -> dict[str, Any]:
    """What became of a request. Raises ResourceNotFoundException."""
    request = center.records.provisioning_requests.get(request_id)
    if request is None or request.kind != kind:
        raise ResourceNotFoundException(f"Could not find a request with id {request_id}")
    return {_MEMBERS[kind]: _view(center, request)}


def statuses(
    center: Center,
    kind: str,
    filter: Mapping[str, str] | None,
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    """A page of the requests of a kind, with the status that is asked for."""
    wanted = (filter or {}).get("Status")
    found = [each for each in center.records.provisioning_requests.where("kind", kind) if wanted in (None, each.status)]

    def view(request: ProvisioningRequest) -> dict[str, Any]:
        return {"Status": request.status, "RequestId": request.id, "CreatedDate": request.created}

    return page(_LISTS[kind], found, lambda each: each.id, view, next_token, max_results)
