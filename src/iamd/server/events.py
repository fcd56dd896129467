"""An Exchange as an audit event."""

from __future__ import annotations

from msgspec import structs

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.server.exchange import Exchange
from iamd.wire.errors import AwsError, Throttling
from iamd.wire.model import ServiceModel


def event_of(exchange: Exchange) -> ApiEvent:
    """The event of an exchange whose caller is known, for the trail of the caller's account."""
    caller, api, operation = exchange.caller, exchange.api, exchange.operation
    if caller is None or api is None:
        raise ValueError("a call without a caller belongs to no account's trail")
    request = exchange.request
    return ApiEvent(
        account_id=caller.account_id,
        time=exchange.now,
        source=api.source,
        name=operation.name if operation else exchange.action,
        region=exchange.region,
        request_id=exchange.request_id,
        read_only=operation is None or operation.reads,
        who=caller,
        operation=operation.model if operation else None,
        params=exchange.params,
        reply=exchange.reply,
        error=None if exchange.error is None else (_recorded(api.model, exchange.error), exchange.error.message),
        client_ip=request.client_ip,
        agent=request.header(b"user-agent") or "",
        secure_host=request.header(b"host") if request.secure else None,
        disclosed=exchange.disclosed,
        from_console=caller.session is not None and caller.session.console,
        shared_id=None if exchange.shared_with is None else new_uuid(),
        asked=exchange.asked,
    )


def copy_for(exchange: Exchange, event: ApiEvent) -> ApiEvent:
    """The event of the same call in the trail of the account that it is shared with, which is told the caller's account
    and unique id, no more.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
    """
    caller, account_id = exchange.caller, exchange.shared_with
    if caller is None or account_id is None:
        raise ValueError("the call is in no other account's trail")
    who = Identity("AWSAccount", caller.user_id, account_id=caller.account_id)
    return structs.replace(event, account_id=account_id, who=who, event_id="", asked=())


def _recorded(service: ServiceModel, error: AwsError) -> str:
    """The error's code as CloudTrail has it: that of the exception, `NoSuchEntityException` for `NoSuchEntity`."""
    if isinstance(error, Throttling):
        return service.throttling_exception
    return service.exceptions.get(error.code, error.code)
