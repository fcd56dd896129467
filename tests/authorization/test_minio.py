"""MinIO's access management plugin, by the payload of its page and what MinIO makes of other requests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.conftest import Asker, MakeUser

# https://github.com/minio/minio/blob/master/docs/iam/access-management-plugin.md
DOCUMENTED: dict[str, Any] = {
    "account": "minio",
    "groups": None,
    "action": "s3:ListBucket",
    "bucket": "test",
    "conditions": {
        "Authorization": ["AWS4-HMAC-SHA256 Credential=minio/20220507/us-east-1/s3/aws4_request, SignedHeaders=host"],
        "CurrentTime": ["2022-05-07T18:31:41Z"],
        "Delimiter": ["/"],
        "EpochTime": ["1651948301"],
        "Prefix": [""],
        "Referer": [""],
        "SecureTransport": ["false"],
        "SourceIp": ["127.0.0.1"],
        "User-Agent": ["MinIO (linux; amd64) minio-go/v7.0.24 mc/DEVELOPMENT.2022-04-20T23-07-53Z"],
        "UserAgent": ["MinIO (linux; amd64) minio-go/v7.0.24 mc/DEVELOPMENT.2022-04-20T23-07-53Z"],
        "X-Amz-Content-Sha256": ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
        "X-Amz-Date": ["20220507T183141Z"],
        "authType": ["REST-HEADER"],
        "principaltype": ["Account"],
        "signatureversion": ["AWS4-HMAC-SHA256"],
        "userid": ["minio"],
        "username": ["minio"],
        "versionid": [""],
    },
    "owner": True,
    "object": "",
    "claims": {},
    "denyOnly": False,
}


def result(ask: Asker, **changes: Any) -> bool:
    answer = ask("minio", {"input": {**DOCUMENTED, **changes}})
    assert answer.status == 200, answer.body
    assert list(answer.json) == ["result"]
    return bool(answer.json["result"])


def test_the_owner_is_the_root_user(ask: Asker) -> None:
    assert result(ask)
    assert result(ask, action="admin:ServerInfo", bucket="")
    assert not result(ask, owner=False)


@pytest.fixture
def alice(user: MakeUser) -> dict[str, Any]:
    condition = {"StringLike": {"s3:prefix": ["home/*", ""]}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    user(
        "alice",
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::test", "Condition": condition},
        {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::test/home/*"},
        {"Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Null": {"s3:x-amz-acl": "false"}}},
    )
    return {"account": "alice", "owner": False}


def test_users_may_what_their_policies_say(ask: Asker, alice: dict[str, Any]) -> None:
    assert result(ask, **alice)
    assert result(ask, **alice, object="home/")  # it is about the bucket, whatever MinIO adds
    assert result(ask, **alice, action="s3:ListAllMyBuckets", bucket="")
    assert result(ask, **alice, action="s3:GetObject", object="home/a.txt")
    assert not result(ask, **alice, action="s3:GetObject", object="other/a.txt")
    assert not result(ask, **alice, action="s3:DeleteObject", object="home/a.txt")
    conditions = DOCUMENTED["conditions"]
    assert not result(ask, **alice, conditions={**conditions, "Prefix": ["other/"]})
    assert not result(ask, **alice, conditions={**conditions, "SourceIp": ["192.0.2.1"]})


def test_headers_are_condition_keys(ask: Asker, alice: dict[str, Any]) -> None:
    asked = {**alice, "action": "s3:PutObject", "object": "home/a.txt"}
    assert result(ask, **asked)
    assert not result(ask, **asked, conditions={"X-Amz-Acl": ["public-read"]})


def test_service_accounts_and_sessions_are_their_parents(ask: Asker, alice: dict[str, Any]) -> None:
    service = {"account": "Q3AM3UQ867SPQQA43P2F", "owner": False, "claims": {"parent": "alice"}}
    assert result(ask, **service)
    assert not result(ask, **{**service, "claims": {"parent": "bob"}})


def test_denials_alone_may_be_asked_for(ask: Asker, alice: dict[str, Any]) -> None:
    asked = {**alice, "action": "s3:PutObject", "object": "other/a.txt", "denyOnly": True}
    assert result(ask, **asked)
    assert not result(ask, **asked, conditions={"x-amz-acl": ["public-read"]})
    assert not result(ask, **{**asked, "account": "nobody"})


@pytest.mark.parametrize("body", [b"", b"{}", b'{"input": {}}', b'{"input": {"account": 1, "action": "s3:GetObject"}}'])
def test_malformed_requests(ask: Asker, body: bytes) -> None:
    assert ask("minio", body).status == 400
