"""GetWebIdentityToken: a token that tells outside services who calls, signed by the caller's account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec

from iamd.caller.caller import CallerKind
from iamd.guard.ask import Ask
from iamd.guard.context import iso
from iamd.guard.target import Target, new
from iamd.services.call import Call, Reply
from iamd.services.invocation import permitted
from iamd.services.outbound import PREFIXES, ensure_keys, issuer_identifier, signed
from iamd.services.sts.api import sts
from iamd.store.kinds.federation import OutboundFederation
from iamd.store.records import PARTITION
from iamd.wire.errors import (
    AccessDenied,
    InvalidParameterValue,
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
    ValidationError,
)

NAMESPACE = "https://sts.amazonaws.com/"
MAX_PAYLOAD = 14_984  # bytes, as seen of live AWS


def account_itself(call: Call, *, signing_algorithm: str) -> Target[str]:
    """The resource that the permission is about; raises ValidationError for an algorithm that AWS does not sign with."""
    if signing_algorithm not in PREFIXES:
        raise ValidationError(
            f"1 validation error detected: Value '{signing_algorithm}' at 'signingAlgorithm' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(PREFIXES)}]"
        )
    if call.caller.kind is CallerKind.ROOT:
        raise AccessDenied("GetWebIdentityToken may not be called with root credentials.")
    return new(f"arn:{PARTITION}:sts::{call.account_id}:self")


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Tags in the token take a permission of their own (seen of live AWS)."""
    if call.params.get("tags"):
        yield Ask("sts:TagGetWebIdentityToken", arn, call.account_id)


async def signing_keys(call: Call) -> OutboundFederation:
    """The account's federation, when it is enabled, with keys to sign with."""
    permitted(call)
    federation: OutboundFederation | None = call.records.outbound_federation.get(call.account_id)
    if federation is None or not federation.enabled:
        raise OutboundWebIdentityFederationDisabledException()
    await ensure_keys(call.realm, call.account_id, call.now)
    return federation


@sts.operation(on=account_itself, also=tagging, prepare=signing_keys)
def get_web_identity_token(
    call: Call,
    arn: str,
    *,
    audience: list[str],
    signing_algorithm: str,
    duration_seconds: int = 300,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Sign a token for those audiences, which lives no longer than the session that asks for it.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
    """
    expires = call.now + timedelta(seconds=duration_seconds)
    session = call.caller.session
    if session is not None and expires > session.expires:
        raise SessionDurationEscalationException(
            "The requested token duration would extend the session beyond its original expiration time."
        )
    claims = {
        "iss": issuer_identifier(call.realm, call.prepared),
        "sub": call.caller.principal_arn,
        "aud": audience[0] if len(audience) == 1 else audience,
        "iat": int(call.now.timestamp()),
        "exp": int(expires.timestamp()),
        "jti": str(uuid4()),
        NAMESPACE: _about(call, tags or []),
    }
    payload = msgspec.json.encode(claims)
    if len(payload) > MAX_PAYLOAD:
        raise JWTPayloadSizeExceededException(f"The token's claims are longer than {MAX_PAYLOAD} bytes.")
    token = signed(call.realm.sealer, call.records, signing_algorithm, payload)
    return {"WebIdentityToken": token, "Expiration": expires}


def _about(call: Call, tags: list[dict[str, str]]) -> dict[str, Any]:
    """What the token tells of the caller and its session; what does not apply is absent."""
    request_tags = {tag["Key"]: tag["Value"] for tag in tags}
    if len({key.lower() for key in request_tags}) < len(tags):
        raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    session, known = call.caller.session, call.snapshot().context
    paths = known.get("aws:principalorgpaths")
    told = {
        "aws_account": call.account_id,
        "source_region": call.region,
        "principal_id": call.caller.principal_arn,
        "org_id": known.get("aws:principalorgid"),
        "ou_path": None if paths is None else list(paths),
        "principal_tags": _principal_tags(call),
        "request_tags": request_tags,
        "original_session_exp": None if session is None else iso(session.expires),
        "federated_provider": known.get("aws:federatedprovider"),
        "source_identity": known.get("aws:sourceidentity"),
    }
    return {name: value for name, value in told.items() if value}


def _principal_tags(call: Call) -> dict[str, str]:
    """The caller's tags; a session's goes before the role's of the same key."""
    owner = call.records.users.get(call.caller.id) or call.records.roles.get(call.caller.id)
    own = {} if owner is None else {key.lower(): (key, value) for key, value in owner.tags}
    given = {} if call.caller.session is None else {tag[0].lower(): tag for tag in call.caller.session.tags}
    return dict((own | given).values())
