"""JSON's null among the values of a list or map: refused as AWS's services refuse it, and recorded."""

from __future__ import annotations

import json

import pytest

from tests.hostile.door import Door


@pytest.mark.parametrize(
    ("target", "service", "document", "place"),
    [
        (
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            "cloudtrail",
            {"LookupAttributes": [None]},
            "lookupAttributes.1.member",
        ),
        (
            "AWSIdentityStore.CreateUser",
            "identitystore",
            {"IdentityStoreId": "d-1234567890", "UserName": "ann", "Emails": [{"Value": "a@example.com"}, None]},
            "emails.2.member",
        ),
    ],
)
def test_null_in_a_list(door: Door, target: str, service: str, document: object, place: str) -> None:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    answered = door.post(json.dumps(document).encode(), service=service, headers=headers)
    answered.refused("ValidationException", 400)
    assert f"Value null at '{place}' failed to satisfy constraint: Member must not be null" in answered.message


def test_null_in_a_map(door: Door) -> None:
    body = {"analyzerArn": "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/a", "filter": {"status": None}}
    headers = {"content-type": "application/json"}
    answered = door.post(json.dumps(body).encode(), service="access-analyzer", headers=headers, target="/findingv2")
    answered.refused("ValidationException", 400)
    assert "Member must not be null" in answered.message
