"""moto's server behind a running iamd."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.live import Live, live

Make = Callable[..., Callable[[str], Any]]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of a moto server, which enforces nothing."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def running_gateway(moto: str) -> Iterator[Live]:
    with live(upstream={"*": moto}, upstream_timeout=50) as server:
        yield server


@pytest.fixture
def gateway(running_gateway: Live) -> Live:
    """A running iamd with moto behind it, one account and its root user."""
    running_gateway.reset()
    return running_gateway


@pytest.fixture
def user(gateway: Live) -> Make:
    """`user("alice", {...statement...})("s3")`: a client of a new user with that policy."""
    iam = gateway.client("iam")

    def make(name: str, *statements: dict[str, Any]) -> Callable[[str], Any]:
        iam.create_user(UserName=name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: gateway.client(service, key)

    return make
