"""What is kept of an exchange, whatever came of it."""

from __future__ import annotations

from iamd.caller.caller import CallerKind
from iamd.guard.denials import Denied
from iamd.server.events import copy_for, event_of, templated
from iamd.server.exchange import Exchange
from iamd.store.store import Store


def record(store: Store, exchange: Exchange) -> None:
    """The audit event, unless it went with the change; and that the credentials were used, and for what. Raises
    StoreError when it cannot be kept."""
    caller = exchange.caller
    if caller is None:
        return
    usual = None if exchange.recorded else templated(exchange)
    if usual is not None:
        template, event = usual
        store.waiting.keep(event)
        if template.noted is exchange.now:
            return
        template.noted = exchange.now
    elif not exchange.recorded:
        whole = event_of(exchange)
        store.append_event(whole)
        if whole.shared_id is not None:
            store.append_event(copy_for(exchange, whole))
    if isinstance(exchange.error, Denied):
        store.denied(caller.account_id, exchange.now, exchange.error.denial)
    api, operation, now, region = exchange.api, exchange.operation, exchange.now, exchange.region
    if api is not None and not caller.kind.is_vouched_for:  # those have nothing here that is used
        subject = caller.id if caller.kind is CallerKind.ROLE else caller.access_key_id
        store.used(caller.account_id, subject, now, region, api.prefix)
        if operation is not None:
            store.accessed(caller.account_id, caller.id, api.prefix, operation.name, now, region)
