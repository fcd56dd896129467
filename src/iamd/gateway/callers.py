"""Whose signature is it, of those who may call other services?"""

from __future__ import annotations

from iamd.caller.at_hand import authenticate_at_hand
from iamd.caller.caller import Caller
from iamd.caller.claim import Signature
from iamd.caller.payload import Payload
from iamd.gateway.forward_access import Access
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage


def caller_at_hand(parts: Parts, passage: Passage, signature: Signature, payload: Payload | None) -> Caller | None:
    """Who signed, or for whom a service asks that did; None when the records that tell it are not in memory. Notes whose
    `access` it is. With a `payload`, the body is still to come. Raises AwsError."""
    request, realm, now = passage.request, parts.realm, passage.now
    service: Caller | None = parts.services.identify(request, signature, now, payload)
    if service is None:
        passage.access = Access(signature.access_key_id, signature.token)
        return authenticate_at_hand(request, signature, realm.store, realm.sealer, realm.tokens, now, payload)
    passage.access = parts.forward_access.taken(request, signature, service.name, now)
    return service if passage.access is None else None
