"""AssumeRoot: a few minutes as a member account's root user, for one privileged task.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamd.caller.caller import CallerKind
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.organizations.estate import find_estate
from iamd.services.organizations.root_access import CREDENTIALS, SESSIONS, administers, is_enabled
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.credentials import issue
from iamd.store.records import PARTITION, iam_arn
from iamd.wire.errors import AccessDenied, ValidationError

# The feature that each task needs.
_TASKS = {
    f"arn:{PARTITION}:iam::aws:policy/root-task/{name}": feature
    for name, feature in (
        ("IAMAuditRootUserCredentials", CREDENTIALS),
        ("IAMCreateRootUserPassword", CREDENTIALS),
        ("IAMDeleteRootUserCredentials", CREDENTIALS),
        ("S3UnlockBucketPolicy", SESSIONS),
        ("SQSUnlockQueuePolicy", SESSIONS),
    )
}
_target = re.compile(rf"(?:arn:{PARTITION}:iam::(?P<arn>[0-9]{{12}}):root|(?P<id>[0-9]{{12}}))").fullmatch


def root_to_assume(call: Call, *, target_principal: str, task_policy_arn: Mapping[str, Any]) -> Target[Any]:
    """The root user of a member account. Whatever stands against it is told as any denial is, as AWS does."""
    named = _target(target_principal)
    if named is None:
        raise ValidationError(f"{target_principal} is invalid: a member account's id or root user ARN is expected")
    task = task_policy_arn.get("arn")
    if task not in _TASKS:
        raise ValidationError(f"{task} is not a task policy for root users")
    account_id = named["arn"] or named["id"]
    arn = iam_arn(account_id, "root")
    said = f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRoot on resource: {arn}"
    refusal = None if _may_be_assumed(call, account_id, _TASKS[task]) else AccessDenied(said)
    return Target(arn, account_id, missing=refusal, context={"aws:resourceaccount": account_id})


def _may_be_assumed(call: Call, account_id: str, feature: str) -> bool:
    estate = find_estate(call)
    if estate is None or call.caller.kind is CallerKind.ROOT or not administers(call, estate):
        return False
    member = estate.records.members.get(account_id)
    is_member = member is not None and member.closed is None and account_id != estate.organization.account_id
    return is_member and is_enabled(estate, feature)


# It changes no record: the session is in the token alone.
@sts.operation(on=root_to_assume, reads=True, refuses=TOKEN_SIZE)
def assume_root(
    call: Call, account_id: str, *, task_policy_arn: Mapping[str, Any], duration_seconds: int = 900
) -> Reply:
    """Issue credentials of a member account's root user that may do what the task policy allows, for 900 s at most.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
    """
    session = call.caller.session
    source_identity = None if session is None else session.source_identity
    credentials = issue(
        call.realm,
        call.now,
        "root",
        account_id,
        duration_seconds,
        principal_id=account_id,
        principal_name="root",
        session_name="",
        policy_arns=(task_policy_arn["arn"],),
        source_identity=source_identity,
        chained=session is not None,
    )
    return {"Credentials": credentials, "SourceIdentity": source_identity}
