"""A running iamd with a program that may ask it, and what that program sends."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live import ACCOUNT, Live, live


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(url: str, body: Any = None, *, method: str | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Send a request, a JSON value unless the body is bytes already."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data=data, headers=given, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Reply(refused.code, refused.headers, refused.read())


@dataclass(frozen=True)
class Asker:
    """A program with a bearer token."""

    endpoint: str
    token: str

    def __call__(self, path: str, body: Any, **headers: str) -> Reply:
        given = {"authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return send(f"{self.endpoint}/access/v1/{path}", body, method="POST", headers=given)

    def may(self, subject: str, action: str, type_: str, id_: str, **more: Any) -> bool:
        """The decision on one question about a user."""
        asked = {
            "subject": {"type": "user", "id": subject},
            "action": {"name": action},
            "resource": {"type": type_, "id": id_},
            **more,
        }
        answer = self("evaluation", asked)
        assert answer.status == 200, answer.body
        return bool(answer.json["decision"])


@pytest.fixture(scope="session")
def running_server() -> Iterator[Live]:
    with live() as server:
        yield server


@pytest.fixture
def server(running_server: Live) -> Live:
    """A running iamd with one account, its root user and nothing else."""
    running_server.reset()
    return running_server


@pytest.fixture
def iam(server: Live) -> Any:
    return server.client("iam")


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


MakeUser = Callable[..., str]


@pytest.fixture
def user(iam: Any) -> MakeUser:
    """`user("alice", {...statement...}, team="blue")`: makes a user with an inline policy and tags; returns its ARN."""

    def make(name: str, *statements: Mapping[str, Any], **tags: str) -> str:
        told = [{"Key": key, "Value": value} for key, value in tags.items()]
        arn: str = iam.create_user(UserName=name, Tags=told)["User"]["Arn"]
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return arn

    return make


def token_of(iam: Any, name: str) -> Any:
    """A new bearer token of a user."""
    return iam.create_service_specific_credential(UserName=name, ServiceName="iamd")["ServiceSpecificCredential"]


@pytest.fixture
def ask(server: Live, iam: Any, user: MakeUser) -> Asker:
    """`ask("evaluation", {...})` by a program that may ask everything."""
    user("pep", {"Action": ["iamd:Evaluate", "iamd:Search*"], "Resource": "*"})
    return Asker(server.endpoint, token_of(iam, "pep")["ServiceCredentialSecret"])


def arn(path: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{path}"
