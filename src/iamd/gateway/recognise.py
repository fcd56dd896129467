"""Which operation of which service is a request? Told from the signature's scope, and then as the protocol has it.

Where a request could be two things, it is refused: the upstream might take it for the other one.
https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from iamd.gateway import rest, s3_requests
from iamd.gateway.asked import Asked, Place
from iamd.gateway.directory import Form, Service, by_signing_name, model_of, services
from iamd.gateway.strict import SIGNING_PARAMETERS, once, pairs
from iamd.wire.errors import AwsError, InvalidAction, UnknownOperationException
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel

_RPC: Final = re.compile(rb"/service/([A-Za-z0-9_.-]{1,128})/operation/([A-Za-z0-9]{1,128})").fullmatch
_FORM: Final = "application/x-www-form-urlencoded"

# Of services that have the same versions and operations, the one whose actions the others' are.
_SPEAKS_FOR: Final = {"docdb": "rds", "neptune": "rds"}

S3: Final = Form.S3  # asked for by every request: looking up an enumeration's members is slow


def form_of(request: HttpRequest, signing_name: str) -> tuple[Form, Service | None]:
    """How the request says it, and a service of that name (for answers): found without the body. Raises AwsError."""
    if signing_name == "s3" and not _is_s3_control(request):
        return S3, services()["s3"]
    candidates = by_signing_name().get(signing_name)
    if candidates is None:
        raise InvalidAction(f"There is no AWS service that signs as {signing_name}.")
    first = candidates[0]
    target, content = request.header(b"x-amz-target"), _content_type(request)
    if request.header(b"smithy-protocol") is not None:
        if target is not None:
            raise Ambiguous("X-Amz-Target and Smithy-Protocol exclude each other.")
        return Form.CBOR, first
    if target is not None:
        if content == _FORM or b"Action=" in request.query:
            raise Ambiguous("X-Amz-Target and Action exclude each other.")
        return Form.JSON, next((each for each in candidates if each.target == target.rpartition(".")[0]), first)
    for form in (Form.QUERY, Form.EC2):
        of_form = [each for each in candidates if form.value in each.protocols]
        if of_form and (content == _FORM or b"Action=" in request.query):
            return form, of_form[0]
    for form in (Form.REST_JSON, Form.REST_XML):
        of_form = [each for each in candidates if form.value in each.protocols]
        if of_form:
            return form, of_form[0]
    return (Form.JSON if "json" in first.protocols else Form.QUERY), first


def _is_s3_control(request: HttpRequest) -> bool:
    """Whether it is for S3 Control, whose clients put the account before the host's name: no other bucket may be there."""
    path = request.path
    if not path.startswith(_S3_CONTROL) or path[len(_S3_CONTROL) :].partition(b"/")[0] != b"":
        return False
    bucket = s3_requests.virtual_bucket(request)
    return not bucket or (len(bucket) == 12 and bucket.isdecimal())


_S3_CONTROL: Final = b"/" + s3_requests.CONTROL.encode()


def recognise(request: HttpRequest, signing_name: str, form: Form | None = None) -> Asked:
    """The operation; the request has its body, and its `form` need not be found again. Raises AwsError:
    UnknownOperationException, InvalidAction, Ambiguous."""
    if form is None:
        form = form_of(request, signing_name)[0]
    if form is S3:
        place = s3_requests.place(request)
        name = s3_requests.operation(request, place)
        known = _s3_operations.get(name)
        if known is None:
            known = _s3_operations[name] = model_of("s3").operations[name]
        return Asked(services()["s3"], known, form, place=place)
    candidates = [
        each for each in by_signing_name()[signing_name] if form.value in each.protocols and each.name != "s3"
    ]
    if form is Form.JSON:
        prefix, _, name = (request.header(b"x-amz-target") or "").rpartition(".")
        return _named(request, (each for each in candidates if each.target == prefix and prefix), name, form)
    if form is Form.CBOR:
        return _rpc(request, candidates)
    if form in (Form.QUERY, Form.EC2):
        return _query(request, candidates, form)
    return _rest(request, candidates, form)


_s3_operations: Final[dict[str, OperationModel]] = {}  # those that were asked for, of some hundred


def posted(asked: Asked) -> Asked:
    """The same, where a form asks for it."""
    place = asked.place
    if place is not None:
        place = Place(place.bucket, place.key, place.query, place.virtual, posted=True)
    return Asked(asked.service, asked.operation, asked.form, asked.labels, asked.pairs, place)


def _named(request: HttpRequest, candidates: Iterable[Service], name: str, form: Form) -> Asked:
    if (
        request.path != b"/"
        or request.method != "POST"
        or request.query.partition(b"=")[0] not in (b"", b"X-Amz-Algorithm")
    ):
        raise Ambiguous("A request with X-Amz-Target is a POST to / without query.")
    for service in candidates:
        operation = model_of(service.name).operations.get(name)
        if operation is not None:
            return Asked(service, operation, form)
    raise UnknownOperationException()


def _rpc(request: HttpRequest, candidates: Iterable[Service]) -> Asked:
    if request.header(b"smithy-protocol") != "rpc-v2-cbor":
        raise UnknownOperationException("Only rpc-v2-cbor is known of the Smithy RPC protocols.")
    named = _RPC(request.path)
    if named is None or request.method != "POST":
        raise UnknownOperationException()
    target, name = named[1].decode(), named[2].decode()
    for service in candidates:
        operation = model_of(service.name).operations.get(name) if service.target == target else None
        if operation is not None:
            return Asked(service, operation, Form.CBOR)
    raise UnknownOperationException()


def _query(request: HttpRequest, candidates: Iterable[Service], form: Form) -> Asked:
    sent = pairs(request.query) if request.query else []
    if request.method == "POST":
        if request.body and _content_type(request) not in (_FORM, ""):
            raise Ambiguous(f"A form has the content type {_FORM}.")
        sent += pairs(request.body)
    elif request.method != "GET" or request.body:
        raise Ambiguous("A query is a GET or a POST.")
    found = once([pair for pair in sent if pair[0] not in SIGNING_PARAMETERS])
    if len({name.lower() for name in found}) != len(found):
        raise Ambiguous("Names of parameters differ in case only.")
    version, action = found.get("Version", ""), found.get("Action", "")
    fitting = [each for each in candidates if each.version == version]
    fitting = [each for each in fitting if each.name not in _SPEAKS_FOR] or fitting
    for service in fitting:
        operation = model_of(service.name).operations.get(action)
        if operation is not None:
            return Asked(service, operation, form, pairs=found)
    raise InvalidAction(f"Could not find operation {action[:128]} for version {version[:32] or 'NO_VERSION_SPECIFIED'}")


def _rest(request: HttpRequest, candidates: Iterable[Service], form: Form) -> Asked:
    routes = [(service, route) for service in candidates if (route := rest.find(request, service.name)) is not None]
    if not routes:
        raise UnknownOperationException()
    service, first = routes[0]
    if not all(route.says_the_same(first) for _, route in routes):
        named = " or ".join(f"{each.name}:{route.operation.name}" for each, route in routes)
        raise Ambiguous(f"The request could be {named}.")
    return Asked(service, first.operation, form, labels=first.labels)


def _content_type(request: HttpRequest) -> str:
    return (request.header(b"content-type") or "").partition(";")[0].strip().lower()


def service_of(request: HttpRequest, signing_name: str | None) -> Service | None:
    """The service that a request seems to be for, for the form of an answer; None where it cannot be told."""
    try:
        return None if signing_name is None else form_of(request, signing_name)[1]
    except AwsError:
        return None
