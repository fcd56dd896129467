"""Requests to what a server speaks: IAM and STS, Organizations, S3 behind the gateway, the authorization API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
_UNSIGNED = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, but for who signs it."""

    service: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/"


def query(service: str, action: str, parameters: Mapping[str, str], version: str | None = None) -> Request:
    """An operation in the Query protocol, to be answered in JSON."""
    body = urlencode({"Action": action, "Version": version or _VERSIONS[service], **parameters}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    return Request(service, body, headers)


def iam(action: str, **parameters: str) -> Request:
    """An operation of IAM."""
    return query("iam", action, parameters)


def sts(action: str, **parameters: str) -> Request:
    """An operation of STS."""
    return query("sts", action, parameters)


def organizations(action: str, **members: str) -> Request:
    """An operation of Organizations."""
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AWSOrganizationsV20161128.{action}"}
    return Request("organizations", json.dumps(members).encode(), headers)


def question(subject: str, action: str, resource: str) -> Request:
    """Whether the principal of that ARN may do this to the resource of that ARN, asked of the authorization API."""
    asked = {
        "subject": {"type": "principal", "id": subject},
        "action": {"name": action},
        "resource": {"type": "resource", "id": resource},
    }
    return Request(
        "iamd", json.dumps(asked).encode(), {"content-type": "application/json"}, path="/access/v1/evaluation"
    )


def get_object(bucket: str) -> Request:
    """An object of S3."""
    return Request("s3", b"", _UNSIGNED, "GET", f"/{bucket}/key")


def put_bucket_policy(bucket: str, document: str) -> Request:
    """The policy of a bucket."""
    return Request("s3", document.encode(), _UNSIGNED, "PUT", f"/{bucket}?policy")
