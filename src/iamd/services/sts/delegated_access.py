"""GetDelegatedAccessToken: credentials for another account, for as long as somebody there has approved.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from iamd.caller.session import SessionKind
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.sts.api import sts
from iamd.services.sts.credentials import issue
from iamd.services.sts.session_policies import SessionPolicies, packed_size
from iamd.store.kinds.delegation import DelegationRequest
from iamd.wire.errors import ExpiredTradeInTokenException, ValidationError


def any_trade(call: Call) -> Target[None]:
    return nothing()


# It changes no record: the session is in the token alone.
@sts.operation(on=any_trade, reads=True)
def get_delegated_access_token(call: Call, _: None, *, trade_in_token: str) -> Reply:
    """Issue credentials of whoever approved the caller's delegation request, narrowed to the request's policy.

    They end when the time that was asked for is over, counted from when the request was handed over; until then the
    token may be exchanged again. Raises ValidationError for a token that is not of a request of the caller's account,
    ExpiredTradeInTokenException when its time is over or the approver is gone.
    """
    request = _traded(call, trade_in_token)
    seconds = int((request.changed + timedelta(seconds=request.session_seconds) - call.now).total_seconds())
    approver, arn, account_id = request.approver_id, request.approver_arn, request.owner_account
    records = None if account_id is None else call.realm.records(account_id)
    if seconds <= 0 or records is None or approver is None or arn is None or account_id is None:
        raise _expired()
    role, user = records.roles.get(approver), records.users.get(approver)
    if role is None and user is None and approver != account_id:
        raise _expired()
    kind: SessionKind = "delegated" if role is None else "role"
    packed = packed_size(SessionPolicies(request.policy), ())
    credentials = issue(
        call.realm,
        call.now,
        kind,
        account_id,
        seconds,
        principal_id=approver,
        principal_name=role.name if role else user.name if user else "root",
        session_name=request.id,
        policy=request.policy,
        delegate=request.account_id,
    )
    return {"Credentials": credentials, "PackedPolicySize": packed, "AssumedPrincipal": arn}


def _traded(call: Call, token: str) -> DelegationRequest:
    """The caller's request whose token it is."""
    request: DelegationRequest | None = call.records.delegation_requests.get(token.partition(".")[0])
    if request is None or request.state != "FINALIZED":
        raise ValidationError("The trade-in token is invalid.")
    issued = call.realm.sealer.open(request.sealed_token, request.id.encode())
    if not hmac.compare_digest(issued, token.encode()):
        raise ValidationError("The trade-in token is invalid.")
    return request


def _expired() -> ExpiredTradeInTokenException:
    return ExpiredTradeInTokenException("The trade-in token has expired and can no longer be exchanged.")
