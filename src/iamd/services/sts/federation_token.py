"""GetFederationToken: temporary credentials of a user or the root user for someone else, whom a broker has let in."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.caller.caller import CallerKind
from iamd.guard.ask import Ask
from iamd.guard.target import Target, new
from iamd.services.call import Call, Reply
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.credentials import issue
from iamd.services.sts.session_policies import packed_size, session_policies
from iamd.services.sts.session_tags import session_tags
from iamd.services.sts.session_token import ROOT_SECONDS, USER_SECONDS
from iamd.store.records import PARTITION


def federated_user(call: Call, *, name: str) -> Target[str]:
    return new(f"arn:{PARTITION}:sts::{call.account_id}:federated-user/{name}")


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Tags take the permission to tag the session as well (the page "Pass session tags in AWS STS")."""
    if call.params.get("tags"):
        yield Ask("sts:TagSession", arn, call.account_id)


# It changes no record: the session is in the token alone.
@sts.operation(on=federated_user, also=tagging, reads=True, refuses=TOKEN_SIZE)
def get_federation_token(
    call: Call,
    arn: str,
    *,
    name: str,
    policy: str | None = None,
    policy_arns: list[dict[str, str]] | None = None,
    duration_seconds: int | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Issue credentials that may do what both the caller's policies and the given ones allow, for 12 hours unless it
    says otherwise, an hour at most by the root user. Without policies, only resource policies grant them anything.

    `PackedPolicySize` is always answered. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    caller = call.caller
    seconds = duration_seconds or USER_SECONDS
    if caller.kind is CallerKind.ROOT:
        seconds = min(seconds, ROOT_SECONDS)
    given = session_tags(None, tags or [], [])
    policies = session_policies(policy, policy_arns, call.records)
    packed = packed_size(policies, given.tags)
    credentials = issue(
        call.realm,
        call.now,
        "federated-user",
        caller.account_id,
        seconds,
        principal_id=caller.id,
        principal_name=caller.name,
        session_name=name,
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=given.tags,
    )
    return {
        "Credentials": credentials,
        "FederatedUser": {"FederatedUserId": f"{caller.account_id}:{name}", "Arn": arn},
        "PackedPolicySize": packed or 0,
    }
