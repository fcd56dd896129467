"""An Exchange's operation, executed: reads on the records as they are, changes in a transaction."""

from __future__ import annotations

from iamd.caller.caller import Caller
from iamd.caller.identities import standing
from iamd.server.events import event_of
from iamd.server.exchange import Exchange
from iamd.services import invocation
from iamd.services.call import Call, Realm
from iamd.services.registry import Operation
from iamd.store.change import Change
from iamd.store.image import Records


def call_of(realm: Realm, exchange: Exchange, caller: Caller, operation: Operation, records: Records) -> Call:
    """The call that an exchange has come to."""
    request = exchange.request
    call = Call(
        operation,
        realm,
        caller,
        records,
        exchange.params,
        exchange.now,
        exchange.request_id,
        request.client_ip,
        request.secure,
        request.header(b"user-agent") or "",
        exchange.region,
        exchange.prepared,
    )
    exchange.asked = call.asked
    return call


def stand(exchange: Exchange, caller: Caller, records: Records) -> Caller:
    """Who calls by these records, which may be later ones than those that told it: an access key may have ended. Raises
    InvalidClientTokenId, ExpiredToken."""
    signature = exchange.signature
    if signature is not None and caller.access_key_id == signature.access_key_id:
        caller = exchange.caller = standing(caller, records)
    return caller


def read(exchange: Exchange, call: Call) -> None:
    """Invoke what changes nothing. Raises AwsError, Cold."""
    exchange.revision = call.records.revision
    exchange.reply = invocation.invoke(call)
    exchange.shared_with = call.shared_with


def change(exchange: Exchange, call: Call, transaction: Change) -> None:
    """A change and its audit event, in one transaction; may run again on fresher records. Raises AwsError, Cold."""
    call.change, call.records = transaction, transaction.records(call.account_id)
    call.caller = stand(exchange, call.caller, call.records)
    exchange.reply = invocation.invoke(call)
    exchange.revision = call.records.revision + bool(call.records.journal)  # the revision that this makes
    transaction.event(event_of(exchange))
