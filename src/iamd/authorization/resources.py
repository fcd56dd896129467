"""What iamd knows of resources that are its own: the tags of an account's users, roles and policies, and whom roles trust."""

from __future__ import annotations

import re

from iamd.guard.context import Context
from iamd.services.call import Realm
from iamd.services.iam.trust import rendered
from iamd.store.image import Records
from iamd.store.records import ManagedPolicy, Role, User

_OWN = re.compile(r"arn:aws:iam::(\d{12}):(user|role|policy)/(?:[^:]*/)?([^:/]+)").fullmatch
_TRUSTED = frozenset(
    {
        *("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"),
        *("sts:setcontext", "sts:setsourceidentity", "sts:tagsession"),
    }
)


def own(records: Records, arn: str) -> User | Role | ManagedPolicy | None:
    """The user, role or policy of the account that has this ARN."""
    named = _OWN(arn)
    if named is None or named[1] != records.account_id:
        return None
    kinds = {"user": records.users, "role": records.roles, "policy": records.policies}
    found: User | Role | ManagedPolicy | None = kinds[named[2]].named(named[3])
    return found if found is not None and found.arn == arn else None


def tags(resource: User | Role | ManagedPolicy) -> Context:
    """The condition keys of its tags, under both their names."""
    keys: Context = {}
    for name, value in resource.tags:
        keys[f"aws:resourcetag/{name.lower()}"] = value
        keys[f"iam:resourcetag/{name.lower()}"] = value
    return keys


def trust_of(realm: Realm, action: str, resource: User | Role | ManagedPolicy) -> str | None:
    """The policy of a role that decides who may assume it; None for other actions and resources."""
    return rendered(resource, realm) if isinstance(resource, Role) and action.lower() in _TRUSTED else None
