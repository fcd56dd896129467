"""Switching to a role at the console, and back: the person stays signed in, and the role acts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html. The role is assumed as by any
caller of AssumeRole; its session ends with that of the person at the latest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from iamd.caller.caller import Caller
from iamd.caller.identities import session_caller
from iamd.caller.session import Session
from iamd.services.signin.passwords import Visit
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.store.records import PARTITION
from iamd.wire.errors import AwsError, InvalidInput

COLORS = ("F2B0A9", "FBBF93", "FAD791", "B7CA9D", "99BCE3")
"""The colours that AWS's form has: red, orange, yellow, green, blue."""
_SHORTEST, _USUAL = 900, 3_600  # seconds
_LONGEST_LABEL = 64
_is_role = re.compile(r"[\w+=,.@/-]{1,576}", re.ASCII).fullmatch
_is_account = re.compile(r"[a-z0-9-]{1,63}").fullmatch


class Switch(msgspec.Struct, frozen=True):
    """A role that somebody wants to act as: of an account, by id or alias, under a name and colour of their own."""

    account: str
    role: str  # with its path, if it has one
    name: str = ""
    color: str = ""


def checked(switch: Switch) -> Switch:
    """The switch with its name, colour and role as they are kept. Raises InvalidInput for what cannot be meant."""
    account, role = switch.account.strip(), switch.role.strip().removeprefix("role/").strip("/")
    if not _is_account(account):
        raise InvalidInput("Account: its 12-digit ID, or its alias.")
    if not _is_role(role):
        raise InvalidInput("Role: the name of a role, after its path if it has one.")
    name = "".join(each for each in switch.name.strip() if each.isprintable())[:_LONGEST_LABEL]
    color = switch.color if switch.color in COLORS else ""
    return Switch(account, role, name or f"{role.rpartition('/')[2]} @ {account}"[:_LONGEST_LABEL], color)


async def assumption(visit: Visit, own: Caller, session: ConsoleSession, switch: Switch) -> dict[str, Any]:
    """What AssumeRole is to be called with, as the person: for as long as the role allows, if it is there at all, and
    the person's session still lasts."""
    store = visit.realm.store
    account_id = switch.account if store.has_account(switch.account) else store.alias_owner(switch.account)
    role = None
    if account_id is not None:
        role = (await store.load(account_id)).roles.named(switch.role.rpartition("/")[2])
    has_password = own.session is None or own.session.kind == "console"
    longest = role.max_session if role is not None and has_password else _USUAL
    left = int((session.expires - visit.now).total_seconds())
    return {
        "role_arn": f"arn:{PARTITION}:iam::{account_id or switch.account}:role/{switch.role}",
        "role_session_name": own.name if has_password or own.session is None else own.session.session_name,
        "duration_seconds": max(_SHORTEST, min(longest, left)),
    }


def begun(visit: Visit, session: ConsoleSession, reply: Mapping[str, Any]) -> Session:
    """The role's session at the console, by AssumeRole's answer: it ends with the person's."""
    assumed = visit.realm.tokens.open(reply["Credentials"]["SessionToken"])
    ends = min(assumed.expires, session.expires)
    return structs.replace(assumed, expires=ends, secret_access_key="", console=True)


async def acting(visit: Visit, session: Session) -> Caller | None:
    """Who acts in a role's session at the console; None when it is over, or the role is gone."""
    store = visit.realm.store
    if session.expires <= visit.now or not store.has_account(session.account_id):
        return None
    records = store.records(session.account_id) or await store.load(session.account_id)
    try:
        return session_caller(session, records)
    except AwsError:
        return None


def record(visit: Visit, name: str, role: Caller, own: Caller, leads_to: str) -> None:
    """Record SwitchRole or ExitRole in the trail of the role's account.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    visit.realm.store.append_event(
        visit.event(
            role.account_id,
            name,
            role,
            additional={"SwitchFrom": own.arn, "RedirectTo": leads_to},
            type="AwsConsoleSignIn",
            response={name: "Success"},
        )
    )
