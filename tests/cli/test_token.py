"""`iamd token`: a user that may ask, and its token."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from iamd.cli.main import main
from iamd.testing import Server
from tests.authorization.conftest import Asker


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_tokens_ask(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.user("alice", {"Action": "record:read", "Resource": "*"})
    with server.root.acting():
        assert main(["token", "app", "--days", "7"]) == 0
        token = capsys.readouterr().out.strip()
        assert main(["token", "finder", "--may", "SearchSubjects", "--may", "Evaluate", "--json"]) == 0
        finder = json.loads(capsys.readouterr().out)
    ask = Asker(server.endpoint_url, token)
    assert ask.may("alice", "read", "record", "1")
    asked = {"subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "1"}}
    assert ask("search/subject", asked).status == 403
    found = Asker(server.endpoint_url, finder["token"])("search/subject", asked)
    assert found.json["results"] == [{"type": "user", "id": "alice"}]
    listed = server.client("iam").list_service_specific_credentials(UserName="app")["ServiceSpecificCredentials"]
    assert (listed[0]["ExpirationDate"] - listed[0]["CreateDate"]).days == 7


def test_users_that_are_there_keep_what_they_may(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.user("bob")
    with server.root.acting():
        assert main(["token", "bob"]) == 0
    assert server.client("iam").list_user_policies(UserName="bob")["PolicyNames"] == []
    assert Asker(server.endpoint_url, capsys.readouterr().out.strip())("evaluation", {}).status == 403


def test_refusals_are_told(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with server.user("carol").acting():
        assert main(["token", "app"]) == 2
    assert "not authorized to perform: iam:CreateUser" in capsys.readouterr().err
