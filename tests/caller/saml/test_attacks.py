"""Responses of attackers: every one is refused, whatever it costs them, and at little cost to us.

XSW 1-8 are the signature wrapping attacks of Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012), in
the numbering of SAML Raider. Each hides an assertion that is signed and shows one that is not.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Invalid, Refusal
from iamd.caller.saml.response import read
from tests.caller.saml.idp import (
    DS,
    PROTOCOL,
    SAML,
    Story,
    certificate,
    encoded,
    metadata,
    rsa_key,
    signed,
    signed_response,
    tree,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORY = Story(NOW, subject="jane@example.com")
EVIL = "admin@example.com"
PROVIDER = Provider("SAMLSPABCDEFGHIJKLMNOP", metadata(rsa_key()))
MOST = 100_000  # characters that the API takes


def refused(response: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read(encoded(response), PROVIDER, NOW)
    return str(caught.value)


def forged(assertion: Any) -> Any:
    """A copy of a signed assertion for another subject, without its signature, under another id."""
    evil = copy.deepcopy(assertion)
    evil.find(f".//{SAML}NameID").text = EVIL
    evil.set("ID", "_evil")
    signature = evil.find(f"{DS}Signature")
    if signature is not None:
        evil.remove(signature)
    return evil


def parts() -> tuple[Any, Any, Any]:
    """A response, its signed assertion, and the signature of that."""
    response = signed_response(STORY)
    assertion = response.find(f"{SAML}Assertion")
    return response, assertion, assertion.find(f"{DS}Signature")


def detached() -> tuple[Any, Any, Any]:
    """A signed response, a forged copy of it, and the signature, taken out."""
    response = signed(tree(STORY.response()))
    signature = response.find(f"{DS}Signature")
    evil = copy.deepcopy(response)
    evil.remove(evil.find(f"{DS}Signature"))
    evil.set("ID", "_evil")
    evil.find(f".//{SAML}NameID").text = EVIL
    response.remove(signature)
    return response, evil, signature


def xsw1() -> Any:
    """The signature, in a forged response, holds the original response."""
    original, evil, signature = detached()
    signature.append(original)
    evil.insert(1, signature)
    return evil


def xsw2() -> Any:
    """Beside the signature, in a forged response, stands the original response."""
    original, evil, signature = detached()
    evil.insert(1, original)
    evil.insert(2, signature)
    return evil


def xsw3() -> Any:
    """The forged assertion stands before the original."""
    response, assertion, _ = parts()
    response.insert(list(response).index(assertion), forged(assertion))
    return response


def xsw4() -> Any:
    """The forged assertion holds the original."""
    response, assertion, _ = parts()
    evil = forged(assertion)
    response.replace(assertion, evil)
    evil.append(assertion)
    return response


def xsw5() -> Any:
    """The forged assertion has the signature; the original, without it, stands behind."""
    response, assertion, signature = parts()
    evil = forged(assertion)
    assertion.remove(signature)
    evil.insert(1, signature)
    response.insert(list(response).index(assertion), evil)
    return response


def xsw6() -> Any:
    """The forged assertion has the signature, which holds the original."""
    response, assertion, signature = parts()
    evil = forged(assertion)
    response.replace(assertion, evil)
    assertion.remove(signature)
    evil.insert(1, signature)
    signature.append(assertion)
    return response


def xsw7() -> Any:
    """The forged assertion stands inside Extensions, which may hold anything, before the original."""
    response, assertion, _ = parts()
    extensions = etree.Element(f"{PROTOCOL}Extensions")
    extensions.append(forged(assertion))
    response.insert(1, extensions)
    return response


def xsw8() -> Any:
    """The forged assertion has the signature, whose Object holds the original."""
    response, assertion, signature = parts()
    evil = forged(assertion)
    response.replace(assertion, evil)
    assertion.remove(signature)
    holder = etree.SubElement(signature, f"{DS}Object")
    holder.append(assertion)
    evil.insert(1, signature)
    return response


WRAPPINGS = [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_signature_wrapping(wrapping: Callable[[], Any]) -> None:
    response = wrapping()
    assert EVIL.encode() in etree.tostring(response)
    refused(response)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_signature_wrapping_under_the_same_id(wrapping: Callable[[], Any]) -> None:
    response = wrapping()
    evil = response if response.get("ID") == "_evil" else response.find(".//*[@ID='_evil']")
    reference = response.find(f".//{DS}Reference")
    evil.set("ID", reference.get("URI")[1:])
    refused(response)


def test_a_signed_assertion_beside_an_encrypted_one() -> None:
    response, _, _ = parts()
    etree.SubElement(response, f"{SAML}EncryptedAssertion")
    refused(response)


def test_comments_do_not_cut_a_name_short() -> None:
    """Canonicalisation drops them, so they can be put in; what is read is the whole text that was signed."""
    response = signed_response(replace(STORY, subject="admin@example.com.evil.example.net"))
    text = etree.tostring(response).replace(b"admin@example.com.evil", b"admin@example.com<!-- -->.evil")
    assert read(encoded(text), PROVIDER, NOW).subject == "admin@example.com.evil.example.net"


def test_comments_do_not_cut_an_attribute_short() -> None:
    response = signed_response(replace(STORY, attributes={"cn": ["Administrator-not"]}))
    text = etree.tostring(response).replace(b"Administrator-not", b"<!-- a -->Administrator<!-- b -->-not")
    assert read(encoded(text), PROVIDER, NOW).attributes["cn"] == ("Administrator-not",)


def test_elements_and_instructions_do_not_cut_a_name_short() -> None:
    for hidden in ("<?x y?>", "<b/>"):
        plain = STORY.assertion().replace("jane@", f"jane{hidden}@")
        response = tree(STORY.response(""))
        response.append(signed(tree(plain)))
        assert refused(response) == "Invalid base64 SAMLResponse"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prologue",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY e "jane@example.com">]>',
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        f'<!DOCTYPE x [<!ENTITY a "{"a" * 40_000}">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        '<!DOCTYPE x [<!ATTLIST saml:Assertion ID CDATA "_default">]>',
        "<?xml-stylesheet href='http://127.0.0.1:9/'?>",
    ],
)
def test_document_types_and_instructions(prologue: str) -> None:
    text = etree.tostring(signed_response(STORY)).decode()
    for body in (text, text.replace("jane@example.com", "&e;"), text.replace("jane@example.com", "&l9;&a;")):
        assert refused(prologue + body) == "Invalid base64 SAMLResponse"


def test_changed_after_it_was_signed() -> None:
    text = etree.tostring(signed_response(STORY))
    assert refused(text.replace(b"jane@", b"admin@")) == "Response signature invalid"
    text = etree.tostring(signed(tree(STORY.response())))
    assert refused(text.replace(b"jane@", b"admin@")) == "Response signature invalid"


def test_not_signed() -> None:
    assert refused(STORY.response()) == "Response signature invalid"


def test_with_the_signature_taken_off() -> None:
    response, assertion, signature = parts()
    assertion.remove(signature)
    assert refused(response) == "Response signature invalid"


def test_signed_by_a_stranger_who_brings_a_certificate() -> None:
    assert refused(signed_response(STORY, rsa_key("stranger"))) == "Response signature invalid"
    assert refused(signed(tree(STORY.response()), rsa_key("stranger"))) == "Response signature invalid"


def test_every_signature_must_hold() -> None:
    """A good signature of the assertion does not make up for a bad one of the response, nor the other way round."""
    response = signed(signed_response(STORY), rsa_key("stranger"))
    assert refused(response) == "Response signature invalid"
    response = signed(signed_response(STORY, rsa_key("stranger")))
    assert refused(response) == "Response signature invalid"


class Weak(XMLSigner):
    """Signs with what the library itself refuses."""

    def check_deprecated_methods(self) -> None:
        """Nothing is refused."""


@pytest.mark.parametrize(
    "how",
    [
        {"signature_algorithm": SignatureMethod.RSA_SHA1},
        {"digest_algorithm": DigestAlgorithm.SHA1},
        {"digest_algorithm": DigestAlgorithm.SHA224},
    ],
)
def test_weak_algorithms(how: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.caller.saml.idp.XMLSigner", Weak)
    assert refused(signed_response(STORY, **how)) == "Response signature invalid"


@pytest.mark.parametrize("method", [SignatureMethod.HMAC_SHA256, SignatureMethod.HMAC_SHA1])
def test_a_public_key_is_no_shared_secret(method: SignatureMethod) -> None:
    assertion = tree(STORY.assertion())
    assertion.insert(1, etree.Element(f"{DS}Signature", Id="placeholder", nsmap={"ds": DS[1:-1]}))
    mac = Weak(signature_algorithm=method, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#").sign(
        assertion, key=certificate(rsa_key()), reference_uri="#" + assertion.get("ID"), id_attribute="ID"
    )
    response = tree(STORY.response(""))
    response.append(mac)
    assert refused(response) == "Response signature invalid"


@pytest.mark.parametrize(
    ("path", "attribute", "value"),
    [
        ("Reference", "URI", ""),
        ("Reference", "URI", "#xpointer(/)"),
        ("Reference", "URI", "http://127.0.0.1:9/"),
        ("Reference/{*}Transforms/{*}Transform", "Algorithm", "http://www.w3.org/2000/09/xmldsig#base64"),
        ("Reference/{*}Transforms/{*}Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("Reference/{*}Transforms/{*}Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
        ("SignatureMethod", "Algorithm", "none"),
        ("CanonicalizationMethod", "Algorithm", "urn:none"),
    ],
)
def test_signatures_that_saml_does_not_know(path: str, attribute: str, value: str) -> None:
    response, _, signature = parts()
    signature.find(f"{DS}SignedInfo/{{*}}{path}").set(attribute, value)
    assert refused(response) == "Response signature invalid"


def test_two_references_and_two_signatures() -> None:
    response, _, signature = parts()
    reference = signature.find(f".//{DS}Reference")
    reference.getparent().append(copy.deepcopy(reference))
    assert refused(response) == "Response signature invalid"
    response, assertion, signature = parts()
    assertion.append(copy.deepcopy(signature))
    assert refused(response) == "Response signature invalid"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<",
        b"\x00" * 1000,
        b"<a/>",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"<a>" * 20_000,
        b"<a " + b" ".join(b"a%d=''" % n for n in range(8_000)) + b"/>",
        b"<a xmlns:a='a'>" * 4_000,
        b"<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' Version='2.0'/>",
        b"<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' Version='1.1'/>",
        b"\x1f\x8b\x08" + b"a" * 70_000,
    ],
)
def test_garbage(garbage: bytes) -> None:
    assert refused(garbage) == "Invalid base64 SAMLResponse"


@pytest.mark.parametrize("text", ["", "====", "not Base64!", "é" * 50, "a" * (MOST - 1), "\x00"])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(Invalid, match=r"^Invalid base64 SAMLResponse$"):
        read(text, PROVIDER, NOW)


@cache
def genuine() -> bytes:
    return etree.tostring(signed_response(STORY))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4000), st.integers(0, 60), st.binary(max_size=30))
def test_damaged_responses_are_refused_or_tell_the_truth(start: int, length: int, noise: bytes) -> None:
    text = genuine()
    try:
        told = read(encoded(text[:start] + noise + text[start + length :]), PROVIDER, NOW)
    except Refusal:
        return
    assert told.subject == STORY.subject


def heavy(inside: str) -> str:
    """A response with a signature that does not hold, and as much of something in it as the API takes."""
    response = signed_response(STORY, rsa_key("stranger"))
    text = etree.tostring(response).decode()
    room = MOST * 3 // 4 - len(text)
    return text.replace("</saml:Subject>", f"</saml:Subject>{inside * (room // len(inside))}", 1)


@pytest.mark.parametrize("inside", ["<a/>", "<a b='c'/>", "<a xmlns='b'/>", "x", '<b ID="_1"/>', "&#13;"])
def test_large_responses_cost_little(inside: str) -> None:
    text = heavy(inside)
    many = Provider(PROVIDER.id, metadata(*(rsa_key(f"{n % 3}") for n in range(10))))
    began = process_time()
    with pytest.raises(Invalid):
        read(encoded(text), many, NOW)
    assert process_time() - began < 1.0
