"""Whether an object is there learns only who may list its bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest

from tests.gateway.policies import allow, deny, document, refused, to
from tests.gateway.test_modes import recorded
from tests.live import ACCOUNT, Live

Make = Callable[..., Callable[[str], Any]]
BUCKET = "quiet"
ARN = f"arn:aws:s3:::{BUCKET}"
READS = allow("s3:GetObject*", f"{ARN}*/*")


@pytest.fixture
def root(gateway: Live) -> Any:
    """The owner's client; the bucket has one object."""
    s3 = gateway.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="there", Body=b"x")
    yield s3
    s3.delete_bucket_policy(Bucket=BUCKET)


def test_who_may_not_list_is_told_nothing(gateway: Live, root: Any, user: Make) -> None:
    s3 = user("alice", READS)("s3")
    for _ in range(2):  # on a new connection to the upstream, and on one that is kept
        assert s3.get_object(Bucket=BUCKET, Key="there")["Body"].read() == b"x"
        message = refused(s3.get_object, Bucket=BUCKET, Key="secret")
        assert message.startswith(
            f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: s3:ListBucket"
        )
        assert f"on resource: {ARN} because" in message
        assert recorded(gateway, "GetObject")["errorCode"] == "AccessDenied"
        refused(s3.head_object, "403", Bucket=BUCKET, Key="secret")
    event = recorded(gateway, "HeadObject")
    assert (event["errorCode"], event["errorMessage"]) == ("AccessDenied", message)
    for ask in (s3.get_object_tagging, s3.get_object_acl):
        assert "s3:ListBucket" in refused(ask, Bucket=BUCKET, Key="secret")
    assert "s3:ListBucket" in refused(s3.get_object, Bucket=BUCKET, Key="secret", VersionId="v")


def test_that_there_is_no_bucket_is_told_to_everybody(gateway: Live, root: Any, user: Make) -> None:
    """An answer to HEAD has no body in which it could stand."""
    s3 = user("alice", allow("s3:GetObject*", f"{ARN}*/*"))("s3")
    for _ in range(2):
        refused(s3.get_object, "NoSuchBucket", Bucket=f"{BUCKET}-elsewhere", Key="secret")
        refused(s3.head_object, "404", Bucket=f"{BUCKET}-elsewhere", Key="secret")
        assert recorded(gateway, "HeadObject")["errorCode"] == "HTTP 404"


def test_who_may_list_is_told(root: Any, user: Make) -> None:
    s3, bob = user("alice", READS, allow("s3:ListBucket", ARN))("s3"), user("bob", READS)("s3")
    for ask, code in ((root.get_object, "NoSuchKey"), (s3.get_object, "NoSuchKey"), (s3.head_object, "404")):
        refused(ask, code, Bucket=BUCKET, Key="secret")
    listing = to(f"arn:aws:iam::{ACCOUNT}:user/bob", allow("s3:ListBucket", ARN))
    root.put_bucket_policy(Bucket=BUCKET, Policy=document(listing))
    refused(bob.get_object, "NoSuchKey", Bucket=BUCKET, Key="secret")
    root.put_bucket_policy(Bucket=BUCKET, Policy=document(to("*", deny("s3:ListBucket", ARN))))
    assert "explicit deny in a resource-based policy" in refused(s3.get_object, Bucket=BUCKET, Key="secret")


def test_the_request_does_not_say_what_is_listed(root: Any, user: Make) -> None:
    only = {"StringLike": {"s3:prefix": "home/*"}}
    s3 = user("alice", READS, allow("s3:ListBucket", ARN, **only))("s3")
    refused(s3.get_object, Bucket=BUCKET, Key="home/secret")
    s3.meta.events.register("before-sign.s3.GetObject", _with_prefix)
    refused(s3.get_object, Bucket=BUCKET, Key="secret")


def _with_prefix(request: AWSRequest, **_: Any) -> None:
    request.url += "?prefix=home%2F"
