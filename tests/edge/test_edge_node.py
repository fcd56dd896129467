"""An edge node beside its control plane, in processes of their own: what it decides, for how long, and what it hands over."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamd.store import StoreError, opening
from tests.hostile.process import Served, served
from tests.hostile.trail import recorded
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET

TOKEN = "the-token-of-the-edge-node"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DEADLINE = 60.0


def until(happens: Callable[[], Any]) -> float:
    """Wait until that is so; returns how many seconds it took."""
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < DEADLINE
        time.sleep(0.05)
    return time.monotonic() - began


def client(server: Served, service: str, key: Any = None) -> Any:
    key = key or {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET}
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
        config=Config(retries={"max_attempts": 0}),
    )


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Code and message of a refusal; nothing where there is none."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "", ""


def entry(name: str, token: str, *accounts: str) -> str:
    limit = f"accounts = {json.dumps(accounts)}\n" if accounts else ""
    return f'[edges.{name}]\ntoken_sha256 = "{sha256(token.encode()).hexdigest()}"\n{limit}'


@dataclass
class Places:
    """Where the two are kept."""

    folder: Path
    port: str = "0"

    def control_plane(self) -> AbstractContextManager[Served]:
        (self.folder / "edges.toml").write_text(entry("one", TOKEN))
        return served(self.folder / "control", "--edges", str(self.folder / "edges.toml"), "--port", self.port)

    def edge(self, source: str, seconds: int) -> AbstractContextManager[Served]:
        flags = ("--control-plane", source, "--max-staleness", str(seconds))
        return served(self.folder / "edge", *flags, variables={"IAMD_EDGE_TOKEN": TOKEN})

    def spooled(self) -> int:
        with closing(sqlite3.connect(self.folder / "edge" / "spool.db", timeout=20)) as connection:
            found: int = connection.execute("SELECT count(*) FROM spool").fetchone()[0]
        return found


def user_with_role(control: Served) -> tuple[Any, Any]:
    """A user's access key, and credentials of a role that it has assumed."""
    iam = client(control, "iam")
    iam.create_user(UserName="alice")
    policy = {"Version": "2012-10-17", "Statement": ALLOW}
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    role = iam.create_role(
        RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]
    sts = client(control, "sts", key)
    return key, sts.assume_role(RoleArn=role["Arn"], RoleSessionName="there")["Credentials"]


@pytest.mark.timeout(300)
def test_it_follows_goes_on_alone_stops_in_time_and_hands_over_what_it_recorded_once(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with places.control_plane() as control:
        source = control.endpoint
        places.port = source.rpartition(":")[2]
        with places.edge(source, 300) as edge:
            key = follows(control, edge)
            root = client(edge, "sts")
            for _ in range(5):
                root.get_caller_identity()
            until(lambda: not places.spooled() and by_root(places.folder / "control") == 5)
            control.process.kill()
            control.process.wait()
            root.get_caller_identity()
            until(places.spooled)
            edge.process.kill()
    goes_on(tmp_path / "edge", source)
    with places.edge(source, 5) as edge:  # but not for ever
        sts = client(edge, "sts", key)
        until(lambda: "has not heard of its control plane" in refusal(sts.get_caller_identity)[1])
        assert refusal(sts.get_caller_identity)[0] == "ServiceUnavailable"
        assert health(edge) == 503
        with places.control_plane():
            until(lambda: not refusal(sts.get_caller_identity)[0])
            until(lambda: not places.spooled() and by_root(places.folder / "control") == 6)
            (tmp_path / "edges.toml").write_text(entry("two", "another-token"))
            until(lambda: "does not know this edge node any more" in refusal(sts.get_caller_identity)[1])
            edge.process.send_signal(signal.SIGTERM)
            assert edge.stopped() == 0
    secret(tmp_path / "edge", key["SecretAccessKey"], source)


def follows(control: Served, edge: Served) -> Any:
    """What is changed at the control plane counts at the edge node; returns a user's access key."""
    key, session = user_with_role(control)
    at_edge, iam = client(edge, "sts", key), client(control, "iam")
    until(lambda: not refusal(at_edge.get_caller_identity)[0])
    by_session, iam_there = client(edge, "sts", session), client(edge, "iam")
    until(lambda: not refusal(by_session.get_caller_identity)[0])  # the role is a later change than the key
    assert by_session.get_caller_identity()["Arn"].endswith("assumed-role/reader/there")
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/reader", "RoleSessionName": "edge"}
    made = at_edge.assume_role(**role)["Credentials"]
    assert client(control, "sts", made).get_caller_identity()["Arn"].endswith("assumed-role/reader/edge")
    for call in (iam_there.create_user, iam_there.get_user):
        code, message = refusal(call, UserName="eve")
        assert (code, control.endpoint in message) == ("UnsupportedOperation", True)
    assert (
        refusal(at_edge.assume_role, SerialNumber="GAHT12345678", TokenCode="123456", **role)[0]
        == "UnsupportedOperation"
    )
    by_other = client(edge, "sts", other := iam.create_access_key(UserName="alice")["AccessKey"])
    until(lambda: not refusal(by_other.get_caller_identity)[0])
    iam.update_access_key(UserName="alice", AccessKeyId=other["AccessKeyId"], Status="Inactive")
    until(lambda: refusal(by_other.get_caller_identity)[0] == "InvalidClientTokenId")
    iam.delete_user_policy(UserName="alice", PolicyName="all")
    iam.delete_role(RoleName="reader")
    until(lambda: refusal(at_edge.assume_role, **role)[0] == "AccessDenied")
    until(lambda: refusal(by_session.get_caller_identity)[0])
    return key


def goes_on(folder: Path, source: str) -> None:
    """Opened anew without its control plane, the replica still counts, for as long as it may."""
    replica = opening.edge(folder, source, 300)
    assert replica.poll() == ()
    assert ACCOUNT in replica.revisions
    asyncio.run(replica.close())


def by_root(folder: Path) -> int:
    """How often it is on record that the root user asked who it is."""
    events = [event for event in recorded(folder) if event["eventName"] == "GetCallerIdentity"]
    return sum(event["userIdentity"]["type"] == "Root" for event in events)


def health(server: Served) -> int:
    try:
        with urlopen(f"{server.endpoint}/_iamd/health") as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def secret(folder: Path, of_user: str, source: str) -> None:
    """Nothing is to be read in the edge node's files, and what was changed in them is not believed."""
    content = (folder / "replica.db").read_bytes() + (folder / "spool.db").read_bytes()
    assert b"alice" not in content
    assert of_user.encode() not in content
    with closing(sqlite3.connect(folder / "replica.db")) as connection, connection:
        connection.execute("DELETE FROM replica WHERE name = ?", (ACCOUNT,))
    with pytest.raises(StoreError, match="not as this edge node wrote it"):
        opening.edge(folder, source, 300)
