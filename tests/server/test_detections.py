"""The stream of events is watched: who becomes an administrator is asked of the engine, findings are kept and told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from iamd.audit.detections.catalogue import ADMINISTRATOR, CREDENTIAL_FOR_OTHER, RECORD_STOPPED, ROOT_USE
from iamd.audit.detections.finding import Finding
from iamd.audit.detections.seen import seen
from iamd.server import detections
from iamd.server.detections import Detections
from iamd.server.finding_sinks import Outbox
from tests.live import ACCOUNT, Live, live

EVERYTHING = {"Effect": "Allow", "NotAction": "s3:None", "Resource": "*"}
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    buckets = str(tmp_path_factory.mktemp("buckets"))
    with live(detections=False, trail_buckets=buckets, trail_interval=86_400) as server:
        yield server


@pytest.fixture
def server(running: Live) -> Live:
    running.reset()
    return running


class Watched:
    """A server's detections, turned by hand; what they told is in a list."""

    def __init__(self, server: Live) -> None:
        self.server, self.now, self.told = server, datetime.now(UTC), list[Finding]()
        self.outbox = Outbox(())
        self.outbox.put = self.told.append  # type: ignore[method-assign]
        self.again()

    def again(self) -> None:
        """As after a restart."""
        self.detections = Detections(self.server.realm, self.outbox, lambda: self.now)

    def turn(self) -> list[str]:
        """The types and details that this turn tells, but for the root user's own calls."""
        self.told.clear()
        self.server.run(self.detections.turn())
        return [each.type for each in self.told if each.type != ROOT_USE.type]

    def kept(self) -> dict[str, Finding]:
        kept = self.server.run(self.server.realm.store.findings(ACCOUNT))
        found = [msgspec.msgpack.decode(each.content, type=Finding) for each in kept]
        return {each.type: each for each in found}


@pytest.fixture
def watched(server: Live) -> Watched:
    found = Watched(server)
    found.turn()
    return found


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_whoever_becomes_an_administrator_is_found_whatever_the_policy_is_called(
    server: Live, watched: Watched
) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="harmless", PolicyDocument=document(EVERYTHING))
    assert watched.turn() == [ADMINISTRATOR.type]
    (told,) = [each for each in watched.told if each.type == ADMINISTRATOR.type]
    assert told.title == f"arn:aws:iam::{ACCOUNT}:user/bob became an administrator."
    iam.attach_user_policy(UserName="bob", PolicyArn=ADMIN_POLICY)
    assert watched.turn() == []  # he was one already


def test_groups_versions_and_boundaries_count(server: Live, watched: Watched) -> None:
    iam = server.client("iam")
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=ADMIN_POLICY)
    for name in ("ann", "bob", "cat"):
        iam.create_user(UserName=name)
    iam.put_user_permissions_boundary(
        UserName="bob", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    for name in ("ann", "bob"):
        iam.add_user_to_group(GroupName="admins", UserName=name)
    assert [each.title.split("/")[1].split()[0] for each in _told(watched, ADMINISTRATOR.type)] == ["ann"]
    iam.delete_user_permissions_boundary(UserName="bob")
    assert len(_told(watched, ADMINISTRATOR.type)) == 1
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document({**EVERYTHING, "Effect": "Deny"}))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="cat", PolicyArn=arn)
    assert watched.turn() == []
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(EVERYTHING), SetAsDefault=True)
    assert watched.turn() == [ADMINISTRATOR.type]


def test_who_may_write_anybodys_policies_is_an_administrator(server: Live, watched: Watched) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    own = {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": f"arn:aws:iam::{ACCOUNT}:user/bob"}
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document({**own, "Action": "iam:Get*"}))
    assert watched.turn() == []
    anybody = {**own, "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    iam.put_user_policy(UserName="bob", PolicyName="any", PolicyDocument=document(anybody))
    assert watched.turn() == [ADMINISTRATOR.type]


def _told(watched: Watched, type_: str) -> list[Finding]:
    watched.turn()
    return [each for each in watched.told if each.type == type_]


def test_findings_are_counted_and_told_again_now_and_then(server: Live, watched: Watched) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    assert watched.turn() == [CREDENTIAL_FOR_OTHER.type]
    iam.create_access_key(UserName="bob")
    assert watched.turn() == []
    watched.now += timedelta(minutes=16)
    iam.list_users()
    assert watched.turn() == [CREDENTIAL_FOR_OTHER.type]
    assert watched.kept()[CREDENTIAL_FOR_OTHER.type].count == 2


def test_a_restart_goes_on_where_it_was(server: Live, watched: Watched) -> None:
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    assert watched.turn() == [CREDENTIAL_FOR_OTHER.type]
    trail = server.client("cloudtrail")
    trail.create_trail(Name="main", S3BucketName="audit")
    trail.start_logging(Name="main")
    trail.stop_logging(Name="main")
    watched.again()
    assert watched.turn() == [RECORD_STOPPED.type]
    assert watched.kept()[CREDENTIAL_FOR_OTHER.type].count == 1


def test_two_that_watch_find_everything_once(server: Live, watched: Watched) -> None:
    other = Watched(server)
    other.turn()
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    assert sorted(watched.turn() + other.turn() + watched.turn()) == [CREDENTIAL_FOR_OTHER.type]
    assert watched.kept()[CREDENTIAL_FOR_OTHER.type].count == 1


def test_everything_that_was_removed_is_forgotten(server: Live, watched: Watched) -> None:
    server.client("iam").create_user(UserName="bob")
    watched.turn()
    server.reset()
    iam = server.client("iam")
    watched.turn()
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    assert watched.turn() == [CREDENTIAL_FOR_OTHER.type]


def test_the_server_watches_by_itself() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        syslog.settimeout(1)
        message = ""
        with live(findings_to=(f"syslog:127.0.0.1:{syslog.getsockname()[1]}",)) as server:
            while not message:  # it watches from when it leads on: on PostgreSQL that is not at once
                server.client("iam").list_users()
                with suppress(TimeoutError):
                    message = syslog.recv(9000).decode()
    finding = json.loads(message[message.index("{") :])
    assert (finding["type"], finding["schemaVersion"]) == (ROOT_USE.type, "2.0")


def test_reads_from_a_known_place_are_not_looked_at_again_and_others_are(
    server: Live, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most events are such reads; looking at each would cost more than answering it."""
    root = server.client("iam")
    root.create_user(UserName="alice")
    key = root.create_access_key(UserName="alice")["AccessKey"]
    root.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document({**EVERYTHING, "NotAction": "s3:*"}))
    alice = server.client("iam", key)
    looked_at: list[str] = []
    monkeypatch.setattr(detections, "seen", lambda event: looked_at.append(seen(event).name) or seen(event))
    for _ in range(3):
        alice.get_user()
    watched.turn()
    assert looked_at.count("GetUser") == 1
    for _ in range(2):
        root.get_user(UserName="alice")  # the root user's calls are always of interest
    watched.turn()
    assert looked_at.count("GetUser") == 3
