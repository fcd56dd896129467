"""Responses as identity providers make them: what is read of them, and which are not for this service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml.algorithms import SignatureMethod

from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Expired, Invalid, Rejected
from iamd.caller.saml.response import read
from tests.caller.saml.idp import (
    ENTITY,
    PERSISTENT,
    SIGN_IN,
    Key,
    Story,
    encoded,
    metadata,
    rsa_key,
    signed,
    signed_response,
    tree,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORY = Story(NOW, attributes={"mail": ["jane@example.com"], "cn": ["Jane", "Jane Doe"]})
ID = "SAMLSPABCDEFGHIJKLMNOP"


def provider(*keys: Key, **more: Any) -> Provider:
    return Provider(ID, metadata(*(keys or (rsa_key(),))), **more)


def tell(story: Story = STORY) -> Any:
    return read(encoded(signed_response(story)), provider(), NOW)


def test_what_a_signed_assertion_says() -> None:
    told = tell(replace(STORY, session_ends=600))
    assert (told.issuer, told.subject, told.subject_type, told.recipient) == (
        ENTITY,
        "jane@example.com",
        "persistent",
        SIGN_IN,
    )
    assert told.attributes == {"mail": ("jane@example.com",), "cn": ("Jane", "Jane Doe")}
    assert told.session_ends == NOW + timedelta(seconds=600)
    assert tell().session_ends is None


def test_other_formats_of_names_are_told_in_full() -> None:
    email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    assert tell(replace(STORY, name_format=email)).subject_type == email


def test_the_whole_response_may_be_signed_instead_or_too() -> None:
    assert read(encoded(signed(tree(STORY.response()))), provider(), NOW).subject == STORY.subject
    assert read(encoded(signed(signed_response(STORY))), provider(), NOW).subject == STORY.subject


def test_several_keys_of_all_kinds() -> None:
    curve = ec.generate_private_key(ec.SECP384R1())
    both = provider(rsa_key("old"), curve, rsa_key())
    for key in (curve, rsa_key()):
        assert read(encoded(signed_response(STORY, key)), both, NOW).issuer == ENTITY
    pss = signed_response(STORY, signature_algorithm=SignatureMethod.SHA256_RSA_MGF1)
    assert read(encoded(pss), both, NOW).issuer == ENTITY


def test_a_provider_of_several_issuers_believes_each_with_its_own_keys() -> None:
    other = "https://other.example.com/"
    inner = (metadata(rsa_key("a"), entity=ENTITY), metadata(rsa_key("b"), entity=other))
    document = f'<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{"".join(inner)}</EntitiesDescriptor>'
    federation = Provider(ID, document)
    story = replace(STORY, issuer=other, response_issuer=other)
    assert read(encoded(signed_response(story, rsa_key("b"))), federation, NOW).issuer == other
    with pytest.raises(Invalid, match="Response signature invalid"):
        read(encoded(signed_response(story, rsa_key("a"))), federation, NOW)


def test_metadata_stay_good_past_the_time_that_they_name() -> None:
    """As on AWS."""
    past = metadata(rsa_key()).replace(" entityID=", ' validUntil="2020-01-01T00:00:00Z" entityID=')
    assert read(encoded(signed_response(STORY)), Provider(ID, past), NOW).subject == STORY.subject


def test_line_breaks_in_base64() -> None:
    text = encoded(signed_response(STORY))
    wrapped = "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))
    assert read(wrapped, provider(), NOW).subject == STORY.subject


def test_it_may_be_used_again_while_it_is_good() -> None:
    """As on AWS: nothing is remembered of responses."""
    text = encoded(signed_response(STORY))
    assert read(text, provider(), NOW) == read(text, provider(), NOW + timedelta(seconds=299))


def test_the_sign_in_endpoints_that_it_may_be_addressed_to() -> None:
    for recipient in (
        "https://us-east-1.signin.aws.amazon.com/saml",
        "https://us-gov-west-1.signin.aws.amazon.com/saml",
        f"https://signin.aws.amazon.com/saml/acs/{ID}",
        f"https://eu-central-1.signin.aws.amazon.com/saml/acs/{ID}",
    ):
        assert tell(replace(STORY, recipient=recipient)).recipient == recipient
        assert tell(replace(STORY, audiences=("https://elsewhere.example.com/", recipient)))
    assert tell(replace(STORY, audiences=()))


@pytest.mark.parametrize(
    "recipient",
    [
        None,
        "",
        "https://service.example.com/saml",
        "http://signin.aws.amazon.com/saml",
        "https://signin.aws.amazon.com/saml/",
        "https://signin.aws.amazon.com.example.com/saml",
        "https://evil.example.com/signin.aws.amazon.com/saml",
        "https://signin-aws-amazon-com/saml",
        "https://signin.aws.amazon.com/saml/acs/SAMLSPANOTHERPROVIDER0",
    ],
)
def test_addressed_to_somebody_else(recipient: str | None) -> None:
    with pytest.raises(Invalid, match=r"^Invalid base64 SAMLResponse$"):
        tell(replace(STORY, recipient=recipient))


def test_meant_for_somebody_else() -> None:
    with pytest.raises(Invalid, match=r"^Response does not contain the required audience\.$"):
        tell(replace(STORY, audiences=("https://elsewhere.example.com/",)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"issued": -301}, "Token must be redeemed within 5 minutes of issuance"),
        ({"expires": 0}, "Response has expired"),
        ({"confirmed_until": 0}, "Response has expired"),
        ({"session_ends": 0}, "Response has expired"),
    ],
)
def test_too_late(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Expired, match=f"^{message}$"):
        tell(replace(STORY, **change))


def test_clocks_may_differ_by_five_minutes() -> None:
    assert tell(replace(STORY, issued=300, not_before=300))
    for early in ({"issued": 301}, {"not_before": 301}):
        with pytest.raises(Invalid):
            tell(replace(STORY, **early))


def test_without_a_window_of_time_its_confirmation_tells_when_it_ends() -> None:
    assert tell(replace(STORY, not_before=None, expires=None))


@pytest.mark.parametrize(
    "change",
    [
        {"name_format": None},
        {"subject": ""},
        {"confirmations": 0},
        {"confirmations": 2},
        {"confirmed_until": None},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
        {"conditions": False},
        {"authenticated": False},
        {"in_response_to": "_asked", "confirmed_request": "_another"},
    ],
)
def test_what_it_must_have(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^Invalid base64 SAMLResponse$"):
        tell(replace(STORY, **change))


def test_it_may_answer_a_request() -> None:
    assert tell(replace(STORY, in_response_to="_asked", confirmed_request="_asked"))
    assert tell(replace(STORY, in_response_to="_asked"))


def test_a_provider_that_did_not_authenticate() -> None:
    with pytest.raises(Rejected, match="did not authenticate"):
        tell(replace(STORY, status="Responder"))


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://stranger.example.com/"},
        {"issuer": "https://stranger.example.com/", "response_issuer": None},
        {"response_issuer": "https://stranger.example.com/"},
    ],
)
def test_another_issuer(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^Issuer not present in specified provider$"):
        tell(replace(STORY, **change))


@pytest.mark.parametrize(
    "written", ["2026-11-22", "2026-W47-7T12:00:00Z", "20261122T120000Z", "yesterday", "2026-13-22T12:00:00Z", ""]
)
def test_what_is_no_time(written: str) -> None:
    response = signed_response(STORY)
    plain = tree(STORY.assertion())
    plain.set("IssueInstant", written)
    response.replace(response[-1], signed(plain))
    with pytest.raises(Invalid, match=r"^Invalid base64 SAMLResponse$"):
        read(encoded(response), provider(), NOW)


def test_values_that_hold_elements_are_read_by_their_text() -> None:
    plain = tree(STORY.assertion())
    value = plain.find(".//{*}AttributeValue")
    value.text = None
    etree.SubElement(value, value.tag.replace("AttributeValue", "NameID"), Format=PERSISTENT).text = "opaque"
    response = tree(STORY.response(""))
    response.append(signed(plain))
    assert read(encoded(response), provider(), NOW).attributes["mail"] == ("opaque",)
