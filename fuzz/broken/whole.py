"""Requests that are whole, to every door: what is broken afterwards. A server of itself would answer each."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlencode

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_FORM = "application/x-www-form-urlencoded"
_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
_QUERIES = {
    "iam": (
        {"Action": "ListUsers", "Version": "2010-05-08", "MaxItems": "5"},
        {"Action": "GetUser", "Version": "2010-05-08"},
        {
            "Action": "SimulateCustomPolicy",
            "Version": "2010-05-08",
            "PolicyInputList.member.1": _POLICY,
            "ActionNames.member.1": "s3:GetObject",
        },
    ),
    "sts": (
        {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
        {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": "arn:aws:iam::123456789012:role/none",
            "RoleSessionName": "x",
            "WebIdentityToken": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3gifQ.AAAA",
        },
    ),
}
_TARGETS: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("organizations", "AWSOrganizationsV20161128.DescribeOrganization", {}),
    ("sso", "SWBExternalService.ListInstances", {}),
    ("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", {"MaxResults": 1}),
)
_PAGES = (
    "/console/",
    "/console/sign-in?account=123456789012",
    "/start",
    "/start/d-0000000000",
    "/switchrole?account=123456789012&roleName=x",
    "/v1/authorize?response_type=code&client_id=arn%3Aaws%3Asignin%3A%3A%3Adevtools%2Fsame-device&code_challenge=x",
    "/federation?Action=getSigninToken&Session=%7B%22sessionId%22%3A%22x%22%7D",
    "/_iamd/health",
    "/_iamd/issuers/123456789012/x/.well-known/openid-configuration",
    "/.well-known/authzen-configuration",
    "/d-0000000000/scim/v2/Users?filter=userName%20eq%20%22x%22",
    "/assignment/accounts",
    "/_iamd/forward-auth/API",
)
_FORMS = (
    ("/console/sign-in", {"account": "123456789012", "name": "nobody", "password": "wrong"}),
    ("/saml", {"SAMLResponse": b64encode(b"<Response/>").decode()}),
    ("/start", {"name": "nobody", "password": "wrong"}),
    ("/v1/token", {"grant_type": "authorization_code", "code": "x", "redirect_uri": "http://127.0.0.1/"}),
)
_DOCUMENTS = (
    ("/client/register", {"clientName": "x", "clientType": "public"}),
    ("/token", {"clientId": "x", "clientSecret": "x", "grantType": "refresh_token", "refreshToken": "x"}),
    ("/sessions", {"durationSeconds": 900}),
)
_QUESTION = {
    "subject": {"type": "user", "id": "nobody"},
    "action": {"name": "s3:GetObject"},
    "resource": {"type": "s3:object", "id": "arn:aws:s3:::bucket/key"},
}


class Requests:
    """Signed with that key for the server at `host`, now: signatures are good for some minutes."""

    def __init__(self, host: str, key: Credentials) -> None:
        self._host = host
        self._key = key

    def all(self) -> list[bytes]:
        """One of each kind."""
        return [*self._of_apis(), *self._of_the_gateway(), *self._of_questions(), *self._unsigned()]

    def _of_apis(self) -> Iterator[bytes]:
        for service, calls in _QUERIES.items():
            for call in calls:
                yield self._signed(service, "POST", "/", urlencode(call).encode(), {"content-type": _FORM})
        for service, target, members in _TARGETS:
            headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
            yield self._signed(service, "POST", "/", json.dumps(members).encode(), headers)
        yield self._signed("access-analyzer", "GET", "/analyzer?maxResults=1", b"", {})

    def _of_the_gateway(self) -> Iterator[bytes]:
        yield self._object("GET", "/bucket/home/a%20key%2Fwith?versionId=1", b"")
        yield self._object("PUT", "/bucket/home/object", b"content " * 20)
        yield self._object("DELETE", "/bucket/home/object", b"")
        yield self._object("POST", "/bucket?delete", b"<Delete><Object><Key>home/x</Key></Object></Delete>")
        yield self._in_chunks()
        address = AWSRequest("GET", f"http://{self._host}/bucket/home/object")
        S3SigV4QueryAuth(self._key, "s3", "us-east-1", expires=300).add_auth(address)
        yield _bytes("GET", address.url.partition(self._host)[2], {"host": self._host}, b"")

    def _of_questions(self) -> Iterator[bytes]:
        document = {"content-type": "application/json"}
        for path, asked in (
            ("/access/v1/evaluation", _QUESTION),
            ("/access/v1/evaluations", {"evaluations": [_QUESTION, _QUESTION]}),
            ("/access/v1/search/action", {**_QUESTION, "action": {}}),
        ):
            yield self._signed("iamd", "POST", path, json.dumps(asked).encode(), document)
        bearer = {"host": self._host, "authorization": "Bearer not-a-token", "content-type": "application/json"}
        yield _bytes("POST", "/access/v1/evaluation", bearer, json.dumps(_QUESTION).encode())

    def _unsigned(self) -> Iterator[bytes]:
        host = {"host": self._host, "accept": "text/html", "cookie": "session=none; __Host-iamd=none"}
        for path in _PAGES:
            yield _bytes("GET", path, host, b"")
        for path, form in _FORMS:
            origin = {"origin": f"http://{self._host}", "content-type": _FORM}
            yield _bytes("POST", path, {**host, **origin}, urlencode(form).encode())
        for path, members in _DOCUMENTS:
            yield _bytes("POST", path, {**host, "content-type": "application/json"}, json.dumps(members).encode())

    def _signed(self, service: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        request = AWSRequest(method, f"http://{self._host}{path}", data=body, headers={"host": self._host, **headers})
        SigV4Auth(self._key, service, "us-east-1").add_auth(request)
        return _bytes(method, path, dict(request.headers.items()), body)

    def _object(self, method: str, path: str, body: bytes) -> bytes:
        request = AWSRequest(method, f"http://{self._host}{path}", data=body, headers={"host": self._host})
        S3SigV4Auth(self._key, "s3", "us-east-1").add_auth(request)
        return _bytes(method, path, dict(request.headers.items()), body)

    def _in_chunks(self) -> bytes:
        """An upload in pieces, whose checksum follows it.
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"""
        body = b"content"
        checksum = b64encode(sha256(body).digest()).decode()
        sent = b"%x\r\n%s\r\n0\r\nx-amz-checksum-sha256:%s\r\n\r\n" % (len(body), body, checksum.encode())
        headers = {
            "host": self._host,
            "content-encoding": "aws-chunked",
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": str(len(body)),
            "x-amz-trailer": "x-amz-checksum-sha256",
        }
        request = AWSRequest("PUT", f"http://{self._host}/bucket/home/pieces", headers=headers)
        _AsSaid(self._key, "s3", "us-east-1").add_auth(request)
        return _bytes("PUT", "/bucket/home/pieces", dict(request.headers.items()), sent)


class _AsSaid(S3SigV4Auth):  # type: ignore[misc]
    """Takes what the request says of its body."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers["x-amz-content-sha256"])


def _bytes(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    names = {name.lower() for name in headers}
    if body and "content-length" not in names:
        headers = {**headers, "content-length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body
