"""Who asks, and may they: by a signature for the service `iamd`, or a bearer token."""

from __future__ import annotations

from datetime import datetime

from iamd.caller import sigv4
from iamd.caller.authenticate import authenticate
from iamd.caller.bearer import SERVICE, bearer_caller, token_of
from iamd.caller.caller import Caller
from iamd.guard.context import Context, request_context
from iamd.guard.enforce import Ask, authorize
from iamd.services.call import Realm
from iamd.store.image import Records
from iamd.wire.errors import MissingAuthenticationToken, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest

NO_REGION = "us-east-1"  # of services without regions


async def identify(realm: Realm, request: HttpRequest, now: datetime, service: str = SERVICE) -> Caller:
    """Whose request it is; raises AwsError, also for a signature that is meant for another service."""
    header = request.header(b"authorization")
    token = None if header is None else token_of(header)
    if token is not None:
        return await bearer_caller(token, realm.store, realm.sealer, now)
    signature = sigv4.read(request)
    if signature is None:
        raise MissingAuthenticationToken
    if signature.service != service:
        raise SignatureDoesNotMatch(f"Credential should be scoped to correct service: '{service}'.")
    return await authenticate(request, signature, realm.store, realm.sealer, realm.tokens, now)


def permit(realm: Realm, records: Records, caller: Caller, request: HttpRequest, action: str, now: datetime) -> None:
    """Return when the caller may ask; raises AccessDenied, Cold. The actions (`iamd:Evaluate`) have no resources."""
    snapshot = realm.snapshots.of(caller, records, realm.standing(caller.account_id))
    agent = request.header(b"user-agent") or ""
    context: Context = {
        **snapshot.context,
        **request_context(caller, now, request.client_ip, request.secure, agent, NO_REGION),
        "aws:resourceaccount": caller.account_id,
    }
    authorize(caller.arn, snapshot, Ask(action, "*", caller.account_id, context=context, owner=snapshot.standing))
