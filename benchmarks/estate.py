"""A large account, the same for iamd and moto: 5,000 users, 1,000 roles, 100 groups, 10,000 policies.

Each user has a tag, an inline policy, an attached policy and a group; each role a trust, an inline and two attached
policies. Both are filled from inside: through their APIs it would take moto an hour.

Run by itself it is moto, filled: python -m benchmarks.estate PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iamd.caller.ids import unique_id
from iamd.server.bootstrap import ensure_account, new_root
from iamd.settings import load
from iamd.store.change import Change
from iamd.store.records import (
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
from iamd.store.store import Store

ACCOUNT = "123456789012"
USERS, ROLES, GROUPS, POLICIES = 5_000, 1_000, 100, 10_000
TAGS = {"team": "platform"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
_NOW = datetime(2026, 11, 1, tzinfo=UTC)


def document(number: int) -> str:
    resources = [f"arn:aws:s3:::bucket-{number}", f"arn:aws:s3:::bucket-{number}/*"]
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _add(change: Change) -> None:
    records = change.records(ACCOUNT)

    def add_inline(owner: str, number: int) -> None:
        records.inline.add(InlinePolicy(ACCOUNT, owner, "own", document(number)))

    def attach(owner: str, number: int) -> None:
        records.attachments.add(Attachment(ACCOUNT, owner, iam_arn(ACCOUNT, f"policy/policy-{number:05}"), _NOW))

    for number in range(POLICIES):
        policy = ManagedPolicy(ACCOUNT, unique_id("ANPA"), f"policy-{number:05}", "/", _NOW, _NOW)
        records.policies.add(policy)
        records.versions.add(PolicyVersion(ACCOUNT, policy.id, 1, document(number), _NOW))
    groups = [Group(ACCOUNT, unique_id("AGPA"), f"group-{number:03}", "/", _NOW) for number in range(GROUPS)]
    for group in groups:
        records.groups.add(group)
    for number in range(USERS):
        user = User(ACCOUNT, unique_id("AIDA"), f"user-{number:05}", "/", _NOW, tags=tuple(TAGS.items()))
        records.users.add(user)
        records.memberships.add(Membership(ACCOUNT, groups[number % GROUPS].id, user.id, _NOW))
        add_inline(user.id, number)
        attach(user.id, number)
    for number in range(ROLES):
        role = Role(ACCOUNT, unique_id("AROA"), f"role-{number:04}", "/", _NOW, TRUST)
        records.roles.add(role)
        add_inline(role.id, number)
        attach(role.id, number)
        attach(role.id, number + ROLES)


async def _fill(data_dir: Path, key: str, secret: str) -> None:
    store = Store.open_sqlite(data_dir)
    await store.start()
    try:
        given = {"account_id": ACCOUNT, "root_access_key_id": key, "root_secret_access_key": secret}
        await ensure_account(store, new_root(load({**given, "data_dir": data_dir}, {}), store.sealer, _NOW))
        await store.write(_add)
    finally:
        await store.close()


def fill(data_dir: Path, key: str, secret: str) -> None:
    """Make iamd's database with the account, and its root user's access key."""
    asyncio.run(_fill(data_dir, key, secret))


def moto(port: str) -> None:
    """Serve moto with the account."""
    from moto.iam.models import iam_backends
    from moto.server import main

    backend: Any = iam_backends[ACCOUNT]["aws"]
    policies = [
        backend.create_policy("", "/", document(number), f"policy-{number:05}", []) for number in range(POLICIES)
    ]
    for number in range(GROUPS):
        backend.create_group(f"group-{number:03}")
    for number in range(USERS):
        name = f"user-{number:05}"
        backend.create_user("us-east-1", name, tags=[{"Key": key, "Value": value} for key, value in TAGS.items()])
        backend.add_user_to_group(f"group-{number % GROUPS:03}", name)
        backend.put_user_policy(name, "own", document(number))
        policies[number].attach_to(backend.users[name])
    for number in range(ROLES):
        role = backend.create_role(f"role-{number:04}", TRUST, "/", None, "", [], None)
        backend.put_role_policy(role.name, "own", document(number))
        policies[number].attach_to(role)
        policies[number + ROLES].attach_to(role)
    main(["-p", port])


if __name__ == "__main__":
    moto(sys.argv[1])
