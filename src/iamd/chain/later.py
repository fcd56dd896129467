"""What links of the chain do where something has to be waited for: the database, other services, slow work."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from iamd.caller.authenticate import authenticate
from iamd.caller.caller import Caller
from iamd.caller.sigv4 import Signature
from iamd.chain.execution import call_of, change, read, stand
from iamd.server.exchange import Exchange
from iamd.services import invocation
from iamd.services.call import Call, Cold, PublicCall, Realm
from iamd.services.registry import Operation
from iamd.store.errors import StaleRead
from iamd.wire.errors import AwsError, InternalFailure, InvalidClientTokenId, InvalidInput, ServiceUnavailable

_is_revision = re.compile(r"[0-9]{1,18}").fullmatch


async def identify(realm: Realm, exchange: Exchange, signature: Signature) -> None:
    """Find the caller out of what is in the database; whoever asks for a revision may know of a key that has not been
    heard of here."""
    request, strangers = exchange.request, realm.strangers
    with strangers.counted(request.client_ip):
        try:
            exchange.caller = await _caller(realm, exchange, signature)
        except InvalidClientTokenId:
            if b"x-iamd-revision" not in request.index:
                raise
            strangers.take(request.client_ip)
            try:
                await realm.store.hear()
            finally:
                strangers.give_back(request.client_ip)
            exchange.caller = await _caller(realm, exchange, signature)


async def _caller(realm: Realm, exchange: Exchange, signature: Signature) -> Caller:
    request, store, strangers = exchange.request, realm.store, realm.strangers
    while True:
        try:
            return await authenticate(request, signature, store, realm.sealer, realm.tokens, strangers, exchange.now)
        except AwsError:
            if not await store.taken_back():  # a refusal tells of what was read, too
                raise


async def reach(realm: Realm, exchange: Exchange, caller: Caller) -> None:
    """See at least the revision of the caller's account that is asked for. Raises InvalidInput when it is none,
    ServiceUnavailable when it has not arrived, InvalidClientTokenId when it makes the caller nobody."""
    asked = exchange.request.header(b"x-iamd-revision") or ""
    if not _is_revision(asked):
        raise InvalidInput("x-iamd-revision must be a number that an earlier answer carried.")
    store, account_id = realm.store, caller.account_id
    reached = await store.reach(account_id, int(asked))
    if reached < int(asked):
        raise ServiceUnavailable(
            f"Revision {asked} has not arrived here; the account is at {reached}. Please try again."
        )
    while True:  # also where it arrived while this waited for its turn
        records = await store.load(account_id)
        try:
            stand(exchange, caller, records)
        except AwsError:
            if await store.taken_back():
                continue
            raise
        return


async def admitted(realm: Realm, exchange: Exchange, operation: Operation) -> None:
    """Take in whom the evidence names, which is no stranger then."""
    while True:
        try:
            found = await invocation.admit(operation, realm, exchange.now, exchange.params)
        except AwsError:
            if await realm.store.taken_back():
                continue
            raise
        break
    if exchange.caller is None:
        realm.strangers.give_back(exchange.request.client_ip)
    exchange.caller, exchange.prepared, exchange.disclosed = found.caller, found.evidence, found.disclosed


async def answered(realm: Realm, exchange: Exchange, operation: Operation) -> None:
    """Do what a public operation does. What was read is durable before it is told, a refusal's reasons, too."""
    request, store = exchange.request, realm.store
    call = PublicCall(
        realm,
        exchange.now,
        exchange.request_id,
        request.client_ip,
        request.header(b"user-agent") or "",
        request.header(b"host") or "",
        request.secure,
        realm.region,
    )
    while True:
        try:
            exchange.reply = await invocation.public(operation, call, exchange.params)
            if not operation.reads:
                return  # what changes something waits for that by itself, and is not to be done again
            await store.settled()
            realm.strangers.give_back(request.client_ip)
        except AwsError:
            with suppress(StaleRead):
                await store.settled()
            raise
        except StaleRead:
            continue
        return


async def execute(realm: Realm, exchange: Exchange, begun: tuple[Call, Awaitable[Any] | None] | None = None) -> None:
    """Load what is not in memory, prepare, read or write; wait until it is durable.

    `begun` is the call, if it has been made already, and its preparation.
    """
    while True:
        try:
            call, preparing = begun or await _begin(realm, exchange)
            begun = None  # what is done again begins anew
            await _execute(exchange, call, preparing)
        except Cold as cold:
            await realm.store.load(cold.account_id)
        except StaleRead:
            continue  # another process changed what was read: read it again
        else:
            return


async def _begin(realm: Realm, exchange: Exchange) -> tuple[Call, Awaitable[Any] | None]:
    caller, operation = exchange.caller, exchange.operation
    if caller is None or operation is None:
        raise InternalFailure()
    records = await realm.store.load(caller.account_id)
    try:
        call = call_of(realm, exchange, stand(exchange, caller, records), operation, records)
        # once, however often the rest is done again
        return call, None if exchange.prepared is not None else invocation.prepare(call)
    except AwsError:
        await realm.store.settled()  # the refusal tells of what was read
        raise


async def _execute(exchange: Exchange, call: Call, preparing: Awaitable[Any] | None) -> None:
    store = call.realm.store
    if preparing is not None:
        try:
            exchange.prepared = await preparing
        except AwsError:
            await store.settled()
            raise
        call.records = await store.load(call.account_id)
    call.prepared = exchange.prepared
    if call.operation.reads:
        try:
            read(exchange, call)
        finally:
            if store.unsettled:
                await store.settled()  # a refusal tells of what was read, too
    else:
        await store.write(lambda transaction: change(exchange, call, transaction))
        exchange.recorded = True
