"""What was decided for a call, as its event keeps it: enough to decide it again under other policies.

Condition keys that the rest of the event tells (the caller, time and place of the call) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

Value = str | tuple[str, ...]

TOLD = frozenset(
    {
        *("aws:currenttime", "aws:epochtime", "aws:securetransport", "aws:sourceip", "aws:requestedregion"),
        *("aws:useragent", "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"),
        *("aws:principalisawsservice", "aws:viaawsservice", "aws:username", "aws:tokenissuetime"),
        *("aws:sourceidentity", "aws:multifactorauthpresent", "aws:resourceaccount"),
    }
)
"""Keys that follow from the rest of an event."""

TWICE = "iam:resourcetag/"  # the guard gives a resource's tags under two names
_ONCE = "aws:resourcetag/"


class Ask(Protocol):
    """One action on one resource, with all that the decision was made on but the policies of the caller."""

    @property
    def action(self) -> str: ...

    @property
    def resource(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def context(self) -> Mapping[str, Value]: ...

    @property
    def policy(self) -> str | None: ...


class Asked(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    """One action on one resource, as it is stored. `action` is empty where it is the event's own, `account_id` (the
    resource's) where it is the caller's; `had_policy`: the resource had a policy of its own.

    INVARIANT: the order of the fields is the format. New fields are appended and have a default.
    """

    action: str
    resource: str
    account_id: str = ""
    context: dict[str, str | tuple[str, ...]] = {}
    had_policy: bool = False


class SessionPolicies(msgspec.Struct, array_like=True, frozen=True):
    """The policies that were passed for the session that called: the inline one, and the ARNs of managed ones."""

    inline: str | None
    arns: tuple[str, ...]


def recorded(asked: Asked, key: str) -> Value | None:
    """The value of a condition key (lower case), if the ask keeps it; a resource's tags have two names."""
    return asked.context.get(_ONCE + key.removeprefix(TWICE) if key.startswith(TWICE) else key)


def opened_context(asked: Asked) -> dict[str, Value]:
    """The condition keys of a stored ask, under all their names."""
    tags = {f"{TWICE}{key[len(_ONCE) :]}": value for key, value in asked.context.items() if key.startswith(_ONCE)}
    return {**asked.context, **tags}
