"""Constraints of the model, in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from iamd.wire import aws_query, validate
from iamd.wire.errors import ValidationError
from iamd.wire.model import OperationModel, ServiceModel, load

IAM = load("iam").operations
STS = load("sts").operations


def _told(operation: OperationModel, **params: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        validate.check(operation, params)
    return refused.value.message


def test_what_fits_passes() -> None:
    tags = [{"Key": "Ünïcode key", "Value": ""}]
    validate.check(IAM["CreateUser"], {"user_name": "bob+a=b,c.d@e-f_g", "path": "/a//b/", "tags": tags})
    validate.check(IAM["UntagUser"], {"user_name": "bob", "tag_keys": []})
    validate.check(IAM["ListUsers"], {"max_items": 1000})


def test_iam_hides_values() -> None:
    assert _told(IAM["GetRole"]) == (
        "1 validation error detected: Value at 'roleName' failed to satisfy constraint: Member must not be null"
    )
    assert _told(IAM["CreateUser"], user_name="x" * 65) == (
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )


def test_sts_shows_values() -> None:
    arn = "arn:aws:iam::123456789012:role/x"
    assert _told(STS["AssumeRole"], role_arn=arn, role_session_name="Session1:2") == (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )
    assert _told(STS["AssumeRole"], role_session_name="abc") == (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    )
    assert _told(STS["AssumeRole"], role_arn=arn, role_session_name="abc", duration_seconds=5) == (
        "1 validation error detected: Value '5' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900"
    )
    assert "Value '[]' at 'audience' failed" in _told(
        STS["GetWebIdentityToken"], audience=[], signing_algorithm="RS256"
    )


def test_secrets_are_not_repeated_even_where_values_are() -> None:
    told = _told(
        STS["AssumeRoleWithWebIdentity"],
        role_arn="arn:aws:iam::123456789012:role/x",
        role_session_name="abc",
        web_identity_token="abc",
    )
    assert "Value at 'webIdentityToken' failed" in told


def test_all_violations_in_one_message() -> None:
    assert _told(IAM["CreateUser"], path="x", user_name="") == (
        "3 validation errors detected: "
        "Value at 'path' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F); "
        "Value at 'userName' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        r"Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )


def test_a_tags_value_is_told_before_its_key() -> None:
    assert _told(IAM["TagUser"], user_name="bob", tags=[{"Key": "k", "Value": "v"}, {}]) == (
        "2 validation errors detected: "
        "Value at 'tags.2.member.value' failed to satisfy constraint: Member must not be null; "
        "Value at 'tags.2.member.key' failed to satisfy constraint: Member must not be null"
    )


def test_at_most_ten_are_told() -> None:
    told = _told(IAM["TagUser"], user_name="bob", tags=[{}] * 11)
    assert told.startswith("10 validation errors detected: ")
    assert told.count("failed to satisfy") == 10


@pytest.mark.parametrize("keys", [[""], [None, "a"], ["a", "b*"], ["x" * 129]])
def test_rules_of_list_elements_are_told_together(keys: list[str | None]) -> None:
    assert _told(IAM["UntagUser"], user_name="bob", tag_keys=keys) == (
        "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
        r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]"
    )


def test_lengths_of_lists() -> None:
    tags = [{"Key": str(n), "Value": ""} for n in range(51)]
    assert _told(IAM["TagUser"], user_name="bob", tags=tags) == (
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )
    told = _told(STS["GetFederationToken"], name="bob", tags=tags)
    assert told.startswith("1 validation error detected: Value at 'tags' failed")


def test_enumerations() -> None:
    told = _told(IAM["GetSSHPublicKey"], user_name="bob", ssh_public_key_id="A" * 20, encoding="x")
    assert told.endswith(
        "Value at 'encoding' failed to satisfy constraint: Member must satisfy enum value set: [SSH, PEM]"
    )
    told = _told(IAM["UpdateServiceSpecificCredential"], service_specific_credential_id="A" * 20, status="x")
    assert told.endswith("Value at 'status' failed to satisfy constraint: Member must satisfy enum value set")


def test_upper_bound_of_numbers() -> None:
    assert "Member must have value less than or equal to 1000" in _told(IAM["ListUsers"], max_items=1001)
    assert "Member must have value greater than or equal to 1" in _told(IAM["ListUsers"], max_items=0)


_RAW: dict[str, Any] = {
    "metadata": {"apiVersion": "1", "endpointPrefix": "x", "protocol": "query"},
    "operations": {"Do": {"name": "Do", "input": {"shape": "In"}}},
    "shapes": {
        "In": {
            "type": "structure",
            "members": {"Map": {"shape": "Map"}, "Deep": {"shape": "Deep"}, "Raw": {"shape": "Raw"}},
        },
        "Map": {"type": "map", "key": {"shape": "Short"}, "value": {"shape": "Short"}, "max": 2},
        "Deep": {"type": "map", "key": {"shape": "Short"}, "value": {"shape": "Inner"}},
        "Short": {"type": "string", "max": 3},
        "Inner": {
            "type": "structure",
            "required": ["A"],
            "members": {"A": {"shape": "Short"}, "B": {"shape": "Inner"}},
        },
        "Raw": {"type": "blob", "min": 2},
    },
    "pagination": {},
}


def test_maps_and_depth() -> None:
    operation = ServiceModel("made-up", _RAW).operations["Do"]
    validate.check(operation, {"map": {"a": "b"}, "deep": {"a": {"A": "x", "B": {"A": "y"}}}, "raw": b"ab"})
    assert "at 'map' failed to satisfy constraint: Member must have length less than" in _told(
        operation, map=dict.fromkeys("abc", "")
    )
    rule = "[Member must have length less than or equal to 3, Member must not be null]"
    assert f"at 'map' failed to satisfy constraint: Map keys must satisfy constraint: {rule}" in _told(
        operation, map={"long": ""}
    )
    assert f"Map value must satisfy constraint: {rule}" in _told(operation, map={"a": "long"})
    assert "Map value must satisfy constraint: [Member must not be null]" in _told(operation, deep={"a": None})
    told = _told(operation, deep={"a": {"B": {"A": "long"}}})
    assert "Value null at 'deep.a.member.a' failed" in told
    assert "Value 'long' at 'deep.a.member.b.a' failed" in told
    assert "at 'raw' failed to satisfy constraint: Member must have length greater than or equal to 2" in _told(
        operation, raw=b"a"
    )


def test_java_prints_lists() -> None:
    raw = {**_RAW, "shapes": {**_RAW["shapes"], "Map": {"type": "list", "member": {"shape": "Short"}}}}
    operation = ServiceModel("made-up", raw).operations["Do"]
    assert "Value '[a, null, long]' at 'map' failed" in _told(operation, map=["a", None, "long"])


def test_parsed_holes_are_refused() -> None:
    params = aws_query.parse(IAM["TagUser"], {"UserName": "bob", "Tags.member.2.Key": "k", "Tags.member.2.Value": "v"})
    assert "'tags.1.member.value'" in _told(IAM["TagUser"], **params)


def test_null_among_structures_is_no_structure() -> None:
    raw = {**_RAW, "shapes": {**_RAW["shapes"], "Map": {"type": "list", "member": {"shape": "Inner"}}}}
    operation = ServiceModel("made-up", raw).operations["Do"]
    assert "Value null at 'map.2.member' failed to satisfy constraint: Member must not be null" in _told(
        operation, map=[{"A": "x"}, None]
    )
