"""The condition keys of KMS: what a request tells, who asks, and through which service."""

from __future__ import annotations

from typing import Any

import pytest

from iamd.wire.gateway_errors import Ambiguous
from tests.gateway.conftest import Make
from tests.gateway.policies import allow, deny, refused
from tests.gateway.test_exact import needs_of
from tests.live import ACCOUNT, Live

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BLOB = b"x"


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("DescribeKey", {"KeyId": KEY}, {}),
        ("Encrypt", {"KeyId": KEY, "Plaintext": BLOB}, {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"}),
        (
            "Decrypt",
            {
                "KeyId": KEY,
                "CiphertextBlob": BLOB,
                "EncryptionContext": {"App": "a"},
                "EncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            },
            {
                "kms:encryptionalgorithm": "RSAES_OAEP_SHA_256",
                "kms:encryptioncontext:app": "a",
                "kms:encryptioncontextkeys": ("App",),
            },
        ),
        (
            "CreateGrant",
            {
                "KeyId": KEY,
                "GranteePrincipal": "arn:aws:iam::123456789012:role/r",
                "Operations": ["Decrypt", "Encrypt"],
                "Constraints": {"EncryptionContextSubset": {"App": "a"}},
            },
            {
                "kms:granteeprincipal": "arn:aws:iam::123456789012:role/r",
                "kms:grantoperations": ("Decrypt", "Encrypt"),
                "kms:grantconstrainttype": "EncryptionContextSubset",
                "kms:encryptioncontext:app": "a",
                "kms:encryptioncontextkeys": ("App",),
            },
        ),
        ("Encrypt", {"KeyId": KEY, "EncryptionAlgorithm": None}, {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"}),
        (
            "ScheduleKeyDeletion",
            {"KeyId": KEY, "PendingWindowInDays": None},
            {"kms:schedulekeydeletionpendingwindowindays": "30"},
        ),
        ("ScheduleKeyDeletion", {"KeyId": KEY}, {"kms:schedulekeydeletionpendingwindowindays": "30"}),
        (
            "Sign",
            {"KeyId": KEY, "Message": BLOB, "SigningAlgorithm": "ECDSA_SHA_256"},
            {"kms:messagetype": "RAW", "kms:signingalgorithm": "ECDSA_SHA_256"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_keys_repeat_parameters(operation: str, params: dict[str, Any], expected: dict[str, Any]) -> None:
    (need,) = needs_of("kms", operation, **params)
    assert (need.action, need.resource, need.context) == (f"kms:{operation}", KEY, expected)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("Decrypt", {"CiphertextBlob": BLOB, "KeyId": KEY, "EncryptionContext": {"app": "b", "App": "a"}}),
        ("ReEncrypt", {"CiphertextBlob": BLOB, "SourceKeyId": KEY, "DestinationKeyId": KEY, "DestinationEncryptionContext": {"a": "1", "A": "1"}}),
        ("CreateGrant", {"KeyId": KEY, "Constraints": {"EncryptionContextSubset": {"a": "1", "A": "2"}}}),
    ],
)  # fmt: skip
def test_a_key_of_the_encryption_context_has_one_value(operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(Ambiguous):
        needs_of("kms", operation, **params)


def test_a_denial_is_not_passed_by_saying_a_key_twice(gateway: Live, user: Make) -> None:
    key = gateway.client("kms").create_key()["KeyMetadata"]["KeyId"]
    secret = {"StringEquals": {"kms:EncryptionContext:app": "secret"}}
    alice = user("alice", allow("kms:*"), deny("kms:*", **secret))("kms")
    refused(alice.encrypt, KeyId=key, Plaintext=BLOB, EncryptionContext={"App": "secret"})
    both = {"app": "secret", "App": "open"}
    refused(alice.encrypt, "InvalidRequest", KeyId=key, Plaintext=BLOB, EncryptionContext=both)


def test_encrypting_anew_tells_of_each_key_its_own_context() -> None:
    other = KEY.replace("1234abcd", "abcd1234")
    source, destination = needs_of(
        "kms",
        "ReEncrypt",
        CiphertextBlob=BLOB,
        SourceKeyId=KEY,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other,
        DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_1",
    )
    assert (source.action, source.resource) == ("kms:ReEncryptFrom", KEY)
    assert source.context["kms:encryptioncontext:a"] == "1"
    assert (destination.action, destination.resource) == ("kms:ReEncryptTo", other)
    assert destination.context == {"kms:encryptionalgorithm": "RSAES_OAEP_SHA_1", "kms:reencryptonsamekey": "false"}


def test_a_new_key_is_told_by_what_it_will_be() -> None:
    made = needs_of("kms", "CreateKey", CustomerMasterKeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")[0]
    assert (made.action, made.resource) == ("kms:CreateKey", "*")
    assert (made.context["kms:keyspec"], made.context["kms:keyusage"]) == ("RSA_2048", "SIGN_VERIFY")
    assert (made.context["kms:multiregion"], made.context["kms:keyorigin"]) == ("false", "AWS_KMS")


def test_who_asks_and_that_no_service_does(gateway: Live, user: Make) -> None:
    key = gateway.client("kms").create_key()["KeyMetadata"]["KeyId"]
    no_service = {"kms:GrantIsForAWSResource": "true"}
    anybody = user("alice", allow("kms:*"), deny("kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "false"}))("kms")
    anybody.describe_key(KeyId=key)
    refused(anybody.create_grant, KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Decrypt"])
    denied = user("bob", allow("kms:*"), deny("kms:*", StringEquals={"kms:CallerAccount": ACCOUNT}))("kms")
    refused(denied.describe_key, KeyId=key)
    of_service = user("carol", allow("kms:*", StringLike={"kms:ViaService": "athena.*"}, Bool=no_service))("kms")
    refused(of_service.list_grants, KeyId=key)
    unknown = user("dave", allow("kms:*"), deny("kms:*", StringEquals={"kms:KeyOrigin": "EXTERNAL"}))("kms")
    assert "kms:keyorigin" in refused(unknown.describe_key, KeyId=key)
