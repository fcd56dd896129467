"""SAML providers through the public door."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from tests.live import ACCOUNT, Live
from tests.services.iam import saml
from tests.services.iam.documents import statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied, refused

Users = Callable[..., Callable[[str], Any]]
NONE_PROVIDED = "Unable to set assertion encryption mode to Required because no private key is provided."
NONE_PRESENT = "Failed to set assertion encryption mode to Required because no private key is present."


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:saml-provider/{name}"


ARN = arn("Okta")


@pytest.fixture
def provider(iam: Any) -> dict[str, str]:
    """A provider, as the parameter by which other operations name it."""
    return {
        "SAMLProviderArn": iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=saml.metadata())[
            "SAMLProviderArn"
        ]
    }


def shown(iam: Any, provider: dict[str, str]) -> dict[str, Any]:
    answer = iam.get_saml_provider(**provider)
    del answer["ResponseMetadata"]
    return dict(answer)


def key_ids(iam: Any, provider: dict[str, str]) -> list[str]:
    return [key["KeyId"] for key in shown(iam, provider)["PrivateKeyList"]]


def test_what_is_created_is_shown(iam: Any) -> None:
    tags = [{"Key": "z", "Value": "1"}, {"Key": "A", "Value": "2"}]
    document = saml.metadata()
    made = iam.create_saml_provider(Name="Okta", SAMLMetadataDocument=document, Tags=tags)
    assert (made["SAMLProviderArn"], made["Tags"]) == (ARN, tags)
    found = shown(iam, {"SAMLProviderArn": ARN})
    assert re.fullmatch("SAMLSP[A-Z0-9]{16}", found.pop("SAMLProviderUUID"))
    created, valid_until = found.pop("CreateDate"), found.pop("ValidUntil")
    assert valid_until.year == created.year + 100
    assert found == {
        "SAMLMetadataDocument": document,
        "Tags": [{"Key": "A", "Value": "2"}, {"Key": "z", "Value": "1"}],
        "AssertionEncryptionMode": "Allowed",
        "PrivateKeyList": [],
    }
    listed = iam.list_saml_providers()["SAMLProviderList"]
    assert listed == [{"Arn": ARN, "ValidUntil": valid_until, "CreateDate": created}]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("<a>" + "x" * 1200 + "</a>", "Could not parse metadata"),
        ("x" * 1200, "Could not parse metadata"),
        (saml.entity("") + saml.PADDING, "Could not parse metadata"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + saml.entity("&b;") + saml.PADDING, "Could not parse metadata"),
        (
            saml.entity(role="SPSSODescriptor") + saml.PADDING,
            "SAML Providers must reference at least one SAML assertion issuer.",
        ),
    ],
)
def test_what_is_no_metadata(iam: Any, provider: dict[str, str], document: str, message: str) -> None:
    create, update = iam.create_saml_provider, iam.update_saml_provider
    assert_refused(create, "InvalidInput", message, Name="Bad", SAMLMetadataDocument=document)
    assert_refused(update, "InvalidInput", message, SAMLMetadataDocument=document, **provider)
    assert [each["Arn"] for each in iam.list_saml_providers()["SAMLProviderList"]] == [ARN]


def test_ten_issuers_with_ten_keys_each(iam: Any) -> None:
    def create(issuers: int, keys: int) -> dict[str, str]:
        each = (saml.entity(f"https://{n}.example.com", saml.key_descriptor() * keys) for n in range(issuers))
        return {"Name": f"P{issuers}-{keys}", "SAMLMetadataDocument": saml.entities(*each)}

    iam.create_saml_provider(**create(10, 10))
    for issuers, keys, quota in ((11, 1, "IssuersPerSAMLProvider"), (1, 11, "KeysPerSAMLProvider")):
        message = f"Cannot exceed quota for {quota}: 10"
        assert_refused(iam.create_saml_provider, "LimitExceeded", message, **create(issuers, keys))


def test_a_document_has_a_thousand_characters(iam: Any) -> None:
    code, message = refused(iam.create_saml_provider, Name="Okta", SAMLMetadataDocument=saml.entity()[:900])
    assert (code, "at 'sAMLMetadataDocument'" in message) == ("ValidationError", True), message


def test_one_provider_a_name_whatever_its_case(iam: Any, provider: dict[str, str]) -> None:
    create = iam.create_saml_provider
    message = "Provider with name OKTA already exists."
    assert_refused(create, "EntityAlreadyExists", message, Name="OKTA", SAMLMetadataDocument=saml.metadata())


def test_a_hundred_providers(iam: Any) -> None:
    for number in range(100):
        iam.create_saml_provider(Name=f"p{number:03}", SAMLMetadataDocument=saml.metadata())
    message = "Cannot exceed quota for SAMLProvidersPerAccount: 100"
    create = iam.create_saml_provider
    assert_refused(create, "LimitExceeded", message, Name="more", SAMLMetadataDocument=saml.metadata())
    listed = [each["Arn"] for each in iam.list_saml_providers()["SAMLProviderList"]]
    assert listed == [arn(f"p{number:03}") for number in range(100)]


def test_metadata_are_replaced(iam: Any, provider: dict[str, str]) -> None:
    before = shown(iam, provider)
    document = saml.metadata("https://new.example.com/")
    answer = iam.update_saml_provider(SAMLMetadataDocument=document, **provider)
    assert answer["SAMLProviderArn"] == ARN
    after = shown(iam, provider)
    assert after.pop("SAMLMetadataDocument") == document
    assert after.pop("ValidUntil") >= before["ValidUntil"]
    assert after == {name: before[name] for name in after}


def test_private_keys_rotate(iam: Any, provider: dict[str, str]) -> None:
    update = iam.update_saml_provider
    update(AddPrivateKey=saml.pem(), **provider)
    update(AddPrivateKey=saml.pem(form=PrivateFormat.TraditionalOpenSSL), **provider)
    first, second = key_ids(iam, provider)
    assert re.fullmatch("SAMLPK[A-Z0-9]{16}", first)
    message = "Private key limit of 2 is reached."
    assert_refused(update, "LimitExceeded", message, AddPrivateKey=saml.pem(), **provider)
    update(RemovePrivateKey=first, **provider)
    assert key_ids(iam, provider) == [second]
    update(AddPrivateKey=saml.pem(), **provider)
    update(RemovePrivateKey=second, **provider)
    update(RemovePrivateKey=key_ids(iam, provider)[0], **provider)
    assert key_ids(iam, provider) == []


def test_the_last_key_stays_while_encryption_is_required(iam: Any) -> None:
    document = saml.metadata()
    create, update = iam.create_saml_provider, iam.update_saml_provider
    required = {"AssertionEncryptionMode": "Required"}
    assert_refused(create, "ValidationError", NONE_PROVIDED, Name="Okta", SAMLMetadataDocument=document, **required)
    create(Name="Okta", SAMLMetadataDocument=document, AddPrivateKey=saml.pem(), **required)
    provider = {"SAMLProviderArn": ARN}
    found = shown(iam, provider)
    assert found["AssertionEncryptionMode"] == "Required"
    (only,) = key_ids(iam, provider)
    message = "Failed to remove private key."
    assert_refused(update, "InvalidInput", message, RemovePrivateKey=only, **provider)
    update(RemovePrivateKey=only, AssertionEncryptionMode="Allowed", **provider)
    assert_refused(update, "InvalidInput", NONE_PRESENT, **required, **provider)
    update(AddPrivateKey=saml.pem(), **required, **provider)
    assert shown(iam, provider)["AssertionEncryptionMode"] == "Required"


def test_what_cannot_be_updated(iam: Any, provider: dict[str, str]) -> None:
    update = iam.update_saml_provider
    message = "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
    assert_refused(update, "ValidationError", message, **provider)
    unknown = {"RemovePrivateKey": "SAMLPK" + "A" * 16}
    message = "Failed to remove private key because the Key ID does not match a private key."
    assert_refused(update, "InvalidInput", message, **unknown, **provider)
    message = (
        "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
    )
    assert_refused(update, "ValidationError", message, AddPrivateKey=saml.pem(), **unknown, **provider)
    for pem, reason in (
        ("nope", "Key format is not recognized."),
        (saml.pem()[:-40], "Key format is not recognized."),
        (saml.encrypted_pem(), "Key is encrypted."),
    ):
        message = f"Invalid private key: {reason}"
        assert_refused(update, "InvalidInput", message, AddPrivateKey=pem, **provider)
    assert key_ids(iam, provider) == []


def test_a_failed_update_changes_nothing(iam: Any, provider: dict[str, str]) -> None:
    before = shown(iam, provider)
    document = saml.metadata("https://new.example.com/")
    refused(iam.update_saml_provider, SAMLMetadataDocument=document, AddPrivateKey="nope", **provider)
    assert shown(iam, provider) == before


def test_another_providers_key_is_no_key(iam: Any, provider: dict[str, str]) -> None:
    create = iam.create_saml_provider
    other = {
        "SAMLProviderArn": create(Name="Other", SAMLMetadataDocument=saml.metadata(), AddPrivateKey=saml.pem())[
            "SAMLProviderArn"
        ]
    }
    (key,) = key_ids(iam, other)
    assert refused(iam.update_saml_provider, RemovePrivateKey=key, **provider)[0] == "InvalidInput"
    assert key_ids(iam, other) == [key]


def test_keys_are_sealed(server: Live, iam: Any, provider: dict[str, str]) -> None:
    iam.update_saml_provider(AddPrivateKey=saml.pem(), **provider)
    records = server.realm.records(ACCOUNT)
    assert records is not None
    (key,) = records.saml_keys
    assert b"PRIVATE" not in key.sealed
    assert server.realm.sealer.open(key.sealed, key.id.encode()).decode() == saml.pem()


def test_deleting(iam: Any, provider: dict[str, str], server: Live) -> None:
    iam.update_saml_provider(AddPrivateKey=saml.pem(), **provider)
    iam.delete_saml_provider(**provider)
    records = server.realm.records(ACCOUNT)
    assert records is not None
    assert len(records.saml_keys) == 0
    message = f"Manifest not found for arn {ARN}"
    for operation, more in (
        (iam.delete_saml_provider, {}),
        (iam.get_saml_provider, {}),
        (iam.update_saml_provider, {"AssertionEncryptionMode": "Allowed"}),
        (iam.tag_saml_provider, {"Tags": [{"Key": "a", "Value": ""}]}),
        (iam.untag_saml_provider, {"TagKeys": ["a"]}),
        (iam.list_saml_provider_tags, {}),
    ):
        assert_refused(operation, "NoSuchEntity", message, **provider, **more)
    iam.create_saml_provider(Name="okta", SAMLMetadataDocument=saml.metadata())
    assert_refused(iam.get_saml_provider, "NoSuchEntity", message, **provider)  # the ARN is not that of `Okta`


def test_tags(iam: Any, provider: dict[str, str]) -> None:
    tag, untag = iam.tag_saml_provider, iam.untag_saml_provider
    tag(Tags=[{"Key": "team", "Value": "a"}, {"Key": "Team", "Value": "b"}], **provider)
    first = iam.list_saml_provider_tags(MaxItems=1, **provider)
    assert (first["Tags"], first["IsTruncated"]) == ([{"Key": "Team", "Value": "b"}], True)
    rest = iam.list_saml_provider_tags(Marker=first["Marker"], **provider)
    assert (rest["Tags"], rest["IsTruncated"]) == ([{"Key": "team", "Value": "a"}], False)
    untag(TagKeys=["Team", "unknown"], **provider)
    assert iam.list_saml_provider_tags(**provider)["Tags"] == [{"Key": "team", "Value": "a"}]
    message = "The provided tag map must not be null/empty."
    assert_refused(tag, "InvalidInput", message, Tags=[], **provider)
    message = "The provided tag keys must not be null/empty."
    assert_refused(untag, "InvalidInput", message, TagKeys=[], **provider)


def test_the_provider_and_its_tags_are_what_policies_see(iam: Any, provider: dict[str, str], user: Users) -> None:
    mine = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    statements = statement("iam:*SAMLProvider*", ARN, Condition=mine), statement("iam:CreateSAMLProvider", arn("B*"))
    bob = user("bob", *statements)("iam")
    who = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert_refused(bob.get_saml_provider, *denied(who, "GetSAMLProvider", ARN), **provider)
    iam.tag_saml_provider(Tags=[{"Key": "team", "Value": "a"}], **provider)
    bob.get_saml_provider(**provider)
    new = {"Name": "B1", "SAMLMetadataDocument": saml.metadata()}
    tags = [{"Key": "a", "Value": ""}]
    assert_refused(bob.create_saml_provider, *denied(who, "TagSAMLProvider", arn("B1")), Tags=tags, **new)
    bob.create_saml_provider(**new)
    new["Name"] = "C"
    assert_refused(bob.create_saml_provider, *denied(who, "CreateSAMLProvider", arn("C")), **new)
