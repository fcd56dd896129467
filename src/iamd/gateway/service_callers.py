"""Services that call other services behind the gateway: each with a key that the settings declare, and decided as its
service principal, to whom only policies of resources grant.

For which resource a service acts it says by the headers that AWS's own services use, `x-amz-source-arn` and
`x-amz-source-account`; they must be signed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from iamd.caller import sigv4
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.claim import Signature
from iamd.caller.payload import Payload
from iamd.gateway.upstreams import Credentials
from iamd.guard.context import Context
from iamd.guard.snapshot import Snapshot
from iamd.policy import Layers, Principal
from iamd.services.call import Realm
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest

_SOURCE_ARN, _SOURCE_ACCOUNT = b"x-amz-source-arn", b"x-amz-source-account"
_ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:(\d{12})?:\S+").fullmatch
_ACCOUNT = re.compile(r"\d{12}").fullmatch


class ServiceCallers:
    """The declared keys, by service principal; `account_id` is for whom a service acts that does not say."""

    def __init__(self, keys: Mapping[str, Credentials], account_id: str) -> None:
        self._by_id = {key.access_key_id: (principal, key.secret_access_key) for principal, key in keys.items()}
        self._account_id = account_id

    def has(self, access_key_id: str) -> bool:
        """Whether it is a service's key."""
        return access_key_id in self._by_id

    def identify(
        self, request: HttpRequest, signature: Signature, now: datetime, payload: Payload | None
    ) -> Caller | None:
        """The service whose key made the signature; None when the key is no service's. Raises as `sigv4.verify`, and
        Ambiguous for a source that is not signed or none."""
        found = self._by_id.get(signature.access_key_id) if signature.token is None else None
        if found is None:
            return None
        principal, secret = found
        sigv4.verify(request, signature, secret, now, payload)
        source, account_id = self._source(request, signature)
        return Caller(
            CallerKind.SERVICE, account_id, principal, principal, principal, source, principal, signature.access_key_id
        )

    def _source(self, request: HttpRequest, signature: Signature) -> tuple[str, str]:
        """The ARN for which the service acts, or nothing, and its account."""
        for name in (_SOURCE_ARN, _SOURCE_ACCOUNT):
            if name in request.index and name not in signature.signed_headers:
                raise Ambiguous(f"The header {name.decode()} must be signed.")
        source = request.header(_SOURCE_ARN)
        found = None if source is None else _ARN(source)
        if source is not None and found is None:
            raise Ambiguous("x-amz-source-arn must be an ARN.")
        account_id = request.header(_SOURCE_ACCOUNT) or (found[1] if found else None) or self._account_id
        if not _ACCOUNT(account_id) or (found and found[1] not in (None, account_id)):
            raise Ambiguous("x-amz-source-account must be the account of x-amz-source-arn.")
        return source or "", account_id


def snapshot_of(caller: Caller, realm: Realm) -> Snapshot:
    """What all requests of a service for one source have in common."""
    context: Context = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": caller.name,
        "aws:principalservicenameslist": (caller.name,),
        "aws:principaltype": "Service",
        "aws:viaawsservice": "false",
        "aws:sourceaccount": caller.account_id,
    }
    if caller.principal_arn:
        context["aws:sourcearn"] = caller.principal_arn
    standing = realm.standing(caller.account_id) if realm.store.has_account(caller.account_id) else None
    for key, value in standing.resource_keys.items() if standing else ():
        context[key.replace("aws:resource", "aws:source", 1)] = value
    return Snapshot(Principal.from_text(f"service:{caller.name}"), Layers(), context, generation=0)
