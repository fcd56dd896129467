"""Who is an administrator: asked of the policy engine, not read off names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.guard.gather import take
from iamd.guard.organizations import Standing
from iamd.guard.snapshot import Snapshot
from iamd.policy import Layers, Principal, Request, decide
from iamd.store.image import Records
from iamd.store.records import Role, User

# An action and a resource that no policy names: who may do that may do everything.
_ANYTHING = ("iamd-any:Thing", "arn:aws:iamd-any:us-east-1:{account}:thing/at-all")
# Whoever may write the policies of a user or role that nobody has named may write their own.
_WRITING = (
    ("iam:PutUserPolicy", "arn:aws:iam::{account}:user/iamd-nobody"),
    ("iam:AttachUserPolicy", "arn:aws:iam::{account}:user/iamd-nobody"),
    ("iam:PutRolePolicy", "arn:aws:iam::{account}:role/iamd-nobody"),
    ("iam:AttachRolePolicy", "arn:aws:iam::{account}:role/iamd-nobody"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/iamd-nobody"),
)
# What a statement may ask for of anybody's request: who is an administrator with MFA only is one.
_CIRCUMSTANCES = {
    "aws:multifactorauthpresent": "true",
    "aws:securetransport": "true",
    "aws:requestedregion": "us-east-1",
}


def may_rule(principal: Principal, layers: Layers, account_id: str, context: dict[str, Any]) -> bool:
    """Whether these layers make an administrator: everything is allowed, or writing anybody's policies."""
    return any(
        decide(
            Request(principal, action, resource.format(account=account_id), account_id, {**context, **_CIRCUMSTANCES}),
            layers,
        ).allowed
        for action, resource in (_ANYTHING, *_WRITING)
    )


def is_administrator(holder: User | Role, records: Records, standing: Standing | None) -> bool:
    """Whether a user or role of the account is an administrator under all policies that bear on it."""
    snapshot: Snapshot = take(_caller(holder), records, standing)
    return may_rule(snapshot.principal, snapshot.layers, records.account_id, dict(snapshot.context))


def affected(records: Records, params: dict[str, Any]) -> Iterator[User | Role]:
    """The users and roles whose permissions a change of IAM with these `requestParameters` may have altered."""
    user, role = params.get("userName"), params.get("roleName")
    group, policy = params.get("groupName"), params.get("policyArn")
    if isinstance(user, str) or isinstance(role, str):
        found = (records.users.named(str(user)) if user else None, records.roles.named(str(role)) if role else None)
        yield from (holder for holder in found if holder is not None)
    elif isinstance(group, str):
        named = records.groups.named(group)
        yield from () if named is None else _members(records, (named.id,))
    elif isinstance(policy, str):
        owners = [attachment.owner_id for attachment in records.attachments.where("policy", policy)]
        yield from _members(records, owners)
        yield from records.users.where("boundary", policy)
        yield from records.roles.where("boundary", policy)


def _members(records: Records, owners: Iterable[str]) -> Iterator[User | Role]:
    """The users and roles of those ids, and the members of the groups."""
    for owner in owners:
        holder = records.users.get(owner) or records.roles.get(owner)
        if holder is not None:
            yield holder
        for membership in records.memberships.where("group", owner):
            member = records.users.get(membership.user_id)
            if member is not None:
                yield member


def _caller(holder: User | Role) -> Caller:
    kind = CallerKind.USER if isinstance(holder, User) else CallerKind.ROLE
    return Caller(kind, holder.account_id, holder.id, holder.name, holder.arn, holder.arn, holder.id, "")
