"""The switch for tokens that the account issues to outside services.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

from uuid import uuid4

from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.invocation import permitted
from iamd.services.outbound import ensure_keys, issuer_identifier
from iamd.store.image import Records
from iamd.store.kinds.federation import OutboundFederation
from iamd.wire.errors import FeatureDisabled, FeatureEnabled


def the_account(call: Call) -> Target[None]:
    return nothing()


def _enabled(records: Records) -> OutboundFederation:
    federation: OutboundFederation | None = records.outbound_federation.get(records.account_id)
    if federation is None or not federation.enabled:
        raise FeatureDisabled(f"Outbound identity federation is disabled for account {records.account_id}")
    return federation


async def signing_keys(call: Call) -> None:
    """Have keys made before there is a token to sign, so that they are published first."""
    permitted(call)
    await ensure_keys(call.realm, call.account_id, call.now)


@iam.operation(on=the_account, prepare=signing_keys)
def enable_outbound_web_identity_federation(call: Call, _: None) -> Reply:
    """Let the account issue tokens; its issuer is the one that it had before."""
    collection = call.records.outbound_federation
    federation = collection.get(call.account_id)
    if federation is None:
        federation = collection.add(OutboundFederation(call.account_id, str(uuid4()), enabled=True))
    elif federation.enabled:
        raise FeatureEnabled(f"Outbound identity federation is already enabled for account {call.account_id}")
    else:
        federation = collection.replace(federation, enabled=True)
    return {"IssuerIdentifier": issuer_identifier(call.realm, federation)}


@iam.operation(on=the_account)
def disable_outbound_web_identity_federation(call: Call, _: None) -> None:
    """Issue no more tokens."""
    call.records.outbound_federation.replace(_enabled(call.records), enabled=False)


@iam.operation(on=the_account)
def get_outbound_web_identity_federation_info(call: Call, _: None) -> Reply:
    """Tell the issuer of a federation that is enabled; raises FeatureDisabled of one that is not."""
    return {"IssuerIdentifier": issuer_identifier(call.realm, _enabled(call.records)), "JwtVendingEnabled": True}
