"""What the trail of an instance's account tells of its people."""

from __future__ import annotations

from collections.abc import Mapping

from iamd.audit import ApiEvent, Identity
from iamd.services.call import PublicCall
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.wire.errors import AwsError


def api_event(
    call: PublicCall,
    center: IdentityCenter,
    name: str,
    who: Identity,
    disclosed: Mapping[str, str],
    *,
    reads: bool,
    error: AwsError | None = None,
) -> ApiEvent:
    """A call of the portal's API or of OIDC, as CloudTrail has both of them: of the source `sso`."""
    return ApiEvent(
        account_id=center.account_id,
        time=call.now,
        source="sso.amazonaws.com",
        name=name,
        region=center.region,
        request_id=call.request_id,
        read_only=reads,
        who=who,
        error=None if error is None else (error.code, error.message),
        client_ip=call.client_ip,
        agent=call.agent,
        secure_host=call.host if call.secure else None,
        disclosed=disclosed,
    )
