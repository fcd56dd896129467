"""What is recorded of calls, and what must be nowhere: secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iamd.caller.identities import session_caller
from iamd.settings import load
from tests import elsewhere
from tests.hostile.door import Door
from tests.hostile.process import served
from tests.hostile.test_bad_input import ALLOW
from tests.hostile.test_credentials import key_for, role_session, session
from tests.hostile.trail import recorded
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live

EXCEPTIONS = {code: f"{code}Exception" for code in ("NoSuchEntity", "EntityAlreadyExists")}  # as CloudTrail calls them


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Live]:
    """A server with a database file, so that its events can be read."""
    with live(in_memory=False, data_dir=tmp_path) as server:
        yield server


def events(server: Live, directory: Path) -> list[dict[str, Any]]:
    asyncio.run_coroutine_threadsafe(server.realm.store.flush(), server.loop).result(10)
    return recorded(directory)


def test_every_authenticated_call_is_recorded_once(filed: Live, tmp_path: Path) -> None:
    door = Door(filed.endpoint)
    key = key_for(door, "bob")
    calls = [
        door.call("GetUser"),
        door.call("GetUser", {"UserName": "nobody"}),
        door.call("CreateUser", {"UserName": "bob"}),
        door.call("CreateUser", {"UserName": "bob"}, key=key),
        door.call("ListUsers", key=key),
        door.call("CreateUser", {"UserName": "!"}),
        door.call("NoSuchAction"),
        door.call("CreateUser", b"Path=%ff"),
        door.call("GetCallerIdentity", service="sts", key=key),
    ]
    unauthenticated = [
        door.call("GetUser", key={**key, "SecretAccessKey": "wrong"}),
        door.call("GetUser", key={"AccessKeyId": "AKIANOSUCHKEY0000000", "SecretAccessKey": "x"}),
    ]
    found = {event["requestID"]: event for event in events(filed, tmp_path)}
    assert len(found) == len(events(filed, tmp_path)) == len(calls) + 2  # CreateUser and CreateAccessKey of bob
    for answered in calls:
        event = found[answered.request_id]
        assert event.get("errorCode", "") == EXCEPTIONS.get(answered.code, answered.code)
        assert event.get("errorMessage", "") == answered.message
        assert event["recipientAccountId"] == ACCOUNT
        assert event["userIdentity"]["accountId"] == ACCOUNT
    for answered in unauthenticated:
        assert answered.request_id not in found
    denied = found[calls[3].request_id]
    assert denied["userIdentity"]["userName"] == "bob"
    assert denied["requestParameters"] == {"userName": "bob"}
    door.close()


def test_secrets_are_nowhere_in_the_trail(filed: Live, tmp_path: Path) -> None:
    door = Door(filed.endpoint)
    key = key_for(door, "bob", document=ALLOW)
    secrets = [key["SecretAccessKey"], ROOT_SECRET]
    for credentials in (role_session(door, key), session(door, key)):
        secrets += [credentials["SecretAccessKey"], credentials["SessionToken"]]
        door.call("GetUser", key=credentials)
        door.call("GetUser", {"UserName": credentials["SessionToken"]}, key=credentials)
    trail = events(filed, tmp_path)
    sent = [event for event in trail if event.get("errorCode") == "ValidationError"]
    for event in trail:
        # CloudTrail names the issued token here, and only here: it is of no use without its secret.
        ((event["responseElements"] or {}).get("credentials") or {}).pop("sessionToken", None)
    kept = json.dumps([event for event in trail if event not in sent])
    assert not [secret for secret in secrets if secret in kept]
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    for secret in (secrets[0], secrets[1], secrets[2], secrets[4]):
        assert not any(secret.encode() in content for content in files)
    door.close()


def test_secrets_are_in_no_repr(server: Live, door: Door) -> None:
    key = key_for(door, "bob", document=ALLOW)
    token = role_session(door, key)["SessionToken"]
    opened = server.realm.tokens.open(token)

    async def caller() -> Any:
        return session_caller(opened, await server.realm.store.load(ACCOUNT))

    shown = repr(asyncio.run_coroutine_threadsafe(caller(), server.loop).result(10)) + repr(opened)
    assert "here" in shown
    assert opened.secret_access_key not in shown
    settings = {"root_access_key_id": ROOT_KEY, "root_secret_access_key": ROOT_SECRET}
    loaded = repr(load({**settings, "root_email": "root@example.com", "root_password": "very secret"}, {}))
    assert ROOT_KEY in loaded
    assert ROOT_SECRET not in loaded
    assert "very secret" not in loaded


def test_secrets_are_nowhere_in_the_log(tmp_path: Path) -> None:
    """At the finest level, also when something goes wrong inside: a table vanishes under the server."""
    directory = tmp_path / "data"
    with served(directory, "--log-level", "debug") as server:
        door = server.door()
        key = key_for(door, "bob", document=ALLOW)
        credentials = role_session(door, key)
        door.call("ListUsers", key=credentials).refused("AccessDenied")
        elsewhere.query(directory, "DROP TABLE access_keys")
        failed = door.call("CreateAccessKey", {"UserName": "bob"}, key=key)
        assert failed.status in (500, 503)
        assert failed.headers["x-amzn-requestid"]
        door.close()
        server.process.terminate()
        server.stopped()
        log = server.log.read_text()
    assert failed.request_id in log
    for secret in (ROOT_SECRET, key["SecretAccessKey"], credentials["SecretAccessKey"], credentials["SessionToken"]):
        assert secret not in log
