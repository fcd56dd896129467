"""Forms with a file and a POST policy, as browsers send them to S3."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from botocore.exceptions import ClientError

from tests.gateway.conftest import Make
from tests.gateway.policies import allow
from tests.live import ACCOUNT, Live

Send = Callable[..., requests.Response]


@pytest.fixture
def bucket(gateway: Live) -> str:
    """The name of a bucket of root's."""
    root = gateway.client("s3")
    names = [each["Name"] for each in root.list_buckets()["Buckets"]]
    if "forms" not in names:
        root.create_bucket(Bucket="forms")
    return "forms"


@pytest.fixture
def alice(user: Make, bucket: str) -> Any:
    """S3 as a user that may write below `up/`."""
    return user("alice", allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/up/*"))("s3")


def form(client: Any, bucket: str, key: str = "up/a", **told: Any) -> dict[str, Any]:
    """What boto3 makes of it: the form's URL and fields."""
    client.meta.events.register("choose-signer.s3.PutObject", lambda **_: "s3v4")  # else boto3 signs as in 2006
    fields, conditions = told.get("fields", {}), told.get("conditions", [])
    made: dict[str, Any] = client.generate_presigned_post(bucket, key, fields, conditions, told.get("seconds", 60))
    return made


def send(made: dict[str, Any], body: bytes = b"hello", name: str = "a.txt", **more: str) -> requests.Response:
    """The browser's part; what is `more` are fields that the signer knew nothing of."""
    return requests.post(
        made["url"], {**made["fields"], **more}, files={"file": (name, body)}, timeout=30, allow_redirects=False
    )


def code_of(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code")


def test_an_object_is_uploaded_with_what_the_fields_say(gateway: Live, alice: Any, bucket: str) -> None:
    told = {"Content-Type": "text/plain", "x-amz-meta-colour": "blue", "Cache-Control": "no-cache"}
    made = form(alice, bucket, fields=told, conditions=[{name: value} for name, value in told.items()])
    answer = send(made)
    assert (answer.status_code, answer.content) == (204, b"")
    found = alice.get_object(Bucket=bucket, Key="up/a")
    assert found["Body"].read() == b"hello"
    assert (found["ContentType"], found["Metadata"], found["CacheControl"]) == (
        "text/plain",
        {"colour": "blue"},
        "no-cache",
    )
    assert answer.headers["etag"] == found["ETag"]
    assert answer.headers["location"].endswith("/forms/up/a")


def test_the_file_name_stands_for_a_variable(gateway: Live, alice: Any, bucket: str) -> None:
    made = form(alice, bucket, "up/${filename}")
    assert send(made, name="C:\\holiday pictures\\mountain ü.txt").status_code == 204
    assert alice.get_object(Bucket=bucket, Key="up/mountain ü.txt")["Body"].read() == b"hello"


def test_a_long_file_is_streamed(gateway: Live, alice: Any, bucket: str) -> None:
    body = b"0123456789abcdef" * (3 << 16)
    made = form(alice, bucket, conditions=[["content-length-range", 1, 4 << 20]])
    assert send(made, body).status_code == 204
    assert alice.get_object(Bucket=bucket, Key="up/a")["Body"].read() == body


def test_fields_behind_the_file_are_ignored_if_it_is_short(gateway: Live, alice: Any, bucket: str) -> None:
    def posted(body: bytes) -> requests.Response:
        made = form(alice, bucket, f"up/{len(body)}")
        parts = [(name, (None, value)) for name, value in made["fields"].items()]
        files: Any = [*parts, ("file", ("x", body)), ("submit", (None, "Upload"))]
        return requests.post(made["url"], files=files, timeout=30)

    assert posted(b"hello").status_code == 204
    assert alice.get_object(Bucket=bucket, Key="up/5")["Body"].read() == b"hello"
    refused = posted(b"x" * (2 << 20))
    assert (code_of(refused), "last field" in refused.text) == ((400, "InvalidRequest"), True)
    with pytest.raises(ClientError, match=r"404|NoSuchKey"):
        gateway.client("s3").get_object(Bucket=bucket, Key=f"up/{2 << 20}")


def test_the_form_says_what_is_answered(gateway: Live, alice: Any, bucket: str) -> None:
    def answered(**fields: str) -> requests.Response:
        return send(form(alice, bucket, fields=fields, conditions=[fields]))

    made = answered(success_action_status="201")
    told = ElementTree.fromstring(made.content)
    assert (made.status_code, told.tag, told.findtext("Bucket"), told.findtext("Key")) == (
        201,
        "PostResponse",
        "forms",
        "up/a",
    )
    assert answered(success_action_status="200").status_code == 200
    assert answered(success_action_status="418").status_code == 204
    led = answered(success_action_redirect="https://example.com/done?page=1")
    assert led.status_code == 303
    assert led.headers["location"].startswith("https://example.com/done?page=1&bucket=forms&key=up%2Fa&etag=%22")
    assert answered(success_action_redirect="javascript:alert(1)").status_code == 204
    assert answered(success_action_redirect="http://[").status_code == 204


def test_what_the_signer_may_not_nobody_may(gateway: Live, user: Make, bucket: str) -> None:
    nobody = user("nobody")("s3")
    answer = send(form(nobody, bucket))
    assert code_of(answer) == (403, "AccessDenied")
    assert f"arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: s3:PutObject" in answer.text
    writer = user("writer", allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))("s3")
    public = form(writer, bucket, fields={"acl": "public-read"}, conditions=[{"acl": "public-read"}])
    assert "s3:PutObjectAcl" in send(public).text


def test_policies_can_tell_forms_from_other_requests(gateway: Live, user: Make, bucket: str) -> None:
    posted = {"s3:authType": "POST"}
    poster = user("poster", allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*", StringEquals=posted))("s3")
    assert send(form(poster, bucket)).status_code == 204
    with pytest.raises(ClientError, match="AccessDenied"):
        poster.put_object(Bucket=bucket, Key="up/a", Body=b"")


def test_tags_and_locks_need_their_own_actions(gateway: Live, alice: Any, bucket: str) -> None:
    tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>"
    made = form(alice, bucket, fields={"tagging": tags}, conditions=[{"tagging": tags}])
    assert "s3:PutObjectTagging" in send(made).text


@pytest.mark.parametrize(
    ("told", "sent", "code", "message"),
    [
        ({"conditions": [["content-length-range", 6, 9]]}, {}, (400, "EntityTooSmall"), "smaller"),
        ({"conditions": [["content-length-range", 1, 4]]}, {}, (400, "EntityTooLarge"), "exceeds"),
        ({"conditions": [["content-length-range", 1, 9]]}, {"body": b"x" * (2 << 20)}, (400, "EntityTooLarge"), ""),
        ({}, {"x-amz-meta-a": "b"}, (403, "AccessDenied"), "Extra input fields: x-amz-meta-a"),
        ({"conditions": [["starts-with", "$Content-Type", "image/"]]}, {"Content-Type": "text/html"}, (403, "AccessDenied"), "Policy Condition failed"),
        ({"conditions": [{"acl": "private"}]}, {}, (403, "AccessDenied"), "Policy Condition failed"),
        ({}, {"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch"), ""),
        ({}, {"x-amz-credential": "AKIAUNKNOWN/20260101/us-east-1/s3/aws4_request"}, (403, "SignatureDoesNotMatch"), ""),
        ({}, {"key": "other/b"}, (403, "AccessDenied"), "Policy Condition failed"),
        ({}, {"key": ""}, (400, "InvalidArgument"), "named 'key'"),
        ({}, {"policy": "bm8="}, (400, "InvalidPolicyDocument"), "Invalid Policy: Invalid JSON."),
        ({}, {"x-amz-algorithm": "AWS4-ECDSA-P256-SHA256"}, (400, "AuthorizationHeaderMalformed"), ""),
    ],
)  # fmt: skip
def test_what_is_not_as_the_signer_said_is_refused(
    gateway: Live, alice: Any, bucket: str, told: Any, sent: Any, code: tuple[int, str], message: str
) -> None:
    answer = send(form(alice, bucket, "up/refused", **told), **sent)
    assert code_of(answer) == code
    assert message in answer.text
    root = gateway.client("s3")
    assert "Contents" not in root.list_objects_v2(Bucket=bucket, Prefix="up/refused")


def test_an_ignored_field_needs_no_condition(gateway: Live, alice: Any, bucket: str) -> None:
    assert send(form(alice, bucket), **{"x-ignore-this": "x"}).status_code == 204


def test_a_policy_expires(gateway: Live, alice: Any, bucket: str) -> None:
    answer = send(form(alice, bucket, seconds=-1))
    assert (code_of(answer), "Policy expired" in answer.text) == ((403, "AccessDenied"), True)


def test_a_form_is_signed_with_the_credentials_of_a_session(gateway: Live, alice: Any, bucket: str) -> None:
    iam = gateway.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="poster", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]
    grant = {"Version": "2012-10-17", "Statement": [allow("s3:PutObject", f"arn:aws:s3:::{bucket}/up/*")]}
    iam.put_role_policy(RoleName="poster", PolicyName="own", PolicyDocument=json.dumps(grant))
    key = user_session(gateway, role["Arn"])
    assert send(form(gateway.client("s3", key), bucket)).status_code == 204


def user_session(gateway: Live, role: str) -> dict[str, str]:
    """Credentials of a session of that role, for a user that may assume it."""
    iam = gateway.client("iam")
    iam.create_user(UserName="assumer")
    grant = {"Version": "2012-10-17", "Statement": [allow("sts:AssumeRole", role)]}
    iam.put_user_policy(UserName="assumer", PolicyName="own", PolicyDocument=json.dumps(grant))
    sts = gateway.client("sts", iam.create_access_key(UserName="assumer")["AccessKey"])
    found: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName="form")["Credentials"]
    return found


def _raw(made: dict[str, Any], body: bytes, kind: str = "multipart/form-data; boundary=x") -> requests.Response:
    return requests.post(made["url"], body, headers={"content-type": kind}, timeout=30)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "IncompleteBody"),
        (b"nonsense", "IncompleteBody"),
        (b"--x\r\n\r\n\r\n--x--\r\n", "MalformedPOSTRequest"),
        (b'--x\r\ncontent-disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n', "IncorrectNumberOfFilesInPostRequest"),
        (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nk' * 2, "IncompleteBody"),
        (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n' + b"k" * 30_000, "MaxPostPreDataLengthExceededError"),
        (b'--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nk\r\n--x--\r\n', "AccessDenied"),
        (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\ncontent-disposition: form-data; name="A"\r\n\r\n2\r\n--x--\r\n', "MalformedPOSTRequest"),
        (b'--x\r\ncontent-disposition: form-data; name="a"; name="b"\r\n\r\n1\r\n--x--\r\n', "MalformedPOSTRequest"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(gateway: Live, alice: Any, bucket: str, body: bytes, code: str) -> None:
    assert code_of(_raw(form(alice, bucket), body))[1] == code


def test_a_form_for_an_object_is_ambiguous(gateway: Live, alice: Any, bucket: str) -> None:
    made = form(alice, bucket)
    made["url"] += "/object"
    assert code_of(send(made)) == (400, "InvalidRequest")


def test_signature_version_2_is_refused(gateway: Live, alice: Any, bucket: str) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = base64.b64encode(json.dumps({"expiration": soon, "conditions": [["eq", "$key", "up/a"]]}).encode())
    fields = {"key": "up/a", "AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE", "policy": policy.decode(), "signature": "AAAA"}
    answer = send({"url": form(alice, bucket)["url"], "fields": fields})
    assert (code_of(answer), "AWS4-HMAC-SHA256" in answer.text) == ((400, "AuthorizationHeaderMalformed"), True)
