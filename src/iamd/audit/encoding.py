"""A call in the form in which it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from iamd.audit.asked import TOLD, TWICE, Ask, Asked, SessionPolicies
from iamd.audit.elements import HIDDEN, request_parameters, response_elements
from iamd.audit.identity import Identity, element_of
from iamd.audit.stored import StoredEvent, packed
from iamd.caller.caller import Caller

if TYPE_CHECKING:
    from iamd.audit.event import ApiEvent

_TEXT_LIMIT = 1024  # bytes of userAgent, errorCode and errorMessage
_ELEMENT_LIMIT = 100 * 1024  # bytes of requestParameters and of responseElements
_NOBODY = Identity("Unknown")

_identities: dict[tuple[str, ...], bytes] = {}
_MAX_IDENTITIES = 4096


def encoded(event: ApiEvent) -> bytes:
    """The event as it is stored; parameters or a response that are longer than CloudTrail records are left out."""
    stored = _stored(event, _parameters(event), _response(event))
    if len(stored) <= _ELEMENT_LIMIT:
        return stored
    return _stored(event, _bounded(_parameters(event)), _bounded(_response(event)))


def _stored(event: ApiEvent, params: dict[str, Any] | None, response: dict[str, Any] | None) -> bytes:
    who = event.who
    identity = packed_identity(who) if isinstance(who, Caller) else packed((who or _NOBODY).element())
    code, message = (None, None) if event.error is None else map(shortened, event.error)
    return packed(
        StoredEvent(
            event.source,
            shortened(event.name),
            event.region,
            event.request_id,
            event.read_only,
            msgspec.Raw(identity),
            event.client_ip,
            shortened(event.agent),
            params,
            response,
            code,
            message,
            None if event.additional is None else dict(event.additional),
            event.shared_id,
            event.secure_host,
            event.type,
            kept(event.asked, own_action(event.source, event.name), event.account_id),
            session_policies(who),
            event.from_console,
            None if event.service_details is None else dict(event.service_details),
        )
    )


def _parameters(event: ApiEvent) -> dict[str, Any] | None:
    given = None if event.operation is None else request_parameters(event.operation, event.params)
    if not event.disclosed:
        return given
    return {name: value for name, value in (given or {}).items() if value != HIDDEN} | dict(event.disclosed)


def _response(event: ApiEvent) -> dict[str, Any] | None:
    """Nothing for failures, and for reads unless they issue credentials, as on AWS."""
    if event.operation is None:
        return None if event.response is None else dict(event.response)
    if event.error is not None:
        return None
    if event.read_only and not (event.reply and "Credentials" in event.reply):
        return None
    return response_elements(event.operation, event.reply)


_BEFORE_TEXT: Final = [packed("x" * size)[:-size] if size else packed("") for size in range(256)]


def packed_text(text: str) -> bytes:
    """As `packed`, which is asked of anything else."""
    try:
        told = text.encode()
    except UnicodeEncodeError:
        return packed(text)
    size = len(told)
    return _BEFORE_TEXT[size] + told if size < 256 else packed(text)


def packed_identity(caller: Caller) -> bytes:
    """The packed `userIdentity` of a caller, which is the same for all its calls."""
    key = (caller.access_key_id, caller.arn, caller.principal_arn, caller.user_id)
    known = _identities.get(key)
    if known is None:
        if len(_identities) >= _MAX_IDENTITIES:
            _identities.clear()
        known = _identities[key] = packed(element_of(caller))
    return known


def session_policies(who: Caller | Identity | None) -> SessionPolicies | None:
    session = who.session if isinstance(who, Caller) else None
    if session is None or (session.policy is None and not session.policy_arns):
        return None
    return SessionPolicies(session.policy, session.policy_arns)


def _bounded(element: dict[str, Any] | None) -> dict[str, Any] | None:
    """The element, unless it is longer than CloudTrail records."""
    return element if len(packed(element)) <= _ELEMENT_LIMIT else None


def shortened(text: str) -> str:
    """At most 1 KB, as CloudTrail cuts long texts."""
    if len(text) <= _TEXT_LIMIT // 4:  # no character takes more than four bytes
        return text
    return text.encode(errors="replace")[:_TEXT_LIMIT].decode(errors="ignore")


def own_action(source: str, name: str) -> str:
    """The action that an event's source and name tell, if any: `iam:CreateUser` of `iam.amazonaws.com`."""
    return f"{source.partition('.')[0]}:{name}"


def kept(asks: Sequence[Ask], own_action: str, account_id: str) -> list[Asked]:
    """The asks of an event of that account's, whose own action that is, as they are stored."""
    return [
        Asked(
            "" if ask.action == own_action else ask.action,
            ask.resource,
            "" if ask.account_id == account_id else ask.account_id,
            {key: ask.context[key] for key in sorted(ask.context.keys() - TOLD) if not key.startswith(TWICE)},
            ask.policy is not None,
        )
        for ask in asks
    ]
