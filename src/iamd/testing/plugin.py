"""Fixtures for pytest, there when iamd is installed: `iamd_server`, `iamd_gateway` and `iamd_account`.

A server is started when a test first asks for it, once a session (and once a worker of pytest-xdist), and is reset for
each test. Options of the configuration: `iamd_upstream`, lines of SERVICE=URL (by default everything goes to a moto
server of the session), and `iamd_account_id`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from iamd.testing import Moto, Server


class _Gateway(NamedTuple):
    server: Server
    moto: Moto | None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.addini("iamd_upstream", "SERVICE=URL of what is behind iamd_gateway; by default moto", "linelist", [])
    parser.addini("iamd_account_id", "the account of iamd's fixtures", default="123456789012")


@pytest.fixture(scope="session")
def iamd_running_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """The session's server, never reset."""
    with Server(account_id=pytestconfig.getini("iamd_account_id")) as server:
        yield server


@pytest.fixture(scope="session")
def iamd_running_gateway(pytestconfig: pytest.Config) -> Iterator[_Gateway]:
    """The session's gateway with what is behind it, never reset."""
    named = dict(line.split("=", 1) for line in pytestconfig.getini("iamd_upstream"))
    account_id = pytestconfig.getini("iamd_account_id")
    with ExitStack() as stack:
        if named:
            yield _Gateway(stack.enter_context(Server(named, account_id=account_id)), None)
        else:
            moto = stack.enter_context(Moto())
            yield _Gateway(stack.enter_context(moto.behind(account_id=account_id)), moto)


@pytest.fixture
def iamd_server(iamd_running_server: Server) -> Server:
    """IAM and STS: an account with its root user and nothing else."""
    iamd_running_server.reset()
    return iamd_running_server


@pytest.fixture
def iamd_gateway(iamd_running_gateway: _Gateway) -> Server:
    """Every service, decided by IAM: an account with its root user and nothing else, and moto without resources."""
    iamd_running_gateway.server.reset()
    if iamd_running_gateway.moto is not None:
        iamd_running_gateway.moto.reset()
    return iamd_running_gateway.server


@pytest.fixture
def iamd_account(request: pytest.FixtureRequest) -> Server:
    """The account to make users and roles in: that of `iamd_gateway` where the test asks for it, else `iamd_server`'s."""
    behind = "iamd_gateway" in request.fixturenames
    account: Server = request.getfixturevalue("iamd_gateway" if behind else "iamd_server")
    return account
