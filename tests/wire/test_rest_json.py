"""The REST-JSON protocol: what names the operation, and where its parameters are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from iamd.wire import model, rest_json
from iamd.wire.errors import AccessDenied, SerializationException, UnknownOperationException, ValidationException
from iamd.wire.http import HttpRequest

TOOLBOX, ANYWHERE, SIGNIN = (model.load(name) for name in ("iam-toolbox", "rolesanywhere", "signin"))


def request(method: str, path: str, query: str = "", body: bytes = b"") -> HttpRequest:
    return HttpRequest(method, path.encode(), query.encode(), [], body)


def parsed(service: model.ServiceModel, asked: HttpRequest) -> tuple[str, dict[str, Any]]:
    call = rest_json.read(asked, service)
    return call.action, rest_json.parse(service.operations[call.action], call)


def test_labels_and_query_are_parameters() -> None:
    path = "/authorization-details/abc%2F1/policy"
    assert parsed(TOOLBOX, request("GET", path, "policyUri=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX")) == (
        "GetRequestAuthorizationPolicy",
        {"authorization_id": "abc/1", "policy_uri": "arn:aws:iam::aws:policy/X"},
    )


def test_the_query_can_tell_operations_apart() -> None:
    for query, action in (("", "CreateOAuth2Token"), ("x-amz-token-request-type=bearer", "CreateBearerToken")):
        assert rest_json.read(request("POST", "/v1/token", query), SIGNIN).action == action


def test_members_of_the_body_and_a_body_that_is_one_member() -> None:
    body = json.dumps({"name": "x", "source": {"sourceType": "AWS_ACM_PCA"}, "enabled": True, "unknown": 1}).encode()
    action, params = parsed(ANYWHERE, request("POST", "/trustanchors", "", body))
    assert action == "CreateTrustAnchor"
    assert params == {"name": "x", "source": {"sourceType": "AWS_ACM_PCA"}, "enabled": True}
    body = json.dumps({"clientId": "c", "grantType": "g"}).encode()
    assert parsed(SIGNIN, request("POST", "/v1/token", "", body))[1] == {
        "token_input": {"clientId": "c", "grantType": "g"}
    }


def test_numbers_in_the_query_are_numbers() -> None:
    assert parsed(ANYWHERE, request("GET", "/crls", "pageSize=5"))[1] == {"page_size": 5}
    with pytest.raises(SerializationException):
        parsed(ANYWHERE, request("GET", "/crls", "pageSize=five"))


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/authorization-details/a"), ("GET", "/authorization-details/"), ("GET", "/")]
)
def test_what_names_no_operation(method: str, path: str) -> None:
    assert not rest_json.matches(request(method, path), TOOLBOX)
    with pytest.raises(UnknownOperationException):
        rest_json.read(request(method, path), TOOLBOX)


def test_times_are_written_as_the_model_says() -> None:
    def started(time: object) -> Any:
        details = {"trails": [], "accessRole": "arn", "startTime": time}
        body = {"policyGenerationDetails": {"principalArn": "arn"}, "cloudTrailDetails": details}
        asked = request("PUT", "/policy/generation", "", json.dumps(body).encode())
        return parsed(model.load("accessanalyzer"), asked)[1]["cloud_trail_details"]["startTime"]

    for text in ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00", "2026-11-01T02:00:00+02:00"):
        assert started(text) == datetime(2026, 11, 1, tzinfo=UTC)
    for wrong in (1_793_491_200, "tomorrow", "9999-12-31T23:59:59-10:00"):
        with pytest.raises(SerializationException):
            started(wrong)


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_must_be_an_object(body: bytes) -> None:
    with pytest.raises(SerializationException):
        parsed(ANYWHERE, request("POST", "/trustanchors", "", body))


def test_constraints_are_told_as_rest_services_do() -> None:
    with pytest.raises(ValidationException, match="authorizationId"):
        rest_json.check(TOOLBOX.operations["GetRequestAuthorizationDetails"], {"authorization_id": "NO"})


def test_answers_and_errors() -> None:
    operation = TOOLBOX.operations["GetRequestAuthorizationPolicy"]
    assert rest_json.answer(operation, {"policyDocument": {"any": ["thing", 1]}}) == (
        b'{"policyDocument":{"any":["thing",1]}}'
    )
    assert rest_json.error(AccessDenied("no")) == (403, "AccessDeniedException", b'{"message":"no"}')
