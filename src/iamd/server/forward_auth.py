"""`/_iamd/forward-auth/API` for nginx and Traefik, `/_iamd/ext-authz/API/...` for Envoy: may the client pass?

The client's own credentials are asked about: its signature for the service `execute-api`, or its bearer token; or a
proxy that has signed it in names it. 200 lets it pass and names it in headers; 401, 403 and 429 do not.
"""

from __future__ import annotations

from datetime import datetime
from time import perf_counter
from typing import NamedTuple

from iamd.audit import ApiEvent
from iamd.audit.ids import new_uuid
from iamd.authorization import forwarded
from iamd.authorization.callers import identify_client, identify_proxy
from iamd.authorization.forwarded import Forwarded
from iamd.authorization.passing import Passed, of_client, of_subject
from iamd.caller.caller import Caller
from iamd.server.clock import now
from iamd.server.telemetry import TALLY, log
from iamd.services.call import Cold, Realm
from iamd.services.unavailable import unavailable
from iamd.store.errors import NoAccount, StaleRead, StoreError
from iamd.wire.errors import (
    AccessDenied,
    AwsError,
    IncompleteSignature,
    InternalFailure,
    MissingAuthenticationToken,
    ServiceUnavailable,
    Throttling,
)
from iamd.wire.http import Answer, Headers, HttpRequest

BY_HEADERS = b"/_iamd/forward-auth/"
BY_PATH = b"/_iamd/ext-authz/"
SOURCE = "execute-api.iamd"  # of its events

_TRIES = 8
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class _Outcome(NamedTuple):
    caller: Caller | None  # the client, or the proxy that names it
    resource: str
    passed: Passed | None
    error: AwsError | None


def is_for_proxies(request: HttpRequest) -> bool:
    """Whether a proxy asks."""
    return request.path.startswith((BY_HEADERS, BY_PATH))


async def answer(realm: Realm, request: HttpRequest) -> Answer:
    """Whether the client's request may pass."""
    started, request_id, at = perf_counter(), new_uuid(), now()
    headers = [(b"x-amzn-requestid", request_id.encode()), (b"cache-control", b"no-store")]
    client = _client(request)
    if client is None:
        try:
            realm.strangers.take(request.client_ip)
        except Throttling as refusal:
            return _refused(refusal, headers, unknown=True)
        told = b"Name the API in the path, and the client's method and URI in X-Forwarded-Method and X-Forwarded-Uri."
        return Answer(403, [*headers, _TEXT], told)
    outcome = await _decided(realm, client, at, request_id)
    error = outcome.error
    TALLY.count("execute-api", "Invoke", "OK" if error is None else error.code, perf_counter() - started)
    if outcome.caller is not None:
        try:
            _record(realm, client.request, outcome.caller, outcome, at, request_id)
        except StoreError:  # what cannot be recorded does not pass
            log.error("a proxy's question was not recorded", request_id=request_id, exc_info=True)
            error = ServiceUnavailable()
    if error is None and outcome.passed is not None:
        return Answer(200, [*headers, *_names(outcome.passed)], b"")
    return _refused(error or InternalFailure(), headers, unknown=outcome.caller is None)


def _refused(error: AwsError, headers: Headers, *, unknown: bool) -> Answer:
    """A refusal. Only who may get in by signing in is asked to do so: 401 makes proxies send people there."""
    if error.status >= 500:
        status = error.status
    elif isinstance(error, Throttling):
        status = error.http_status
    elif isinstance(error, MissingAuthenticationToken) or (unknown and not isinstance(error, IncompleteSignature)):
        status = 401
        headers = [*headers, (b"www-authenticate", b'Bearer realm="iamd"')]
    else:
        status = 403
    return Answer(status, [*headers, _TEXT, *error.headers], error.message.encode())


def _client(request: HttpRequest) -> Forwarded | None:
    if request.path.startswith(BY_HEADERS):
        return forwarded.by_headers(request.path[len(BY_HEADERS) :].decode("latin-1"), request)
    api, slash, rest = request.path[len(BY_PATH) :].partition(b"/")
    return forwarded.by_path(api.decode("latin-1"), slash + rest or b"/", request)


async def _decided(realm: Realm, client: Forwarded, at: datetime, request_id: str) -> _Outcome:
    caller, resource = None, ""
    try:
        if realm.store.may_be_stale(client.request.arrived):
            await realm.store.refresh(client.request.arrived)
        proxy = await identify_proxy(realm, client.request, at)
        caller = proxy or await identify_client(realm, client.request, at)
        resource = client.resource(caller, realm.region)
        passed = await _passed(realm, client, caller, resource, at, by_proxy=proxy is not None)
        if realm.store.unsettled:
            await realm.store.settled()
        return _Outcome(caller, resource, passed, None)
    except AwsError as refusal:
        if await realm.store.taken_back():
            return await _decided(realm, client, at, request_id)
        return _Outcome(caller, resource, None, refusal)
    except StaleRead:  # what was decided on has been taken back
        return await _decided(realm, client, at, request_id)
    except (StoreError, NoAccount) as error:
        log.error("the store failed", request_id=request_id, exc_info=True)
        return _Outcome(caller, resource, None, unavailable(error))
    except Exception:
        log.error("a proxy's question failed", request_id=request_id, exc_info=True)
        return _Outcome(caller, resource, None, InternalFailure())


async def _passed(
    realm: Realm, client: Forwarded, caller: Caller, resource: str, at: datetime, *, by_proxy: bool
) -> Passed:
    decide = of_subject if by_proxy else of_client
    for _ in range(_TRIES):
        try:
            records = realm.records(caller.account_id)
            if records is None:
                raise AccessDenied
            return decide(realm, records, caller, client, resource, at)
        except Cold as cold:
            await realm.store.load(cold.account_id)
    raise ServiceUnavailable


def _names(passed: Passed) -> list[tuple[bytes, bytes]]:
    """Who it is, for the server behind the proxy."""
    return [
        (b"x-iamd-principal", passed.arn.encode()),
        (b"x-iamd-user-id", passed.user_id.encode()),
        (b"x-iamd-account", passed.account_id.encode()),
    ]


def _subject(request: HttpRequest) -> dict[str, str]:
    """Whom the proxy named, for the record."""
    named = request.header(b"x-iamd-subject")
    return {} if named is None else {"subject": named[:2048]}


def _record(
    realm: Realm, request: HttpRequest, caller: Caller, outcome: _Outcome, at: datetime, request_id: str
) -> None:
    error = outcome.error
    realm.store.append_event(
        ApiEvent(
            account_id=caller.account_id,
            time=at,
            source=SOURCE,
            name="Invoke",
            region=realm.region,
            request_id=request_id,
            read_only=request.method in ("GET", "HEAD", "OPTIONS"),
            who=caller,
            error=None if error is None else (error.code, error.message),
            client_ip=request.client_ip,
            agent=request.header(b"user-agent") or "",
            additional={"resource": outcome.resource, **_subject(request)},
        )
    )
