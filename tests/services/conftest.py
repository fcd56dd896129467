"""One server a test process, reset before every test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.live import Live, live


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
def root(server: Live) -> Callable[[str], Any]:
    """`root("iam")`: a boto3 client as the account's root user."""
    return server.client


@pytest.fixture
def iam(root: Callable[[str], Any]) -> Any:
    return root("iam")


@pytest.fixture
def sts(root: Callable[[str], Any]) -> Any:
    return root("sts")


@pytest.fixture
def user(server: Live, iam: Any) -> Callable[..., Callable[[str], Any]]:
    """`user("alice", {...statement...})`: makes a user with an inline policy; returns its client factory."""

    def make(name: str, *statements: dict[str, Any]) -> Callable[[str], Any]:
        iam.create_user(UserName=name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: server.client(service, key)

    return make
