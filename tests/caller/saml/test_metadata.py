"""Reading SAML metadata, which strangers wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller.saml.metadata import Issuer, MalformedMetadata, issuers
from tests.services.iam.saml import ENTITY, certificate, entities, entity, key_descriptor, metadata

SECOND = "https://second.example.com/"
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


def test_an_issuer_and_the_certificates_of_its_signing_keys() -> None:
    assert issuers(metadata()) == (Issuer(ENTITY, (certificate(),)),)


def test_keys_without_a_use_sign_and_keys_for_encryption_do_not() -> None:
    keys = key_descriptor(""), key_descriptor(' use="encryption"'), key_descriptor()
    assert issuers(entity(ENTITY, *keys)) == (Issuer(ENTITY, (certificate(),) * 2),)


def test_an_issuer_needs_no_certificate() -> None:
    assert issuers(entity()) == (Issuer(ENTITY, ()),)


def test_several_issuers_keep_their_certificates_apart() -> None:
    service = entity("https://service.example.com/", key_descriptor(), role="SPSSODescriptor")
    both = entities(entity(ENTITY, key_descriptor()), service, entities(entity(SECOND)))
    assert issuers(both) == (Issuer(ENTITY, (certificate(),)), Issuer(SECOND, ()))


def test_keys_of_other_roles_sign_no_assertions() -> None:
    service = entity(ENTITY, key_descriptor(), role="SPSSODescriptor")
    assert issuers(service.replace("</EntityDescriptor>", "<IDPSSODescriptor/></EntityDescriptor>")) == (
        Issuer(ENTITY, ()),
    )


def test_metadata_without_an_issuer() -> None:
    assert issuers(entity(role="SPSSODescriptor")) == ()
    assert issuers(entities()) == ()


@pytest.mark.parametrize(
    "document",
    [
        "",
        "metadata",
        "<a/>",
        "<EntityDescriptor/>",
        metadata().replace("EntityDescriptor", "SomethingElse"),
        metadata() + "<EntityDescriptor/>",
        metadata()[:-2],
        entity(""),
        entity().replace(f' entityID="{ENTITY}"', ""),
        entity(ENTITY, key_descriptor(certificate_text="a" * 300)),
        entity(ENTITY, key_descriptor(certificate_text="not Base64!")),
        entity(ENTITY, key_descriptor(' use="encryption"', "")),
        LAUGHS + entity("&b;"),
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">' + entity(),
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + entity("&b;"),
        entities("<a>" * 100_000),
        "\ud800",
        entity("\x00"),
    ],
)
def test_what_is_no_metadata(document: str) -> None:
    with pytest.raises(MalformedMetadata):
        issuers(document)


@given(st.text(), st.integers(0, 400), st.integers(0, 40))
def test_damaged_metadata_are_read_or_refused(noise: str, start: int, length: int) -> None:
    document = entity(ENTITY, key_descriptor())
    try:
        found = issuers(document[:start] + noise + document[start + length :])
    except MalformedMetadata:
        return
    assert all(isinstance(issuer, Issuer) for issuer in found)
