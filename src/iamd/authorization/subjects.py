"""Who is asked about: users, roles, role sessions and the root user of the account that asks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from iamd.caller.caller import Caller
from iamd.guard.snapshot import Snapshot
from iamd.policy import Principal
from iamd.services.call import Realm
from iamd.services.iam.callers import caller_of, root_of
from iamd.store.image import Records

_IAM = re.compile(r"arn:aws:iam::(\d{12}):(?:(root)|(user|role)/(?:[^:*?]*/)?([^:/*?]+))").fullmatch
_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^:/*?]+)/([\w+=,.@-]{2,64})").fullmatch


_NAMED = {"user": "user", "identity": "user", "role": "role"}
"""Types of subjects that have names: gateways call their users identities."""


class Unknown(Exception):
    """There is no such subject, or it is none of the account's; what it wants is denied."""


def subject_of(realm: Realm, records: Records, type_: str, id_: str) -> Snapshot:
    """The policies and condition keys of a subject: by its ARN, whatever the type, or by name of type `user` (or
    `identity`) or `role`.

    A session of a role has the role's policies; those passed for the session alone are known to nobody but its holder.
    Raises Unknown, Cold.
    """
    if not id_.startswith("arn:"):
        if type_ not in _NAMED:
            raise Unknown(f"subjects of the type `{type_[:128]}` must be named by the ARN of a user, role or session")
        return _named(realm, records, _NAMED[type_], id_, None)
    session = _SESSION(id_)
    if session is not None:
        _check_account(records, session[1])
        return _session(_named(realm, records, "role", session[2], None), id_, session[3])
    found = _IAM(id_)
    if found is None:
        raise Unknown(f"`{id_[:256]}` is the ARN of no user, role, role session or root user")
    _check_account(records, found[1])
    if found[2]:
        return snapshot_of(realm, records, root_of(records))
    return _named(realm, records, found[3], found[4], id_)


def all_of(records: Records, type_: str, after: str) -> Iterator[tuple[str, Caller]]:
    """Every user or role of the account with its name, behind that one in the order of names; of other types none."""
    kind = _NAMED.get(type_)
    if kind == "user":
        for user in records.users.sorted()[records.users.after(after) if after else 0 :]:
            yield user.name, caller_of(user)
    elif kind == "role":
        for role in records.roles.sorted()[records.roles.after(after) if after else 0 :]:
            yield role.name, caller_of(role)


def snapshot_of(realm: Realm, records: Records, caller: Caller) -> Snapshot:
    """The policies and condition keys of a user, a role or the root user. Raises Cold."""
    return realm.snapshots.of(caller, records, realm.standing(records.account_id))


def _named(realm: Realm, records: Records, type_: str, name: str, arn: str | None) -> Snapshot:
    found = records.users.named(name) if type_ == "user" else records.roles.named(name)
    if found is None or found.name != name or arn not in (None, found.arn):
        raise Unknown(f"account {records.account_id} has no {type_} `{(arn or name)[:256]}`")
    return snapshot_of(realm, records, caller_of(found))


def _session(role: Snapshot, arn: str, name: str) -> Snapshot:
    """The session of that ARN and name, of a role whose snapshot is given."""
    principal = dataclasses.replace(
        Principal.from_text(arn, session_issuer=role.principal.arn), unique_id=role.principal.unique_id
    )
    context = {**role.context, "aws:userid": f"{role.principal.unique_id}:{name}"}
    return Snapshot(principal, role.layers, context, role.generation, role.standing)


def _check_account(records: Records, account_id: str) -> None:
    if account_id != records.account_id:
        raise Unknown(f"the subject is of account {account_id}: ask as a principal of that account")
