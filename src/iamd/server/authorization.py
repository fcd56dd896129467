"""The authorization API's side of HTTP: paths, statuses, headers, and the record of what was asked.

https://openid.net/specs/authorization-api-1_0.html, "HTTPS Binding" and "Policy Decision Point Metadata"
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from iamd.audit import ApiEvent
from iamd.audit.ids import new_uuid
from iamd.authorization import explanations, messages, minio, past, search
from iamd.authorization.callers import identify, permit
from iamd.authorization.evaluations import Answer as Told
from iamd.authorization.evaluations import Evaluator
from iamd.authorization.mapping import Unmappable
from iamd.authorization.messages import Malformed, missing
from iamd.authorization.subjects import Unknown
from iamd.caller.caller import Caller
from iamd.console.calls import as_json
from iamd.server import access_questions, gateway_questions, hindsight
from iamd.server.clock import now
from iamd.server.telemetry import TALLY, log
from iamd.services.call import Cold, Realm
from iamd.services.unavailable import unavailable
from iamd.store.errors import NoAccount, StaleRead, StoreError
from iamd.store.image import Records
from iamd.wire.errors import (
    AccessDenied,
    AwsError,
    InternalFailure,
    ResourceNotFoundException,
    ServiceUnavailable,
    Throttling,
)
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/access/v1/"
METADATA = b"/.well-known/authzen-configuration"
SOURCE = "authorization.iamd"  # of its events

_TRIES = 8
_RECORDED = 2048  # characters of a name
_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_encode = msgspec.json.Encoder().encode


class Visit(NamedTuple):
    """One request whose caller is known and may ask; `evaluator` answers it, `alone` by what iamd has itself."""

    realm: Realm
    records: Records
    body: bytes
    evaluator: Evaluator
    alone: Evaluator


class Outcome(NamedTuple):
    """What is answered, and what the record tells of it."""

    body: Told
    told: dict[str, Any]


class Route(NamedTuple):
    """A path: the action that a caller must be allowed, and what answers."""

    action: str
    answer: Callable[[Visit], Outcome]


class Lasting(NamedTuple):
    """A path whose answer takes long: the action, and what answers an account's question, and what is recorded of it."""

    action: str
    work: Callable[[Realm, str, bytes], Awaitable[tuple[dict[str, Any], dict[str, Any]]]]


def is_for_authorization(request: HttpRequest) -> bool:
    """Whether a request is for the authorization API."""
    return request.path.startswith((PREFIX, METADATA))


def evaluation(visit: Visit) -> Outcome:
    """One question."""
    asked = messages.read_evaluation(visit.body)
    problem = missing(asked)
    if problem is not None:
        raise Malformed(problem)
    answer = visit.evaluator.answer(asked)
    return Outcome(answer, {**_names(asked), "decision": answer["decision"]})


def evaluations(visit: Visit) -> Outcome:
    """Several questions; without any in the list, the one that the request is itself."""
    asked, wrong = messages.read_evaluations(visit.body)
    if not asked.evaluations:
        return evaluation(visit)
    answers = visit.evaluator.answers(asked, wrong)
    allowed = sum(answer["decision"] for answer in answers)
    return Outcome({"evaluations": answers}, {**_names(asked), "evaluations": len(answers), "allowed": allowed})


def explanation(visit: Visit) -> Outcome:
    """Why the answer to one question is as it is."""
    asked = messages.read_evaluation(visit.body)
    problem = missing(asked)
    if problem is not None:
        raise Malformed(problem)
    try:
        answer = explanations.answered(visit.realm, visit.evaluator, visit.records, asked)
    except (Unknown, Unmappable) as unclear:
        raise Malformed(str(unclear)) from None
    return Outcome(answer, {**_names(asked), "decision": answer["decision"]})


def search_subject(visit: Visit) -> Outcome:
    """Who may."""
    asked = _search(visit, "subject.id")
    return _found(asked, search.subjects(visit.realm, visit.records, visit.evaluator, asked))


def search_resource(visit: Visit) -> Outcome:
    """To what it may be done."""
    asked = _search(visit, "resource.id")
    return _found(asked, search.resources(visit.evaluator, asked))


def search_action(visit: Visit) -> Outcome:
    """What may be done."""
    asked = _search(visit, "action")
    return _found(asked, search.actions(visit.evaluator, asked))


def _search(visit: Visit, open_: str) -> messages.Search:
    asked = messages.read_search(visit.body)
    problem = missing(asked, open_)
    if problem is not None:
        raise Malformed(problem)
    return asked


def _found(asked: messages.Evaluation, body: Told) -> Outcome:
    return Outcome(body, {**_names(asked), "results": len(body["results"])})


def minio_request(visit: Visit) -> Outcome:
    """A request of MinIO's."""
    asked = minio.read(visit.body)
    result = minio.may(visit.alone, asked)  # MinIO would ask back whether its policies may be read
    told = {"account": asked.account, "action": asked.action, "bucket": asked.bucket, "object": asked.object}
    return Outcome({"result": result}, {**told, "decision": result})


ROUTES: dict[bytes, Route | Lasting] = {
    b"evaluation": Route("Evaluate", evaluation),
    b"evaluations": Route("Evaluate", evaluations),
    b"explanation": Route("ExplainAccess", explanation),
    b"explanation/denial": Lasting("ExplainAccess", access_questions.denial),
    b"explanation/event": Lasting("ExplainAccess", access_questions.event),
    b"escalations": Lasting("FindEscalations", access_questions.escalations),
    b"search/subject": Route("SearchSubjects", search_subject),
    b"search/resource": Route("SearchResources", search_resource),
    b"search/action": Route("SearchActions", search_action),
    b"minio": Route("Evaluate", minio_request),
    b"history/diff": Lasting("CompareHistory", hindsight.compare),
    b"history/replay": Lasting("ReplayCalls", hindsight.replay),
    b"gateway": Lasting("GetGateway", gateway_questions.gateway),
    b"gateway/learned": Lasting("LearnPolicies", gateway_questions.learned),
}


async def answer(realm: Realm, request: HttpRequest) -> Answer:
    """Answer one request, and record it if its caller is known."""
    started, request_id = perf_counter(), new_uuid()
    headers = [(b"x-amzn-requestid", request_id.encode()), (b"cache-control", b"no-store")]
    given = request.index.get(b"x-request-id")
    if given is not None:
        headers.append((b"x-request-id", given))
    if request.path.startswith(METADATA):
        return _metadata(realm, request, headers)
    route = ROUTES.get(request.path[len(PREFIX) :])
    if route is None:
        return Answer(404, [*headers, _TEXT], b"There is no such endpoint.")
    if request.method != "POST":
        return Answer(405, [*headers, _TEXT, (b"allow", b"POST")], b"Use POST.")
    status, body, code = await _answered(realm, request, route, request_id)
    TALLY.count("authorization", route.action, code, perf_counter() - started)
    if status == 200:
        return Answer(200, [*headers, _JSON], body)
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="iamd"'))
    if status == 429:
        headers += Throttling.headers
    return Answer(status, [*headers, _TEXT], body)


async def answer_person(realm: Realm, request: HttpRequest, caller: Caller, path: bytes) -> Answer:
    """Answer a person at the console, who may ask what programs may: the same permission, decision and record."""
    route, started, request_id = ROUTES.get(path), perf_counter(), new_uuid()
    if route is None or request.method != "POST":
        raise ResourceNotFoundException("There is no such question.")
    status, body, code = await _answered(realm, request, route, request_id, caller)
    TALLY.count("authorization", route.action, code, perf_counter() - started)
    if status == 200:
        return Answer(200, [_JSON, (b"cache-control", b"no-store")], body)
    return as_json(status, {"code": code, "message": body.decode()})


async def _answered(
    realm: Realm, request: HttpRequest, route: Route | Lasting, request_id: str, known: Caller | None = None
) -> tuple[int, bytes, str]:
    """Status, body and code of an answer, to who signed the request unless that is known."""
    caller, outcome, error, at = known, None, None, now()
    try:
        if realm.store.may_be_stale(request.arrived):
            await realm.store.refresh(request.arrived)
        if caller is None:
            caller = await identify(realm, request, at)
        outcome = await _asked(realm, request, caller, route, at)
        if realm.store.unsettled:
            await realm.store.settled()  # what was decided on must stand
        status, code, body = 200, "OK", _encode(outcome.body)
    except Malformed as problem:
        status, code, body = 400, "BadRequest", str(problem).encode()
    except StaleRead:  # what was decided on has been taken back
        return await _answered(realm, request, route, request_id, known)
    except AwsError as refusal:
        if await realm.store.taken_back():
            return await _answered(realm, request, route, request_id, known)
        error = refusal
    except (StoreError, NoAccount) as failure:
        log.error("the store failed", request_id=request_id, exc_info=True)
        error = unavailable(failure)
    except Exception:
        log.error("a question failed", request_id=request_id, exc_info=True)
        error = InternalFailure()
    if error is not None:
        # Whoever could not be identified is told 401, whatever AWS's status for it, unless there was too much of it (429)
        # or we have failed.
        status = error.http_status if caller is not None or error.http_status >= 429 else 401
        code, body = error.code, error.message.encode()
    if caller is not None:
        told = None if code == "OK" else (code, body.decode())
        try:
            _record(realm, request, caller, route, request_id, at, outcome, told)
        except StoreError:  # what cannot be recorded is not told
            log.error("a question was not recorded", request_id=request_id, exc_info=True)
            full = ServiceUnavailable()
            return full.status, full.message.encode(), full.code
    return status, body, code


async def _asked(realm: Realm, request: HttpRequest, caller: Caller, route: Route | Lasting, at: datetime) -> Outcome:
    """What a caller is answered who may ask. Raises AccessDenied, Malformed, Throttling."""
    as_of = request.header(past.HEADER)
    for _ in range(_TRIES):
        try:
            records = _permitted(realm, request, caller, route.action, at)
            if isinstance(route, Lasting):
                break
            if as_of is None:
                visit = _visit(realm, records, at, request.body)
                outcome = route.answer(visit)
                if realm.resources is None or not visit.evaluator.unread:
                    return outcome
                await realm.resources.read(visit.evaluator.unread, realm.region)
                continue
            permit(realm, records, caller, request, "iamd:ReadHistory", at)
            break
        except Cold as cold:
            await realm.store.load(cold.account_id)
    else:
        raise ServiceUnavailable
    if isinstance(route, Lasting):
        return Outcome(*await route.work(realm, caller.account_id, request.body))
    then = past.Past(realm, caller.account_id, past.read(as_of or ""))
    outcome = await _asked_of_the_past(then, request.body, route, at)
    return outcome._replace(told={**outcome.told, "asOf": as_of})


def _permitted(realm: Realm, request: HttpRequest, caller: Caller, action: str, at: datetime) -> Records:
    """The records of a caller that may ask. Raises AccessDenied, Malformed, Cold."""
    records = realm.records(caller.account_id)
    if records is None:
        raise AccessDenied
    permit(realm, records, caller, request, f"iamd:{action}", at)
    if (request.header(b"content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise Malformed("the content type must be application/json")
    return records


def _visit(realm: Realm, records: Records, at: datetime, body: bytes) -> Visit:
    return Visit(realm, records, body, Evaluator(realm, records, at), Evaluator(realm, records, at, elsewhere=False))


async def _asked_of_the_past(then: past.Past, body: bytes, route: Route, at: datetime) -> Outcome:
    """What is answered from the accounts as they stood; the time of the question stays now."""
    for _ in range(_TRIES):
        try:
            return route.answer(_visit(then.realm, then.records, at, body))
        except Cold as cold:
            await then.load(cold.account_id)
    raise ServiceUnavailable


def _names(asked: messages.Evaluation) -> dict[str, Any]:
    """What a question is about, for the record; properties are not recorded."""
    told: dict[str, Any] = {}
    for name, entity in (("subject", asked.subject), ("resource", asked.resource)):
        if entity is not None:
            told[name] = {"type": _shortened(entity.type), "id": _shortened(entity.id)}
    if asked.action is not None:
        told["action"] = {"name": _shortened(asked.action.name)}
    return told


def _shortened(text: str | None) -> str | None:
    return None if text is None else text[:_RECORDED]


def _record(
    realm: Realm,
    request: HttpRequest,
    caller: Caller,
    route: Route | Lasting,
    request_id: str,
    at: datetime,
    outcome: Outcome | None,
    error: tuple[str, str] | None,
) -> None:
    realm.store.append_event(
        ApiEvent(
            account_id=caller.account_id,
            time=at,
            source=SOURCE,
            name=route.action,
            region=realm.region,
            request_id=request_id,
            read_only=True,
            who=caller,
            error=error,
            client_ip=request.client_ip,
            agent=request.header(b"user-agent") or "",
            secure_host=request.header(b"host") if request.secure else None,
            from_console=caller.session is not None and caller.session.console,
            additional=None if outcome is None else outcome.told,
        )
    )


def _metadata(realm: Realm, request: HttpRequest, headers: list[tuple[bytes, bytes]]) -> Answer:
    """Where everything is: below `public_url`, or below the URL that the client used."""
    if request.method not in ("GET", "HEAD"):
        return Answer(405, [*headers, _TEXT, (b"allow", b"GET")], b"Use GET.")
    host = request.header(b"host") or ""
    base = (realm.public_url or f"http{'s' if request.secure else ''}://{host}").rstrip("/")
    if request.path[len(METADATA) :] != urlsplit(base).path.encode():  # which stands behind the well-known one
        return Answer(404, [*headers, _TEXT], b"There is no such policy decision point.")
    where = base + PREFIX.decode()
    document = {
        "policy_decision_point": base,
        "access_evaluation_endpoint": f"{where}evaluation",
        "access_evaluations_endpoint": f"{where}evaluations",
        "search_subject_endpoint": f"{where}search/subject",
        "search_resource_endpoint": f"{where}search/resource",
        "search_action_endpoint": f"{where}search/action",
    }
    return Answer(200, [*headers, _JSON], _encode(document))
