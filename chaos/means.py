"""What people are denied by, and allowed again: each of these is one change, and on or off."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from chaos.history import History
from chaos.noting import known
from chaos.people import (
    USED,
    Person,
    Setup,
    Way,
    by_asking_for_object,
    by_asking_for_role,
    by_assuming,
    by_gateway,
    by_key,
    by_question,
    by_role,
    by_session,
    document,
    trust,
)
from chaos.requests import Request, iam, organizations, put_bucket_policy, sts

POLICY = "register"
_EVERY_WAY = (by_key, by_question, by_gateway, by_session)


class Means(NamedTuple):
    """`change` allows the person, or denies; `prepare` makes what it needs, and allows. What persons use is `granted` to
    them besides, or not. They are of another account, `apart`. What is changed `upstream` only the server that the change
    passed knows of at once: one does all. A `numbered` policy tells its write."""

    change: Callable[[Person, int, bool], Request]
    ways: tuple[Way, ...] = _EVERY_WAY
    prepare: Callable[[Setup, Person], None] = lambda setup, person: None
    granted: bool = True
    apart: bool = False
    upstream: bool = False
    numbered: bool = False


def made(setup: Setup, name: str, means: str, history: History) -> Person:
    """Somebody who is allowed, and can be denied by these means."""
    kind = MEANS[means]
    called = name if kind.numbered else f"{name}, {means}"
    register = history.register(called, numbered=kind.numbered, recorded=not kind.upstream)
    person = setup.person(name, means, register, granted=kind.granted, apart=kind.apart)
    kind.prepare(setup, person)
    if not kind.numbered:
        now = time.monotonic()
        known(register, now, now)
    return person


def _inline(person: Person, number: int, allows: bool) -> Request:
    policy = document(USED, allows=allows, sid=f"w{number}x")
    return iam("PutUserPolicy", UserName=person.name, PolicyName=POLICY, PolicyDocument=policy)


def _key(person: Person, number: int, allows: bool) -> Request:
    status = "Active" if allows else "Inactive"
    return iam("UpdateAccessKey", UserName=person.name, AccessKeyId=person.key.access_key, Status=status)


def _make_group(setup: Setup, person: Person) -> None:
    setup.iam.create_group(GroupName=person.name)
    setup.iam.put_group_policy(GroupName=person.name, PolicyName="allowing", PolicyDocument=document(USED))
    setup.iam.add_user_to_group(GroupName=person.name, UserName=person.name)


def _membership(person: Person, number: int, allows: bool) -> Request:
    action = "AddUserToGroup" if allows else "RemoveUserFromGroup"
    return iam(action, GroupName=person.name, UserName=person.name)


def _make_versions(setup: Setup, person: Person) -> None:
    made = setup.iam.create_policy(PolicyName=person.name, PolicyDocument=document(USED))
    person.thing = made["Policy"]["Arn"]
    setup.iam.create_policy_version(PolicyArn=person.thing, PolicyDocument=document(USED, allows=False))
    setup.iam.attach_user_policy(UserName=person.name, PolicyArn=person.thing)


def _version(person: Person, number: int, allows: bool) -> Request:
    return iam("SetDefaultPolicyVersion", PolicyArn=person.thing, VersionId="v1" if allows else "v2")


def _find_denying(setup: Setup, person: Person) -> None:
    person.thing = setup.denying


def _attachment(person: Person, number: int, allows: bool) -> Request:
    return iam("DetachUserPolicy" if allows else "AttachUserPolicy", UserName=person.name, PolicyArn=person.thing)


def _boundary(person: Person, number: int, allows: bool) -> Request:
    if allows:
        return iam("DeleteUserPermissionsBoundary", UserName=person.name)
    return iam("PutUserPermissionsBoundary", UserName=person.name, PermissionsBoundary=person.thing)


def _make_role(setup: Setup, person: Person) -> None:
    person.thing = setup.role(person.name, setup.visitor_arn, USED)
    person.entry = setup.visitor, sts("AssumeRole", RoleArn=person.thing, RoleSessionName="chaos")


def _make_trusting_role(setup: Setup, person: Person) -> None:
    person.thing = setup.role(person.name, person.arn)


def _trust(person: Person, number: int, allows: bool) -> Request:
    return iam("UpdateAssumeRolePolicy", RoleName=person.name, PolicyDocument=trust(person.arn, allows=allows))


def _revocation(person: Person, number: int, allows: bool) -> Request:
    """As the console revokes sessions, but of all times or of none, whatever the servers' clocks."""
    before = "1970-01-01T00:00:00Z" if allows else "2999-01-01T00:00:00Z"
    older = {"DateLessThan": {"aws:TokenIssueTime": before}}
    policy = document(["*"], allows=False, Condition=older)
    return iam("PutRolePolicy", RoleName=person.name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy)


def _make_control_policy(setup: Setup, person: Person) -> None:
    _allow_at_bucket(setup, person)  # it is the management account's
    person.thing = setup.control_policy(person.name, document(USED))
    setup.organizations().attach_policy(PolicyId=person.thing, TargetId=person.account)


def _control_policy(person: Person, number: int, allows: bool) -> Request:
    return organizations("UpdatePolicy", PolicyId=person.thing, Content=document(USED, allows=allows))


def _make_unattached(setup: Setup, person: Person) -> None:
    _allow_at_bucket(setup, person)
    person.thing = setup.control_policy(person.name, document(USED, allows=False))


def _control_attachment(person: Person, number: int, allows: bool) -> Request:
    action = "DetachPolicy" if allows else "AttachPolicy"
    return organizations(action, PolicyId=person.thing, TargetId=person.account)


def _allow_at_bucket(setup: Setup, person: Person) -> None:
    setup.put_bucket_policy(person.name, _bucket_document(person, allows=True))


def _bucket(person: Person, number: int, allows: bool) -> Request:
    return put_bucket_policy(person.name, _bucket_document(person, allows=allows))


def _bucket_document(person: Person, *, allows: bool) -> str:
    objects = f"arn:aws:s3:::{person.name}/*"
    return document(["s3:GetObject"], allows=allows, Principal={"AWS": person.arn}, Resource=objects)


MEANS = {
    "inline policy": Means(_inline, granted=False, numbered=True),
    "key": Means(_key, (by_key, by_gateway)),
    "group": Means(_membership, prepare=_make_group, granted=False),
    "version": Means(_version, prepare=_make_versions, granted=False),
    "attachment": Means(_attachment, prepare=_find_denying),
    "boundary": Means(_boundary, prepare=_find_denying),
    "trust": Means(_trust, (by_assuming, by_asking_for_role), _make_trusting_role),
    "revocation": Means(_revocation, (by_role, by_session), _make_role),
    "control policy": Means(_control_policy, prepare=_make_control_policy, apart=True),
    "control attachment": Means(_control_attachment, prepare=_make_unattached, apart=True),
    "bucket policy": Means(_bucket, (by_gateway, by_asking_for_object), _allow_at_bucket, granted=False, upstream=True),
}
"""By the name that `--means` takes."""

BEHIND_GATEWAY = frozenset({by_gateway, by_session, by_asking_for_object})
"""The ways that there are only where there is an upstream."""
