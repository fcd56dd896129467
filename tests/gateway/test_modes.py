"""Modes: what policies do not allow is passed on and recorded, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamd.server.banner import banner
from iamd.settings import load
from tests.authorization.conftest import Asker, token_of
from tests.live import ACCOUNT, Live, live


@pytest.fixture(scope="module", params=["log", "learn"])
def lenient(moto: str, request: pytest.FixtureRequest) -> Iterator[Live]:
    with live(upstream={"*": moto}, gateway_mode=request.param) as server:
        yield server


@pytest.fixture
def alice(lenient: Live) -> Any:
    """A client factory of a user who may nothing."""
    lenient.reset()
    iam = lenient.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return lambda service: lenient.client(service, key)


def recorded(server: Live, name: str) -> Any:
    """The latest event of that name."""
    asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = server.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    return json.loads(found[0]["CloudTrailEvent"])


def test_denials_are_passed_on_and_recorded(lenient: Live, alice: Any) -> None:
    alice("s3").create_bucket(Bucket="passed-on")
    event = recorded(lenient, "CreateBucket")
    assert "errorCode" not in event
    told = event["additionalEventData"]
    assert told["gatewayMode"] in ("log", "learn")
    assert "not authorized to perform: s3:CreateBucket" in told["wouldBeDenied"][0]


def test_what_was_passed_on_is_told_with_the_policy_that_it_needs(lenient: Live, alice: Any) -> None:
    alice("s3").create_bucket(Bucket="passed-on-again")
    iam = lenient.client("iam")
    iam.create_user(UserName="pep")
    may = {"Effect": "Allow", "Action": ["iamd:GetGateway", "iamd:LearnPolicies"], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": may}
    iam.put_user_policy(UserName="pep", PolicyName="may", PolicyDocument=json.dumps(document))
    ask = Asker(lenient.endpoint, token_of(iam, "pep")["ServiceCredentialSecret"])
    told = ask("gateway", {}).json
    assert told["mode"] in ("log", "learn")
    assert [upstream["service"] for upstream in told["upstreams"]] == ["*"]
    assert {"service": "s3", "calls": 1, "denied": 1} in told["services"]
    (denial,) = told["denials"]
    assert (denial["action"], denial["resource"]) == ("s3:CreateBucket", "arn:aws:s3:::passed-on-again")
    assert (denial["passedOn"], denial["principal"]) == (True, f"arn:aws:iam::{ACCOUNT}:user/alice")
    policies = {each["principal"]: each["policy"] for each in ask("gateway/learned", {"days": 7}).json["principals"]}
    (statement,) = policies[f"arn:aws:iam::{ACCOUNT}:user/alice"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("s3:CreateBucket", "arn:aws:s3:::passed-on-again")
    for wrong in ({"days": 0}, {"days": 91}, {"since": "x"}):
        assert ask("gateway", wrong).status == ask("gateway/learned", wrong).status == 400


def test_what_is_allowed_is_recorded_as_ever(lenient: Live, alice: Any) -> None:
    lenient.client("s3").list_buckets()
    assert "additionalEventData" not in recorded(lenient, "ListBuckets")


def test_every_denial_of_a_request_is_recorded(lenient: Live, alice: Any) -> None:
    alice("s3").create_bucket(Bucket="passed-on-too")
    for key in ("a", "b"):
        alice("s3").put_object(Bucket="passed-on-too", Key=key, Body=b"x")
    alice("s3").copy_object(Bucket="passed-on-too", Key="c", CopySource="passed-on-too/a")
    denials = recorded(lenient, "CopyObject")["additionalEventData"]["wouldBeDenied"]
    assert len(denials) >= 2
    assert {"s3:GetObject", "s3:PutObject"} <= {text.split("perform: ")[1].split(" ")[0] for text in denials}


def test_a_missing_object_is_told_of_and_recorded(lenient: Live, alice: Any) -> None:
    lenient.client("s3").create_bucket(Bucket="tells")
    may = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    lenient.client("iam").put_user_policy(UserName="alice", PolicyName="may", PolicyDocument=document)
    with pytest.raises(ClientError, match="NoSuchKey"):
        alice("s3").get_object(Bucket="tells", Key="missing")
    event = recorded(lenient, "GetObject")
    assert event["errorCode"] == "HTTP 404"
    (denial,) = event["additionalEventData"]["wouldBeDenied"]
    assert "s3:ListBucket on resource: arn:aws:s3:::tells" in denial


def test_strangers_are_refused_in_any_mode(lenient: Live) -> None:
    stranger = {"AccessKeyId": "AKIAIOSFODNN7STRANGE", "SecretAccessKey": "x"}
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        lenient.client("s3", stranger).list_buckets()
    unsigned = boto3.client(
        "s3", endpoint_url=lenient.endpoint, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError):
        unsigned.list_buckets()


def test_iamds_own_apis_enforce_in_any_mode(alice: Any) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: iam:CreateUser"):
        alice("iam").create_user(UserName="bob")


def test_the_banner_says_so() -> None:
    def told(**flags: str) -> str:
        settings = load({"in_memory": True, "upstream": {"*": "http://127.0.0.1:5000"}, **flags}, {})
        return banner(settings, "123456789012", "http://127.0.0.1:4500", "0", None)

    assert "NOT ENFORCED" not in told()
    assert "NOT ENFORCED for upstreams: gateway_mode is learn" in told(gateway_mode="learn")
