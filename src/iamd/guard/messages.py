"""Encoded authorization messages: a denial's details for those only who may decode them.

Operations that must not tell a caller why it was denied (EC2's, for one) answer the details sealed; whoever may call
`sts:DecodeAuthorizationMessage` in the caller's account reads them. Nothing is stored: the message holds everything, is
sealed for that account, and is good for a day on every node that shares the keys.

Layout before base64url: what `Sealer` makes of version (1 byte), the time in seconds (8, big-endian) and the deflated
JSON. https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
import zlib
from datetime import datetime
from typing import Any

from iamd.guard.denials import Denial
from iamd.policy import Effect, explain
from iamd.policy.document import Statement
from iamd.store.sealing import Sealer, SealError
from iamd.wire.errors import InvalidAuthorizationMessageException

LONGEST = 10_240  # characters
GOOD_FOR = 24 * 3600  # seconds
_VERSION = 1
_HEADER = struct.Struct(">BQ")


def encode(sealer: Sealer, account_id: str, user_id: str, denial: Denial, now: datetime) -> str:
    """The message about a denial of a caller of that account, whose `aws:userid` is given.

    Where the details do not fit, condition values are left out, the last ones first.
    """
    told = _details(denial, user_id)
    conditions = told["context"]["conditions"]["items"]
    while True:
        plain = _HEADER.pack(_VERSION, int(now.timestamp())) + zlib.compress(json.dumps(told).encode())
        message = base64.urlsafe_b64encode(sealer.seal(plain, _sealed_for(account_id))).rstrip(b"=").decode()
        if len(message) <= LONGEST:
            return message
        if conditions:
            del conditions[len(conditions) // 2 :]
        else:
            told["matchedStatements"]["items"].clear()


def decode(sealer: Sealer, account_id: str, message: str, now: datetime) -> str:
    """The details, as JSON text; InvalidAuthorizationMessageException unless the message is whole, in time and for that
    account."""
    try:
        sealed = base64.b64decode(message + "=" * (-len(message) % 4), altchars=b"-_", validate=True)
        plain = sealer.open(sealed, _sealed_for(account_id))
        version, issued = _HEADER.unpack_from(plain)
    except (ValueError, binascii.Error, SealError, struct.error):
        raise InvalidAuthorizationMessageException from None
    if version != _VERSION or now.timestamp() - issued > GOOD_FOR:
        raise InvalidAuthorizationMessageException
    return zlib.decompress(plain[_HEADER.size :]).decode()


def _sealed_for(account_id: str) -> bytes:
    return f"authorization message of {account_id}".encode()


def _details(denial: Denial, user_id: str) -> dict[str, Any]:
    request = denial.request
    found = explain(request, denial.layers, advise=False)
    principal = {"id": user_id, "name": request.principal.name, "arn": denial.caller_arn}
    return {
        "allowed": False,
        "explicitDeny": found.decision.effect is Effect.EXPLICIT_DENY,
        "matchedStatements": _items(
            _statement(each.statement.document.statements[each.statement.index])
            for trace in found.layers
            for each in trace.denies
        ),
        "failures": _items(()),
        "context": {
            "principal": principal,
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(
                {"key": key, "values": _values((value,) if isinstance(value, str) else value)}
                for key, value in request.context.items()
            ),
        },
    }


def _statement(statement: Statement) -> dict[str, Any]:
    named = statement.principals
    return {
        "statementId": statement.sid or "",
        "effect": "ALLOW" if statement.allow else "DENY",
        "principals": _values(named.aws if named else ()),
        "principalGroups": _items(()),
        "actions": _values(statement.actions),
        "resources": _values(statement.resources or ()),
        "conditions": _items({"key": each.key, "values": _values(each.values)} for each in statement.conditions),
    }


def _items(items: Any) -> dict[str, list[Any]]:
    return {"items": list(items)}


def _values(texts: tuple[str, ...]) -> dict[str, list[Any]]:
    return _items({"value": text} for text in texts)
