"""The composition root: what happens to a request, from the socket to the answer, read top to bottom.

A request to an AWS API passes the links of `CHAIN` in order, each a plain coroutine that fills in its part of the
Exchange or raises AwsError. Whatever came of it is then recorded and answered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from time import perf_counter

from iamd.caller import sigv4
from iamd.caller.authenticate import authenticate
from iamd.caller.caller import CallerKind
from iamd.console import door
from iamd.console.calls import Question
from iamd.guard.denials import Denied
from iamd.server import answers, asgi, authorization, certificate_sessions, forward_auth, telemetry, understood
from iamd.server.asgi import Receive, Scope, Send
from iamd.server.endpoints import PREFIX, Endpoints
from iamd.server.events import copy_for, event_of, templated
from iamd.server.exchange import Exchange, now
from iamd.server.gate import Gate
from iamd.server.protocol import Gone, TooLarge
from iamd.services import invocation
from iamd.services.call import Call, Cold, Realm
from iamd.services.catalogue import APIS, api_of, takes_unsigned
from iamd.store.change import Change
from iamd.store.errors import NoAccount, StaleRead, StoreError
from iamd.wire import protocols
from iamd.wire.errors import AwsError, InternalFailure, InvalidInput, MissingAuthenticationToken, ServiceUnavailable
from iamd.wire.http import Answer, HttpRequest

Link = Callable[[Realm, Exchange], Awaitable[None]]


async def catch_up(realm: Realm, exchange: Exchange) -> None:
    """See what other processes have committed: a read after a write sees it, wherever it was written."""
    if realm.store.may_be_stale(exchange.request.arrived):
        await realm.store.refresh(exchange.request.arrived)


async def identify(realm: Realm, exchange: Exchange) -> None:
    """Whose signature is it? Checked on the raw bytes, before anything of the body is believed.

    Nobody's, when the request has none and seems to be for one of the few operations that take none: see `admit`.
    """
    signature = exchange.signature = sigv4.read(exchange.request)
    exchange.api = api_of(exchange.request, signature)
    if signature is not None and not exchange.api.is_global:
        exchange.region = signature.region
    if signature is None and takes_unsigned(exchange.api, exchange.request):
        return
    exchange.caller = await authenticate(
        exchange.request, signature, realm.store, realm.sealer, realm.tokens, exchange.now
    )


async def freshen(realm: Realm, exchange: Exchange) -> None:
    """See at least the revision of the caller's account that the client asks for with `x-iamd-revision`."""
    if b"x-iamd-revision" not in exchange.request.index:
        return
    asked, caller = exchange.request.header(b"x-iamd-revision"), exchange.caller
    if asked is None or caller is None:
        return
    if not _is_revision(asked):
        raise InvalidInput("x-iamd-revision must be a number that an earlier answer carried.")
    if (await realm.store.load(caller.account_id)).revision >= int(asked):
        return
    with suppress(StaleRead):
        await realm.store.settled()  # changes of our own under way hide those of others until they are committed
    await realm.store.refresh()
    reached = (await realm.store.load(caller.account_id)).revision
    if reached < int(asked):
        raise ServiceUnavailable(
            f"Revision {asked} has not arrived here; the account is at {reached}. Please try again."
        )


_is_revision = re.compile(r"[0-9]{1,18}").fullmatch


async def understand(realm: Realm, exchange: Exchange) -> None:
    """Which operation, with which parameters? Refuses what the service model does not know."""
    api = exchange.api or APIS["iam"]
    known = understood.get(api, exchange.request)
    if known is not None:
        exchange.operation, exchange.params = known
        exchange.action = known[0].name
        return
    protocol = protocols.of(api.model)
    asked = protocol.read(exchange.request, api.model)
    exchange.action = asked.action
    operation = api.find(asked.action, asked.version)
    params = protocol.parse(operation.model, asked.content)
    exchange.operation, exchange.params = operation, params
    protocol.check(operation.model, params)
    understood.put(api, exchange.request, operation, params)


async def throttle(realm: Realm, exchange: Exchange) -> None:
    """Are there not too many of its kind? Counts by account, and by address where nobody signed."""
    if realm.throttle is not None and exchange.operation is not None:
        caller = exchange.caller
        realm.throttle.take(caller.account_id if caller else exchange.request.client_ip, exchange.operation)


async def admit(realm: Realm, exchange: Exchange) -> None:
    """Who calls an operation that takes no signature? Whomever the evidence among its parameters names, signed or not."""
    operation = exchange.operation
    admitting = None if operation is None else invocation.admit(operation, realm, exchange.now, exchange.params)
    if admitting is not None:
        admitted = await admitting
        exchange.caller, exchange.prepared = admitted.caller, admitted.evidence
        exchange.disclosed = admitted.disclosed
    if exchange.caller is None:
        raise MissingAuthenticationToken()


async def execute(realm: Realm, exchange: Exchange) -> None:
    """Resolve the target, decide, do it: durable before it returns."""
    while True:
        try:
            await _execute(realm, exchange)
        except Cold as cold:
            await realm.store.load(cold.account_id)
        except StaleRead:
            continue  # another process changed what was read: read it again
        else:
            return


CHAIN: tuple[Link, ...] = (catch_up, identify, freshen, understand, throttle, admit, execute)


async def _execute(realm: Realm, exchange: Exchange) -> None:
    caller, operation = exchange.caller, exchange.operation
    if caller is None or operation is None:
        raise InternalFailure()
    call = Call(
        operation=operation,
        realm=realm,
        caller=caller,
        records=realm.store.records(caller.account_id) or await realm.store.load(caller.account_id),
        params=exchange.params,
        now=exchange.now,
        request_id=exchange.request_id,
        client_ip=exchange.request.client_ip,
        secure=exchange.request.secure,
        agent=exchange.request.header(b"user-agent") or "",
        region=exchange.region,
    )
    exchange.asked = call.asked
    if operation.preparation is not None and exchange.prepared is None:  # once, however often the rest is done again
        await _prepare(call, exchange)
    call.prepared = exchange.prepared
    if operation.reads:
        exchange.revision = call.records.revision
        try:
            exchange.reply = invocation.invoke(call)
            exchange.shared_with = call.shared_with
        finally:
            if realm.store.unsettled:
                await realm.store.settled()  # a refusal tells of what was read, too
    else:
        await realm.store.write(lambda change: _change(call, exchange, change))
        exchange.recorded = True


async def _prepare(call: Call, exchange: Exchange) -> None:
    store = call.realm.store
    try:
        preparing = invocation.prepare(call)
        if preparing is None:
            return
        exchange.prepared = await preparing
    except AwsError:
        await store.settled()  # the refusal tells of what was read
        raise
    call.records = await store.load(call.account_id)


def _change(call: Call, exchange: Exchange, change: Change) -> None:
    """A change and its audit event, in one transaction; may run again on fresher records."""
    call.change, call.records = change, change.records(call.account_id)
    exchange.reply = invocation.invoke(call)
    exchange.revision = call.records.revision + bool(call.records.journal)  # the revision that this makes
    change.event(event_of(exchange))


# What is not signed as AWS's APIs are, and so stays outside the chain: whether a request is for it, and its answer.
DOORS = (
    (forward_auth.is_for_proxies, forward_auth.answer),
    (certificate_sessions.is_for_certificates, certificate_sessions.answer),
    (authorization.is_for_authorization, authorization.answer),
)


class Application:
    """The ASGI application: AWS APIs at every path but iamd's own."""

    def __init__(self, realm: Realm, endpoints: Endpoints, max_body_bytes: int, proxies: asgi.TrustedProxies) -> None:
        self.realm = realm
        self.endpoints = endpoints
        self.max_body_bytes = max_body_bytes
        self.proxies = proxies
        self.gate: Gate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.gate is not None and self.gate.takes(scope):
            await self.gate(scope, receive, send)
            return
        try:
            request = await asgi.read(scope, receive, self.max_body_bytes, self.proxies)
        except Gone:
            return
        except TooLarge:
            await asgi.send(answers.too_large(self.max_body_bytes), send)
            return
        answered = await self._apart(request) if request.path != b"/" or request.method == "GET" else None
        await asgi.send(answered or await self.handle(Exchange(request)), send)

    async def _apart(self, request: HttpRequest) -> Answer | None:
        """The answer to what is no request to an AWS API; those are mostly sent to `/`, with POST."""
        for takes, answer in DOORS:
            if takes(request):
                return await answer(self.realm, request)
        if request.path.startswith(PREFIX):
            return await self.endpoints.answer(request)
        if door.is_for_people(request):
            return await door.answer(self.realm, request, now(), self.perform)
        return None

    async def perform(self, request: HttpRequest, question: Question) -> Exchange:
        """Take a call of a person at the console through the links that are not about signatures and protocols."""
        exchange = Exchange(request, caller=question.caller, api=question.api, action=question.action)

        async def understood(realm: Realm, exchange: Exchange) -> None:
            exchange.operation, exchange.params = question.understand()

        started = perf_counter()
        await self._pass((catch_up, understood, throttle, admit, execute), exchange)
        try:
            self._record(exchange)
        except Exception:
            telemetry.log.error("a call was not recorded", request_id=exchange.request_id, exc_info=True)
            exchange.reply, exchange.error = None, InternalFailure()
        telemetry.observe(exchange, started)
        return exchange

    async def handle(self, exchange: Exchange) -> Answer:
        """Take one request through the chain; record it; answer it, whatever happened."""
        started = perf_counter()
        await self._pass(CHAIN, exchange)
        try:
            self._record(exchange)
            return answers.of(exchange)
        except Exception:
            # What cannot be recorded is not told; what cannot be written down is not sent in part.
            telemetry.log.error("an answer failed", request_id=exchange.request_id, exc_info=True)
            exchange.error = InternalFailure()
            return answers.of(exchange)
        finally:
            telemetry.observe(exchange, started)

    async def _pass(self, chain: Iterable[Link], exchange: Exchange) -> None:
        """Through those links, until one refuses."""
        try:
            for link in chain:
                await link(self.realm, exchange)
        except AwsError as error:
            exchange.error = error
        except (StoreError, NoAccount):
            telemetry.log.error("the store failed", request_id=exchange.request_id, exc_info=True)
            exchange.error = ServiceUnavailable()
        except Exception:
            telemetry.log.error("a request failed", request_id=exchange.request_id, exc_info=True)
            exchange.error = InternalFailure()

    def _record(self, exchange: Exchange) -> None:
        """The audit event, unless it went with the change; and that the credentials were used, and for what."""
        caller, store = exchange.caller, self.realm.store
        if caller is None:
            return
        usual = None if exchange.recorded else templated(exchange)
        if usual is not None:
            store.keep_event(usual)
            if usual.template.noted is exchange.now:
                return
            usual.template.noted = exchange.now
        elif not exchange.recorded:
            event = event_of(exchange)
            store.append_event(event)
            if event.shared_id is not None:
                store.append_event(copy_for(exchange, event))
        if isinstance(exchange.error, Denied):
            store.denied(caller.account_id, exchange.now, exchange.error.denial)
        api, operation, now, region = exchange.api, exchange.operation, exchange.now, exchange.region
        if api is not None and not caller.kind.is_vouched_for:  # those have nothing here that is used
            subject = caller.id if caller.kind is CallerKind.ROLE else caller.access_key_id
            store.used(caller.account_id, subject, now, region, api.name)
            if operation is not None:
                store.accessed(caller.account_id, caller.id, api.name, operation.name, now, region)
