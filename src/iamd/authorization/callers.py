"""Who asks, and may they: by a signature for the service `iamd`, or a bearer token."""

from __future__ import annotations

from datetime import datetime

from iamd.caller import sigv4
from iamd.caller.authenticate import authenticate
from iamd.caller.bearer import SERVICE, bearer_caller, token_of
from iamd.caller.caller import Caller
from iamd.caller.payload import UNSIGNED, Payload
from iamd.guard.ask import Ask
from iamd.guard.context import Context, request_context
from iamd.guard.enforce import authorize
from iamd.services.call import Realm
from iamd.store.image import Records
from iamd.wire.errors import MissingAuthenticationToken, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest

INVOKED = "execute-api"
"""The service for which clients sign what a proxy holds back, as for API Gateway."""


async def identify(realm: Realm, request: HttpRequest, now: datetime) -> Caller:
    """Whose request it is; raises AwsError, also for a signature that is meant for another service."""
    with realm.strangers.counted(request.client_ip):
        return await _bearer(realm, request, now) or await _signer(realm, request, now, SERVICE)


async def identify_client(realm: Realm, request: HttpRequest, now: datetime) -> Caller:
    """Whose request it is that a proxy holds back, without its body: a signature must say what the body is, or that
    there is none. Raises AwsError."""
    with realm.strangers.counted(request.client_ip):
        return await _bearer(realm, request, now) or await _client(realm, request, now)


async def _client(realm: Realm, request: HttpRequest, now: datetime) -> Caller:
    claimed = request.header(b"x-amz-content-sha256")
    payload = None if claimed is None else Payload(claimed)
    if payload is not None and (payload.chunked or payload.claimed == UNSIGNED):
        raise SignatureDoesNotMatch("x-amz-content-sha256 must be the digest of the body.")
    return await _signer(realm, request, now, INVOKED, payload)


async def identify_proxy(realm: Realm, request: HttpRequest, now: datetime) -> Caller | None:
    """Which proxy it is that names the subject itself, by a token of its own; None when none is named. Raises AwsError.

    A subject without a token is refused: anyone could name one.
    """
    token = request.header(b"x-iamd-token")
    with realm.strangers.counted(request.client_ip):
        if token is not None:
            return await _holder(realm, request, token, now)
        if b"x-iamd-subject" in request.index:
            raise MissingAuthenticationToken
    return None


async def _bearer(realm: Realm, request: HttpRequest, now: datetime) -> Caller | None:
    header = request.header(b"authorization")
    token = None if header is None else token_of(header)
    return None if token is None else await _holder(realm, request, token, now)


async def _holder(realm: Realm, request: HttpRequest, token: str, now: datetime) -> Caller:
    return await bearer_caller(token, request.client_ip, realm.store, realm.sealer, realm.strangers, now)


async def _signer(
    realm: Realm, request: HttpRequest, now: datetime, service: str, payload: Payload | None = None
) -> Caller:
    signature = sigv4.read(request)
    if signature is None:
        raise MissingAuthenticationToken
    if signature.service != service:
        raise SignatureDoesNotMatch(f"Credential should be scoped to correct service: '{service}'.")
    return await authenticate(
        request, signature, realm.store, realm.sealer, realm.tokens, realm.strangers, now, payload
    )


def permit(
    realm: Realm,
    records: Records,
    caller: Caller,
    request: HttpRequest,
    action: str,
    now: datetime,
    resource: str = "*",
) -> None:
    """Return when the caller may do that; raises AccessDenied, Cold."""
    snapshot = realm.snapshots.of(caller, records, realm.standing(caller.account_id))
    agent = request.header(b"user-agent") or ""
    context: Context = {
        **snapshot.context,
        **request_context(caller, now, request.client_ip, request.secure, agent, realm.region),
        "aws:resourceaccount": caller.account_id,
    }
    authorize(caller.arn, snapshot, Ask(action, resource, caller.account_id, context=context, owner=snapshot.standing))
