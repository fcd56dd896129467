"""An organization of many accounts, each with as many users, written through the store: what `million` measures.

An account has a twentieth as many groups, customer managed policies and roles as it has users. A user has an access
key, a tag and one or two groups; every tenth an inline policy of its own, every fifth an attached policy, every
twentieth a boundary. Half of the managed policies are the same in every account, as a landing zone rolls them out.
"""

from __future__ import annotations

import functools
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iamd.caller.ids import access_key_id, secret_access_key, unique_id
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, Organization, OrganizationPolicy, PolicyAttachment, Unit
from iamd.store.records import (
    AccessKey,
    Account,
    Attachment,
    Group,
    InlinePolicy,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Role,
    User,
    iam_arn,
)
from iamd.store.sealing import Sealer
from iamd.store.store import Store

MANAGEMENT, ORGANIZATION, ROOT = "200000000000", "o-estate", "r-root"
UNITS = 20
_MADE = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """A user's access key."""

    account_id: str
    id: str
    secret: str


def account_id(number: int) -> str:
    return f"{300000000000 + number}"


def user_name(number: int) -> str:
    return f"user-{number:05}"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allow(actions: list[str], resources: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _deny(actions: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": "*", **more}


_READS = ["s3:GetObject", "s3:ListBucket", "sqs:ReceiveMessage", "dynamodb:GetItem", "dynamodb:Query"]
_OWN = _allow(["iam:GetUser", "iam:ListAccessKeys", "iam:ChangePassword"], ["arn:aws:iam::*:user/${aws:username}"])
_REGIONS = {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}
_CONTROLS = (
    policy(_allow(["*"], ["*"])),
    policy(_deny(["cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "organizations:LeaveOrganization"])),
    policy(_deny(["ec2:*", "s3:*", "lambda:*"], Condition=_REGIONS)),
)


def _managed(account: str, number: int) -> str:
    place = "shared" if number % 2 else account
    buckets = [f"arn:aws:s3:::{place}-{number}", f"arn:aws:s3:::{place}-{number}/*"]
    team = {"StringEquals": {"aws:PrincipalTag/team": f"team-{number % 7}"}}
    return policy(_allow(_READS, [*buckets, f"arn:aws:sqs:*:*:{place}-{number}-*"], Condition=team), _OWN)


def _inline(account: str, number: int) -> str:
    return policy(_allow(["s3:PutObject", "s3:DeleteObject"], [f"arn:aws:s3:::home-{account}/{user_name(number)}/*"]))


def _trust(account: str) -> str:
    return policy(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": iam_arn(account, "root")}},
    )


class _Filler:
    """Fills one account."""

    def __init__(self, account: str, users: int, sealer: Sealer) -> None:
        self._account = account
        self._users = users
        self._others = max(users // 20, 2)
        self._sealer = sealer

    def fill(self, change: Change) -> None:
        records = change.create(self._account)
        records.accounts.add(Account(self._account, _MADE, organization=MANAGEMENT))
        groups = self._add_others(records)
        for number in range(self._users):
            self._add_user(records, number, groups)

    def _add_others(self, records: Records) -> list[str]:
        """Managed policies, groups and roles; returns the ids of the groups."""
        account, groups = self._account, []
        for number in range(self._others):
            made = ManagedPolicy(account, unique_id("ANPA"), f"policy-{number:05}", "/", _MADE, _MADE)
            records.policies.add(made)
            records.versions.add(PolicyVersion(account, made.id, 1, _managed(account, number), _MADE))
            group = Group(account, unique_id("AGPA"), f"group-{number:05}", "/", _MADE)
            records.groups.add(group)
            groups.append(group.id)
            role = Role(account, unique_id("AROA"), f"role-{number:05}", "/", _MADE, _trust(account))
            records.roles.add(role)
            records.inline.add(InlinePolicy(account, role.id, "own", _inline(account, number)))
            for owner in (group.id, role.id):
                self._attach(records, owner, number)
        return groups

    def _attach(self, records: Records, owner: str, number: int) -> None:
        records.attachments.add(Attachment(self._account, owner, self._policy(number), _MADE))

    def _policy(self, number: int) -> str:
        return iam_arn(self._account, f"policy/policy-{number % self._others:05}")

    def _add_user(self, records: Records, number: int, groups: Sequence[str]) -> None:
        account, name = self._account, user_name(number)
        boundary = self._policy(number) if number % 20 == 0 else None
        user = User(account, unique_id("AIDA"), name, "/", _MADE, boundary, (("team", f"team-{number % 7}"),))
        records.users.add(user)
        records.memberships.add(Membership(account, groups[number % len(groups)], user.id, _MADE))
        if number % 2:
            records.memberships.add(Membership(account, groups[(number + 1) % len(groups)], user.id, _MADE))
        if number % 10 == 0:
            records.inline.add(InlinePolicy(account, user.id, "own", _inline(account, number)))
        if number % 5 == 0:
            self._attach(records, user.id, number + 2)
        key_id = access_key_id(account)
        sealed = self._sealer.seal(secret_access_key().encode(), key_id.encode())
        records.access_keys.add(AccessKey(account, key_id, user.id, sealed, _MADE))


def _organize(change: Change, accounts: int) -> None:
    """The management account: half of its units are within the others."""
    records = change.create(MANAGEMENT)
    records.accounts.add(Account(MANAGEMENT, _MADE, organization=MANAGEMENT))
    types = ("SERVICE_CONTROL_POLICY",)
    records.organizations.add(Organization(MANAGEMENT, ORGANIZATION, ROOT, _MADE, policy_types=types))
    records.members.add(Member(MANAGEMENT, MANAGEMENT, ORGANIZATION, ROOT, "management", "", _MADE, "INVITED"))
    for number, content in enumerate(_CONTROLS):
        of_type = (*types, f"control{number}", "", content, _MADE)
        records.organization_policies.add(OrganizationPolicy(MANAGEMENT, f"p-{number}", ORGANIZATION, *of_type))
    targets = [ROOT]
    for number in range(UNITS):
        parent = ROOT if number < UNITS // 2 else f"ou-{number - UNITS // 2}"
        records.units.add(Unit(MANAGEMENT, f"ou-{number}", ORGANIZATION, parent, f"unit {number}", _MADE))
        targets.append(f"ou-{number}")
    for number in range(accounts):
        unit, id = f"ou-{number % UNITS}", account_id(number)
        records.members.add(Member(MANAGEMENT, id, ORGANIZATION, unit, f"account {number}", "", _MADE, "CREATED"))
        records.policy_attachments.add(PolicyAttachment(MANAGEMENT, "p-0", id, _MADE))
    for target in targets:
        for number in range(len(_CONTROLS)):
            records.policy_attachments.add(PolicyAttachment(MANAGEMENT, f"p-{number}", target, _MADE))


async def build(data_dir: Path, accounts: int, users: int, told: Callable[[str], None]) -> None:
    """Make the estate in a new database."""
    store = Store.open_sqlite(data_dir)
    await store.start()
    began = time.perf_counter()
    try:
        await store.write(functools.partial(_organize, accounts=accounts))
        for number in range(accounts):
            await store.write(_Filler(account_id(number), users, store.sealer).fill)
            if (number + 1) % 100 == 0:
                told(f"{number + 1} of {accounts} accounts after {time.perf_counter() - began:.0f} s")
    finally:
        await store.close()


async def keys(data_dir: Path, each: int) -> list[Key]:
    """Keys of `each` users of every account, in no order."""
    store = Store.open_sqlite(data_dir)
    await store.start()
    try:
        found = []
        for id in store.account_ids():
            for key in random.sample(users := list((await store.load(id)).access_keys), min(each, len(users))):
                secret = store.sealer.open(key.sealed_secret, key.id.encode()).decode()
                found.append(Key(id, key.id, secret))
    finally:
        await store.close()
    random.shuffle(found)
    return found
