"""The users and roles that an account is to have: what is missing is made, what differs is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from iamd.cli.connection import Client, pages
from iamd.cli.landing.blueprint import Document, Identities, Identity, Role
from iamd.cli.landing.plan import Step, comparable

Iam = Callable[[], Client]
_ACCOUNT = re.compile(r'"([0-9]{12})"')


def identities(iam: Iam, is_there: bool, path: str, wanted: Identities, management: str) -> Iterator[Step]:
    """The steps of one account; `iam` gives a client in it, which is asked for only when it is there or being set up.
    `management` is the id of the management account."""
    for name, role in wanted.roles.items():
        yield from _role(iam, is_there, path, name, role, management)
    for name, user in wanted.users.items():
        yield from _one(iam, "user", _found(iam, "user", name) if is_there else None, path, name, user, {})


def _role(iam: Iam, is_there: bool, path: str, name: str, role: Role, management: str) -> Iterator[Step]:
    document = _trusting(management) if isinstance(role.trust, str) else role.trust
    trust = json.dumps(document, separators=(",", ":"))
    present = _found(iam, "role", name) if is_there else None
    if present is not None and _arns(present["AssumeRolePolicyDocument"]) != _arns(document):
        yield Step(
            f"change the trust policy of role {path}/{name}",
            partial(_call, iam, "update_assume_role_policy", RoleName=name, PolicyDocument=trust),
        )
    yield from _one(iam, "role", present, path, name, role, {"AssumeRolePolicyDocument": trust})


def _trusting(account: str) -> Document:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _call(iam: Iam, operation: str, **params: str) -> None:
    getattr(iam(), operation)(**params)


def _arns(document: Any) -> Any:
    """The document with account ids as the ARNs that they are stored as."""
    document = comparable(document)
    return json.loads(_ACCOUNT.sub(r'"arn:aws:iam::\1:root"', json.dumps(document)))


def _found(iam: Iam, kind: str, name: str) -> Any:
    client = iam()
    try:
        return getattr(client, f"get_{kind}")(**{f"{kind.title()}Name": name})[kind.title()]
    except client.exceptions.NoSuchEntityException:
        return None


def _one(
    iam: Iam, kind: str, present: Any, path: str, name: str, wanted: Identity, more: dict[str, str]
) -> Iterator[Step]:
    """A user or role, and its policies."""
    named = {f"{kind.title()}Name": name}
    managed: set[str] = set()
    inline: dict[str, Any] = {}
    if present is None:
        yield Step(f"create {kind} {path}/{name}", partial(_call, iam, f"create_{kind}", **named, **more))
    else:
        attached = pages(iam(), f"list_attached_{kind}_policies", "AttachedPolicies", **named)
        managed = {each["PolicyArn"] for each in attached}
        for policy in list(pages(iam(), f"list_{kind}_policies", "PolicyNames", **named)):
            inline[policy] = getattr(iam(), f"get_{kind}_policy")(**named, PolicyName=policy)["PolicyDocument"]
    for arn in wanted.managed_policies:
        if arn not in managed:
            yield Step(
                f"attach {arn} to {kind} {path}/{name}",
                partial(_call, iam, f"attach_{kind}_policy", **named, PolicyArn=arn),
            )
    for policy, document in wanted.inline_policies.items():
        if inline.get(policy) != document:
            text = json.dumps(document, separators=(",", ":"))
            yield Step(
                f"put policy {policy} of {kind} {path}/{name}",
                partial(_call, iam, f"put_{kind}_policy", **named, PolicyName=policy, PolicyDocument=text),
            )
