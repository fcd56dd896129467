"""Who made a recorded call: CloudTrail's `userIdentity`, read back.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from iamd.audit.asked import SessionPolicies, Value
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session, SessionKind
from iamd.guard.gather import principal_of
from iamd.policy import Principal

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    "Root": CallerKind.ROOT,
    "IAMUser": CallerKind.USER,
    "AssumedRole": CallerKind.ROLE,
    "FederatedUser": CallerKind.FEDERATED,
    "WebIdentityUser": CallerKind.WEB_IDENTITY,
    "SAMLUser": CallerKind.SAML,
}


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """A caller, how policies see it, and the condition keys that follow from who it is."""

    caller: Caller
    principal: Principal
    context: Mapping[str, Value]


def asker(
    identity: Mapping[str, Any], policies: SessionPolicies | None, account_id: str, parameters: Mapping[str, Any]
) -> Asker | None:
    """Whoever an identity tells of, in that account's trail; None for those that policies of accounts are not about:
    services, other accounts, strangers."""
    kind = _KINDS.get(identity.get("type", ""))
    if kind is None:
        return None
    if kind.is_vouched_for:
        return _vouched_for(kind, identity, account_id, parameters)
    if not isinstance(identity.get("arn"), str):
        return None
    session = identity.get("sessionContext") or {}
    issuer = session.get("sessionIssuer") or {}
    caller = Caller(
        kind,
        account_id=str(identity.get("accountId") or account_id),
        id=str(issuer.get("principalId") or identity.get("principalId")).partition(":")[0],
        name=str(issuer.get("userName") or identity.get("userName") or "root"),
        arn=identity["arn"],
        principal_arn=str(issuer.get("arn") or identity["arn"]),
        user_id=str(identity.get("principalId")),
        access_key_id=str(identity.get("accessKeyId") or ""),
        session=_session(kind, identity, session, policies) if session else None,
    )
    return Asker(caller, principal_of(caller), _context(caller, session))


def _vouched_for(
    kind: CallerKind, identity: Mapping[str, Any], account_id: str, parameters: Mapping[str, Any]
) -> Asker | None:
    provider = identity.get("identityProvider") if kind is CallerKind.WEB_IDENTITY else parameters.get("principalArn")
    if not isinstance(provider, str):
        return None
    user_id = str(identity.get("principalId"))
    caller = Caller(kind, account_id, provider, str(identity.get("userName")), provider, provider, user_id, "")
    context: dict[str, Value] = {"aws:principaltype": "User", "aws:userid": provider, **_PERSON}
    return Asker(caller, principal_of(caller), context)


_PERSON: Mapping[str, Value] = {"aws:principalisawsservice": "false", "aws:viaawsservice": "false"}


def _session(
    kind: CallerKind, identity: Mapping[str, Any], context: Mapping[str, Any], policies: SessionPolicies | None
) -> Session:
    """The session, as far as decisions look at it."""
    made: SessionKind = "role"
    if kind is CallerKind.FEDERATED:
        made = "federated-user"
    elif "invokedByDelegate" in identity:
        made = "delegated"
    elif kind is not CallerKind.ROLE:
        made = "root" if context.get("assumedRoot") == "true" else "session-token"
    return Session(
        kind=made,
        account_id=str(identity.get("accountId")),
        access_key_id=str(identity.get("accessKeyId") or ""),
        secret_access_key="",
        principal_id="",
        principal_name="",
        session_name="",
        issued=_NEVER,
        expires=_NEVER,
        policy=None if policies is None else policies.inline,
        policy_arns=() if policies is None else policies.arns,
    )


def _context(caller: Caller, session: Mapping[str, Any]) -> dict[str, Value]:
    context: dict[str, Value] = {
        "aws:principalarn": caller.arn if caller.kind is CallerKind.FEDERATED else caller.principal_arn,
        "aws:principalaccount": caller.account_id,
        "aws:principaltype": caller.kind.value,
        "aws:userid": caller.user_id,
        **_PERSON,
    }
    if caller.kind is CallerKind.USER:
        context["aws:username"] = caller.name
    attributes = session.get("attributes") or {}
    if "creationDate" in attributes:
        context["aws:tokenissuetime"] = str(attributes["creationDate"])
    if session.get("sourceIdentity"):
        context["aws:sourceidentity"] = str(session["sourceIdentity"])
    if caller.session is not None and caller.session.kind in ("role", "session-token"):
        context["aws:multifactorauthpresent"] = str(attributes.get("mfaAuthenticated", "false"))
    return context
