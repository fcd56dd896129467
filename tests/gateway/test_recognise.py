"""Requests as botocore makes them are recognised, with their parameters, for every service and protocol."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import botocore.session
import cbor2
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from iamd.gateway import parameters
from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form
from iamd.gateway.recognise import form_of, recognise
from iamd.wire.errors import AwsError
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest

_SESSION = botocore.session.Session()


def request_of(service: str, operation: str, /, **params: Any) -> tuple[HttpRequest, str]:
    """The request that botocore would send, and the name that it would sign for."""
    made: list[AWSRequest] = []

    def stop(request: AWSRequest, **_: Any) -> None:
        made.append(request)
        raise InterruptedError

    client = _SESSION.create_client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:4500",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="x" * 40,
        config=Config(retries={"max_attempts": 0}, parameter_validation=False, s3={"addressing_style": "path"}),
    )
    client.meta.events.register("before-sign.*.*", stop)
    with pytest.raises(InterruptedError):
        client._make_api_call(operation, params)
    prepared = made[0].prepare()
    url = urlsplit(prepared.url)
    headers = [
        (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in prepared.headers.items()
    ]
    body = prepared.body or b""
    body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
    request = HttpRequest(prepared.method, url.path.encode(), url.query.encode(), headers, body)
    return request, client.meta.service_model.signing_name


CALLS: list[tuple[str, str, dict[str, Any], Form]] = [
    ("dynamodb", "GetItem", {"TableName": "table", "Key": {"id": {"S": "1"}}}, Form.JSON),
    ("dynamodbstreams", "ListStreams", {"TableName": "table"}, Form.JSON),
    ("sqs", "SendMessage", {"QueueUrl": "http://h/1/q", "MessageBody": "x"}, Form.JSON),
    ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"x", "PartitionKey": "p"}, Form.JSON),
    ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "x"}, Form.QUERY),
    ("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "db"}, Form.QUERY),
    ("elbv2", "DescribeLoadBalancers", {"Names": ["a", "b"]}, Form.QUERY),
    ("elb", "DescribeLoadBalancers", {"LoadBalancerNames": ["a"]}, Form.QUERY),
    ("ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]}, Form.EC2),
    ("ec2", "CreateTags", {"Resources": ["i-1"], "Tags": [{"Key": "a", "Value": "b"}]}, Form.EC2),
    ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live"}, Form.REST_JSON),
    ("apigateway", "GetResource", {"restApiId": "a", "resourceId": "b"}, Form.REST_JSON),
    ("sesv2", "GetEmailIdentity", {"EmailIdentity": "a@example.com"}, Form.REST_JSON),
    ("route53", "GetHostedZone", {"Id": "Z1"}, Form.REST_XML),
    ("codebuild", "BatchGetProjects", {"names": ["p"]}, Form.JSON),
    ("s3", "GetObject", {"Bucket": "bucket", "Key": "a/b c+ü"}, Form.S3),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": "a/"}, Form.S3),
    ("s3", "UploadPart", {"Bucket": "bucket", "Key": "k", "PartNumber": 1, "UploadId": "u", "Body": b"x"}, Form.S3),
    ("s3", "CopyObject", {"Bucket": "bucket", "Key": "k", "CopySource": "other/key"}, Form.S3),
    ("s3", "DeleteObjects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}]}}, Form.S3),
]


@pytest.mark.parametrize(("service", "operation", "params", "form"), CALLS, ids=lambda value: str(value)[:30])
def test_a_call_of_the_sdk_is_recognised_with_its_parameters(
    service: str, operation: str, params: dict[str, Any], form: Form
) -> None:
    request, signing_name = request_of(service, operation, **params)
    asked = recognise(request, signing_name)
    assert (asked.service.name, asked.operation.name, asked.form) == (service, operation, form)
    if form is not Form.S3:
        found = parameters.read(asked, request)
        assert {name: found.get(name) for name in params if not isinstance(params[name], bytes)} == {
            name: value for name, value in params.items() if not isinstance(value, bytes)
        }


def test_the_place_of_an_s3_request_is_decoded() -> None:
    asked = recognise(*request_of("s3", "GetObject", Bucket="bucket", Key="a/b c+ü"))
    assert asked.place is not None
    assert (asked.place.bucket, asked.place.key) == ("bucket", "a/b c+ü")


def test_a_bucket_in_the_name_of_the_host_is_the_same_place() -> None:
    request = HttpRequest("GET", b"/a/b", b"", [(b"host", b"bucket.s3.amazonaws.com")], b"")
    place = recognise(request, "s3").place
    assert place is not None
    assert (place.bucket, place.key, place.virtual) == ("bucket", "a/b", True)


def test_s3_control_is_told_from_objects_and_has_no_bucket_for_a_name() -> None:
    """In the host's name, the bucket's name becomes the beginning of the upstream's path."""
    path, account = b"/v20180820/configuration/publicAccessBlock", (b"x-amz-account-id", b"123456789012")
    for host in (b"127.0.0.1:4500", b"123456789012.s3.localhost.localstack.cloud"):
        asked = recognise(HttpRequest("GET", path, b"", [(b"host", host), account], b""), "s3")
        assert (asked.service.name, asked.name) == ("s3control", "GetPublicAccessBlock")
    asked = recognise(HttpRequest("GET", path, b"", [(b"host", b"bucket.s3.amazonaws.com"), account], b""), "s3")
    assert (asked.name, asked.place and asked.place.key) == ("GetObject", path[1:].decode())
    for name in (b"v20180820", b"V20180820"):
        hidden = HttpRequest("GET", path[10:], b"", [(b"host", name + b".s3.amazonaws.com"), account], b"")
        with pytest.raises(Ambiguous):
            recognise(hidden, "s3")


def _json(body: bytes) -> tuple[HttpRequest, str]:
    headers = [(b"x-amz-target", b"DynamoDB_20120810.GetItem"), (b"content-type", b"application/x-amz-json-1.0")]
    return HttpRequest("POST", b"/", b"", headers, body), "dynamodb"


def _read(request: HttpRequest, signing_name: str) -> Asked:
    asked = recognise(request, signing_name)
    parameters.read(asked, request)
    return asked


@pytest.mark.parametrize(
    "body",
    [
        b'{"TableName":"a","TableName":"b"}',
        b'{"TableName":"a","tablename":"b"}',
        b'{"tableName":"b"}',
        b'{"TableName":"a","Key":{"id":{"S":"1"},"id":{"S":"2"}}}',
        b"[]",
        b'{"TableName":NaN}',
        b'{"TableName":"a"',
        b"[" * 100_000,
    ],
)
def test_a_document_that_can_be_read_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(Ambiguous):
        _read(*_json(body))


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", b"/bucket/a/../b", b""),
        ("GET", b"/point-hbwe9vqqtbi-s3alias/a", b""),
        ("GET", b"/bucket--usw2-az1--x-s3/a", b""),
        ("GET", b"/bucket/a/%2e%2e/b", b""),
        ("GET", b"/bucket/a%2f..%2fb", b""),
        ("GET", b"/bucket//a", b""),
        ("GET", b"//bucket/a", b""),
        ("GET", b"/bucket/a/%2Fb", b""),
        ("GET", b"/bucket/%ff", b""),
        ("GET", b"/bucket/a%00", b""),
        ("GET", b"/bucket/a%zz", b""),
        ("GET", b"/%62ucket/a", b""),
        ("GET", b"/bucket/a", b"acl&tagging"),
        ("GET", b"/bucket/a", b"versionId=1&versionId=2"),
        ("GET", b"/bucket/a", b"secret-parameter=1"),
        ("POST", b"/bucket", b""),
        ("PATCH", b"/bucket/a", b""),
    ],
)
def test_an_s3_request_that_upstreams_read_differently_is_refused(method: str, path: bytes, query: bytes) -> None:
    with pytest.raises(AwsError):
        recognise(HttpRequest(method, path, query, [(b"host", b"127.0.0.1")], b""), "s3")


@pytest.mark.parametrize(
    "path",
    [
        b"/2015-03-31/functions/f%2Fpolicy",
        b"/2015-03-31/functions/../functions/f",
        b"/2015-03-31//functions/f",
        b"/2015-03-31/functions/%2e%2e",
    ],
)
def test_a_path_that_is_another_operations_once_decoded_is_refused(path: bytes) -> None:
    with pytest.raises(AwsError):
        recognise(HttpRequest("GET", path, b"", [], b""), "lambda")


def test_a_form_that_says_a_thing_twice_is_refused() -> None:
    form = b"Action=Publish&Version=2010-03-31&TopicArn=a&TopicArn=b"
    with pytest.raises(Ambiguous):
        recognise(
            HttpRequest("POST", b"/", b"", [(b"content-type", b"application/x-www-form-urlencoded")], form), "sns"
        )


def test_a_service_that_is_none_is_refused() -> None:
    with pytest.raises(AwsError, match="no AWS service"):
        form_of(HttpRequest("POST", b"/", b"", [], b""), "nonsense")


def test_a_call_in_cbor_is_recognised_with_its_parameters() -> None:
    headers = [(b"smithy-protocol", b"rpc-v2-cbor"), (b"content-type", b"application/cbor")]
    path = b"/service/CodeBuild_20161006/operation/BatchGetProjects"
    request = HttpRequest("POST", path, b"", headers, cbor2.dumps({"names": ["p"]}))
    asked = recognise(request, "codebuild")
    assert (asked.operation.name, asked.form) == ("BatchGetProjects", Form.CBOR)
    assert parameters.read(asked, request) == {"names": ["p"]}


def test_cbor_that_says_a_thing_twice_is_refused() -> None:
    headers = [(b"smithy-protocol", b"rpc-v2-cbor")]
    path = b"/service/CodeBuild_20161006/operation/BatchGetProjects"
    with pytest.raises(Ambiguous):
        _read(HttpRequest("POST", path, b"", headers, bytes.fromhex("a2616101616102")), "codebuild")
