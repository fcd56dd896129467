"""An Exchange as an audit event."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.audit.templates import MAX_TEMPLATES, Template, are_short
from iamd.server.exchange import Exchange
from iamd.store.waiting import Kept
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


_Place = tuple[int, int, str, str, bytes | None, bytes | None]  # caller, operation, region, address, agent, host

_templates: dict[_Place, Template] = {}
_LONG: Final = 32_768  # bytes of parameters that are weighed with the rest of the event; credentials are far shorter


def templated(exchange: Exchange) -> tuple[Template, Kept] | None:
    """The event of a call that changed no record and went well, and its template; None of what has more to tell: see
    `event_of`."""
    if exchange.error is not None or exchange.shared_with is not None:
        return None
    template = _template(exchange)
    if template is None:
        return None
    params = template.parameters(exchange.params)
    if len(params) > _LONG:
        return None
    shape = template.shape(params, template.asked(exchange.asked), template.response(exchange.reply))
    return template, Kept(shape, exchange.now, exchange.request_id)


def _template(exchange: Exchange) -> Template | None:
    request = exchange.request
    header = request.index.get
    agent, host = header(b"user-agent"), header(b"host") if request.secure else None
    # By identity: callers and operations are the same objects from call to call. A template holds its caller; operations
    # live as long as the program.
    place = id(exchange.caller), id(exchange.operation), exchange.region, request.client_ip, agent, host
    template = _templates.get(place)
    if template is None:
        template = _new_template(exchange, agent, host)
        if template is not None:
            if len(_templates) >= MAX_TEMPLATES:
                _templates.clear()
            _templates[place] = template
    return template


def _new_template(exchange: Exchange, agent: bytes | None, host: bytes | None) -> Template | None:
    """None for those who have no access key, for what changes records or takes no signature, and for long headers."""
    caller, api, operation = exchange.caller, exchange.api, exchange.operation
    if caller is None or api is None or operation is None or not operation.reads or not caller.access_key_id:
        return None
    if operation.admission is not None or not are_short(agent, host):
        return None
    return Template(
        caller,
        operation.model,
        (api.source, operation.name, exchange.region),
        exchange.request.client_ip,
        "" if agent is None else agent.decode("latin-1"),
        None if host is None else host.decode("latin-1"),
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
