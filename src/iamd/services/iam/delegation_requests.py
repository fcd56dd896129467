"""Temporary delegation: another account asks for access, this one takes the request up, approves it and hands it over.

    UNASSIGNED -> ASSIGNED -> (PENDING_APPROVAL ->) ACCEPTED -> FINALIZED
                  any of these three -> REJECTED;   all -> EXPIRED

A request is kept in its requestor's account; whoever acts on it changes it there.
https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from iamd.caller.caller import CallerKind
from iamd.guard.target import Target, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.delegation_policies import covered, requested_policy, role_restrictions, summary
from iamd.services.paging import page_of
from iamd.store.kinds.delegation import DelegationClaim, DelegationRequest
from iamd.store.records import iam_arn
from iamd.wire.errors import ConcurrentModification, EntityAlreadyExists, InvalidInput, NoSuchEntity

# How long a request stays in a state before it expires.
_UNASSIGNED_FOR = timedelta(days=1)
_OTHERWISE_FOR = timedelta(days=7)
_REMEMBERED_FOR = timedelta(days=90)  # after it has expired
_ROOT_APPROVES_SECONDS = 4 * 3600
_ACCOUNT_DIGITS = 12


def expiry(request: DelegationRequest) -> datetime:
    return request.changed + (_UNASSIGNED_FOR if request.state == "UNASSIGNED" else _OTHERWISE_FOR)


def state(request: DelegationRequest, now: datetime) -> str:
    return "EXPIRED" if now >= expiry(request) else request.state


def delegation_request(call: Call, *, delegation_request_id: str) -> Target[Any]:
    """A request that the caller's account may know of; its owner may always read it and forward it.

    One without owner is known to the account that it is for, or to all when it is for none.
    """
    arn = iam_arn(call.account_id, f"delegation-request/{delegation_request_id}")
    requestor = call.realm.records(delegation_request_id[:_ACCOUNT_DIGITS])
    request = None if requestor is None else requestor.delegation_requests.get(delegation_request_id)
    if request is None or call.account_id not in (request.account_id, request.owner_account or call.account_id):
        return missing(arn, NoSuchEntity(f"The delegation request with id {delegation_request_id} cannot be found."))
    own = request.owner_arn == call.caller.principal_arn
    return Target(arn, request, policy=_default_permission(request.owner_arn) if own else None)


def _default_permission(owner_arn: str) -> str:
    actions = ["iam:GetDelegationRequest", "iam:UpdateDelegationRequest", "iam:GetHumanReadableSummary"]
    statement = {"Effect": "Allow", "Principal": {"AWS": owner_arn}, "Action": actions}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def new_request(call: Call) -> Target[None]:
    return Target(iam_arn(call.account_id, "delegation-request/*"), None)


@iam.operation(on=new_request)
def create_delegation_request(
    call: Call,
    _: None,
    *,
    description: str,
    permissions: Mapping[str, Any],
    requestor_workflow_id: str,
    notification_channel: str,
    session_duration: int,
    owner_account_id: str | None = None,
    request_message: str | None = None,
    redirect_url: str | None = None,
    only_send_by_owner: bool = False,
) -> Reply:
    """Ask for temporary access to an account, or to whichever takes the request up."""
    requests = call.records.delegation_requests
    for old in [each for each in requests if call.now >= expiry(each) + _REMEMBERED_FOR]:
        requests.remove(old)
    if requests.count("workflow", requestor_workflow_id):
        raise EntityAlreadyExists(f"A delegation request with workflow id {requestor_workflow_id} already exists.")
    quotas.check(len(requests), quotas.DELEGATION_REQUESTS, "DelegationRequestsPerAccount")
    policy = requested_policy(call, permissions)
    request = DelegationRequest(
        account_id=call.account_id,
        id=f"{call.account_id}-{uuid.uuid4()}",
        workflow_id=requestor_workflow_id,
        description=description,
        template_arn=permissions["PolicyTemplateArn"],
        parameters=json.dumps(permissions.get("Parameters") or []),
        policy=policy,
        channel=notification_channel,
        session_seconds=session_duration,
        created=call.now,
        changed=call.now,
        only_owner_sends=only_send_by_owner,
        message=request_message,
        redirect_url=redirect_url,
        owner_account=owner_account_id,
    )
    requests.add(request)
    return {"DelegationRequestId": request.id}


@iam.operation(on=delegation_request)
def get_delegation_request(
    call: Call, request: DelegationRequest, *, delegation_permission_check: bool = False
) -> Reply:
    """Describe a request and, if asked, whether the caller could approve all of it."""
    reply: dict[str, Any] = {"DelegationRequest": _view(request, call.now)}
    if delegation_permission_check:
        result = covered(call, request.policy)
        reply |= {"PermissionCheckStatus": "COMPLETED", "PermissionCheckResult": result}
    return reply


def no_resource(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=no_resource)
def list_delegation_requests(
    call: Call, _: None, *, owner_id: str | None = None, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the requests that the account has taken up, or one of its users or roles."""
    taken_up = (_claimed(call, claim) for claim in call.records.delegation_claims)
    found = [each for each in taken_up if each is not None and owner_id in (None, each.owner_arn)]
    page = page_of(
        "DelegationRequests", found, lambda each: each.id, lambda each: _view(each, call.now), marker, max_items
    )
    return {"isTruncated": page.pop("IsTruncated"), **page}


def _claimed(call: Call, claim: DelegationClaim) -> DelegationRequest | None:
    records = call.realm.records(claim.id[:_ACCOUNT_DIGITS])
    return None if records is None else records.delegation_requests.get(claim.id)


@iam.operation(on=delegation_request)
def associate_delegation_request(call: Call, request: DelegationRequest) -> None:
    """Take a request up: the caller becomes its owner, the caller's account the one that access is asked for."""
    _expect(call, request, "UNASSIGNED")
    call.records.delegation_claims.add(DelegationClaim(call.account_id, request.id))
    _move(call, request, "ASSIGNED", owner_account=call.account_id, owner_arn=call.caller.principal_arn)


@iam.operation(on=delegation_request)
def update_delegation_request(call: Call, request: DelegationRequest, *, notes: str | None = None) -> None:
    """Forward a request to somebody who may approve it."""
    _expect(call, request, "ASSIGNED", "PENDING_APPROVAL")
    _move(call, request, "PENDING_APPROVAL", notes=request.notes if notes is None else notes)


@iam.operation(on=delegation_request)
def accept_delegation_request(call: Call, request: DelegationRequest) -> None:
    """Approve a request: access will be the caller's own, as far as the request's policy goes."""
    _expect(call, request, "ASSIGNED", "PENDING_APPROVAL")
    caller = call.caller
    if caller.kind is CallerKind.ROOT and request.session_seconds > _ROOT_APPROVES_SECONDS:
        raise InvalidInput("The root user can approve delegation requests of at most 4 hours.")
    _move(call, request, "ACCEPTED", approver_arn=caller.principal_arn, approver_id=caller.id)


@iam.operation(on=delegation_request)
def reject_delegation_request(call: Call, request: DelegationRequest, *, notes: str | None = None) -> None:
    """Turn a request down, also an approved one that was not yet handed over."""
    _expect(call, request, "ASSIGNED", "PENDING_APPROVAL", "ACCEPTED")
    _move(call, request, "REJECTED", rejection=notes)


@iam.operation(on=delegation_request)
def send_delegation_token(call: Call, request: DelegationRequest) -> None:
    """Hand an approved request over: from now on its requestor can exchange the token."""
    _expect(call, request, "ACCEPTED")
    if request.only_owner_sends and request.owner_arn != call.caller.principal_arn:
        raise InvalidInput("Only the owner of this delegation request can send its token.")
    token = f"{request.id}.{secrets.token_urlsafe(32)}"
    _move(call, request, "FINALIZED", sealed_token=call.realm.sealer.seal(token.encode(), request.id.encode()))


def _expect(call: Call, request: DelegationRequest, *states: str) -> None:
    """Refuse what the request's state does not admit; its requestor can act on it only as its owner."""
    present = state(request, call.now)
    if present not in states:
        error = ConcurrentModification if call.operation.name == "AcceptDelegationRequest" else InvalidInput
        raise error(f"The delegation request is in state {present}, and must be in state {' or '.join(states)}.")
    if request.owner_account not in (None, call.account_id):
        raise InvalidInput("The delegation request belongs to another account.")


def _move(call: Call, request: DelegationRequest, to: str, **changes: Any) -> None:
    requests = call.others(request.account_id).delegation_requests
    requests.replace(request, state=to, changed=call.now, updated=call.now, **changes)


def summarized(call: Call, *, entity_arn: str) -> Target[Any]:
    kind, _, id = entity_arn.rpartition(":")[2].partition("/")
    if kind != "delegation-request" or not id:
        raise InvalidInput("The only supported entity type is delegation-request.")
    return delegation_request(call, delegation_request_id=id)


@iam.operation(on=summarized)
def get_human_readable_summary(call: Call, request: DelegationRequest, *, locale: str = "en") -> Reply:
    """Say in plain words what a request asks for; only in English."""
    if locale.partition("-")[0].partition("_")[0].lower() != "en":
        return {"Locale": locale, "SummaryState": "NOT_SUPPORTED"}
    told = summary(request.account_id, request.session_seconds, request.policy)
    return {"Locale": locale, "SummaryState": "AVAILABLE", "SummaryContent": told}


def _view(request: DelegationRequest, now: datetime) -> dict[str, Any]:
    permissions = {"PolicyTemplateArn": request.template_arn, "Parameters": json.loads(request.parameters)}
    return {
        "DelegationRequestId": request.id,
        "OwnerAccountId": request.owner_account,
        "Description": request.description,
        "RequestMessage": request.message,
        "Permissions": permissions,
        "PermissionPolicy": request.policy,
        "RolePermissionRestrictionArns": role_restrictions(request.policy),
        "OwnerId": request.owner_arn,
        "ApproverId": request.approver_arn,
        "State": state(request, now),
        "ExpirationTime": expiry(request),
        "RequestorId": request.account_id,
        "CreateDate": request.created,
        "SessionDuration": request.session_seconds,
        "RedirectUrl": request.redirect_url,
        "Notes": request.notes,
        "RejectionReason": request.rejection,
        "OnlySendByOwner": request.only_owner_sends,
        "UpdatedTime": request.updated,
    }
