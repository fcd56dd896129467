"""The links of the chain.

A link fills in its part of the Exchange or raises AwsError. Most requests find everything in memory and wait for
nothing, so a link is a plain function: it returns None when its part is done, or the coroutine (of `later`) that does
it where something has to be waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from iamd.caller import sigv4
from iamd.caller.at_hand import authenticate_at_hand
from iamd.chain import later
from iamd.chain.execution import call_of, read
from iamd.server import understood
from iamd.server.exchange import Exchange
from iamd.services import invocation
from iamd.services.call import Cold, Realm
from iamd.services.catalogue import APIS, api_of, takes_unsigned
from iamd.wire import protocols
from iamd.wire.errors import AwsError, InternalFailure, InvalidClientTokenId, MissingAuthenticationToken

Link = Callable[[Realm, Exchange], Awaitable[None] | None]


def catch_up(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """See what other processes have committed: a read after a write sees it, wherever it was written."""
    arrived, store = exchange.request.arrived, realm.store
    return store.relist() if store.may_be_stale(arrived) and store.look() else None


def identify(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """Whose signature is it? Checked on the raw bytes, before anything of the body is believed.

    Nobody's, when the request has none and seems to be for one of the few operations that take none: see `admit`.
    """
    request = exchange.request
    try:
        signature = exchange.signature = sigv4.read(request)
        api = exchange.api = api_of(request, signature)
        if signature is None:
            if not takes_unsigned(api, request):
                raise MissingAuthenticationToken
            caller = None
        else:
            if not api.is_global:
                exchange.region = signature.region
            caller = authenticate_at_hand(request, signature, realm.store, realm.sealer, realm.tokens, exchange.now)
    except AwsError as refusal:
        signature = exchange.signature
        may_know_more = type(refusal) is InvalidClientTokenId and b"x-iamd-revision" in request.index
        if signature is not None and (may_know_more or realm.store.unsettled):
            return later.identify(realm, exchange, signature)
        realm.strangers.take(request.client_ip)
        raise
    if signature is None:
        realm.strangers.take(request.client_ip)  # before anything is parsed; given back by who shows who calls: `admit`
        return None
    if caller is None:
        return later.identify(realm, exchange, signature)
    exchange.caller = caller
    return None


def freshen(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """See at least the revision of the caller's account that the client asks for with `x-iamd-revision`."""
    if exchange.caller is None or b"x-iamd-revision" not in exchange.request.index:
        return None
    return later.reach(realm, exchange, exchange.caller)


def understand(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """Which operation, with which parameters? Refuses what the service model does not know."""
    api = exchange.api or APIS["iam"]
    known = understood.get(api, exchange.request)
    if known is not None:
        exchange.operation, exchange.params = known
        exchange.action = known[0].name
        return None
    protocol = protocols.of(api.model)
    asked = protocol.read(exchange.request, api.model)
    exchange.action = asked.action
    operation = api.find(asked.action, asked.version)
    params = protocol.parse(operation.model, asked.content)
    exchange.operation, exchange.params = operation, params
    protocol.check(operation.model, params)
    understood.put(api, exchange.request, operation, params)
    return None


def throttle(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """Are there not too many of its kind? Counts by account and identity, and by address what is nobody's call."""
    caller, operation = exchange.caller, exchange.operation
    if caller is not None and operation is not None and operation.public is not None:
        realm.strangers.take(exchange.request.client_ip)
    if realm.throttle is not None and operation is not None:
        if caller is None:
            realm.throttle.take(exchange.request.client_ip, "", operation)
        else:
            realm.throttle.take(caller.account_id, caller.id, operation)
    return None


def admit(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """Who calls an operation that takes no signature? Whomever the evidence among its parameters names, signed or not.
    A public one is nobody's call, and is done here."""
    operation = exchange.operation
    if operation is not None and operation.public is not None:
        exchange.caller = None
        return later.answered(realm, exchange, operation)
    if operation is not None and operation.admission is not None:
        return later.admitted(realm, exchange, operation)
    if exchange.caller is None:
        raise MissingAuthenticationToken()
    return None


def execute(realm: Realm, exchange: Exchange) -> Awaitable[None] | None:
    """Resolve the target, decide, do it: durable before it returns.

    A read waits for nothing where the records are in memory, all that they show is durable, and nothing is to be
    prepared.
    """
    caller, operation = exchange.caller, exchange.operation
    if operation is not None and operation.public is not None:
        return None  # done: see `admit`
    if caller is None or operation is None:
        raise InternalFailure()
    store = realm.store
    records = store.records(caller.account_id)
    if records is None or not operation.reads or store.unsettled:
        return later.execute(realm, exchange)
    try:
        call = call_of(realm, exchange, caller, operation, records)
        if exchange.prepared is None:
            preparing = invocation.prepare(call)
            if preparing is not None:
                return later.execute(realm, exchange, (call, preparing))
        read(exchange, call)
    except Cold:
        return later.execute(realm, exchange)
    return None
