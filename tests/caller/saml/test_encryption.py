"""Encrypted assertions, made by libxmlsec1: what is opened, and what is refused without a hint why."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Invalid
from iamd.caller.saml.response import read
from tests.caller.saml.idp import SAML, Story, encoded, metadata, pem, rsa_key, signed, tree

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORY = Story(NOW)
XENC = "{http://www.w3.org/2001/04/xmlenc#}"
T = xmlsec.constants
CIPHERS = {
    "cbc-128": T.TransformAes128Cbc,
    "cbc-192": T.TransformAes192Cbc,
    "cbc-256": T.TransformAes256Cbc,
    "gcm-128": T.TransformAes128Gcm,
    "gcm-192": T.TransformAes192Gcm,
    "gcm-256": T.TransformAes256Gcm,
}


def keys(*names: str) -> tuple[bytes, ...]:
    return tuple(pem(rsa_key(name)).encode() for name in names)


def provider(*private: bytes, encrypted: bool = True) -> Provider:
    return Provider("SAMLSPABCDEFGHIJKLMNOP", metadata(rsa_key()), private or keys("service"), encrypted)


def sealed(assertion: Any, cipher: str = "gcm-256", key: str = "service", wrap: Any = T.TransformRsaOaep) -> Any:
    """An EncryptedAssertion, of an element or of bytes."""
    holder = etree.Element(f"{SAML}EncryptedAssertion", nsmap={"saml": SAML[1:-1]})
    if not isinstance(assertion, bytes):
        holder.append(assertion)
    data = xmlsec.template.encrypted_data_create(
        holder, CIPHERS[cipher], type=xmlsec.constants.TypeEncElement, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    xmlsec.template.encrypted_data_ensure_cipher_value(xmlsec.template.add_encrypted_key(info, wrap))
    manager = xmlsec.KeysManager()
    public = rsa_key(key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    manager.add_key(xmlsec.Key.from_memory(public, xmlsec.constants.KeyDataFormatPem))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(
        xmlsec.constants.KeyDataAes, int(cipher[-3:]), xmlsec.constants.KeyDataTypeSession
    )
    if isinstance(assertion, bytes):
        holder.append(data)
        context.encrypt_binary(data, assertion)
    else:
        context.encrypt_xml(data, assertion)
    return holder


def response(inside: Any) -> Any:
    answer = tree(STORY.response(""))
    answer.append(inside)
    return answer


def refused(answer: Any, who: Provider | None = None) -> None:
    with pytest.raises(Invalid, match=r"^Response signature invalid$"):
        read(encoded(answer), who or provider(), NOW)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_signed_and_encrypted_assertion(cipher: str) -> None:
    answer = response(sealed(signed(tree(STORY.assertion())), cipher))
    assert STORY.subject.encode() not in etree.tostring(answer)
    assert read(encoded(answer), provider(), NOW).subject == STORY.subject


def test_an_encrypted_assertion_in_a_signed_response() -> None:
    answer = signed(response(sealed(tree(STORY.assertion()))))
    assert read(encoded(answer), provider(), NOW).subject == STORY.subject


def test_any_of_the_providers_keys_opens_it() -> None:
    answer = response(sealed(signed(tree(STORY.assertion()))))
    curve = pem(ec.generate_private_key(ec.SECP256R1())).encode()
    assert read(encoded(answer), provider(curve, *keys("old", "service")), NOW).subject == STORY.subject
    for others in ((curve,), keys("old")):
        refused(answer, provider(*others))


def test_it_may_be_encrypted_where_it_need_not_be() -> None:
    answer = response(sealed(signed(tree(STORY.assertion()))))
    assert read(encoded(answer), provider(encrypted=False), NOW).subject == STORY.subject


def test_where_it_must_be_encrypted_a_plain_one_is_refused() -> None:
    plain = encoded(response(signed(tree(STORY.assertion()))))
    assert read(plain, provider(encrypted=False), NOW).subject == STORY.subject
    with pytest.raises(Invalid, match=r"^Response must contain an encrypted assertion$"):
        read(plain, provider(), NOW)


def test_without_a_key_nothing_opens() -> None:
    nobody = Provider("SAMLSPABCDEFGHIJKLMNOP", metadata(rsa_key()))
    refused(response(sealed(signed(tree(STORY.assertion())))), nobody)


def test_anybody_can_encrypt_so_it_must_be_signed() -> None:
    refused(response(sealed(tree(STORY.assertion()))))
    refused(response(sealed(signed(tree(STORY.assertion()), rsa_key("stranger")))))
    refused(response(sealed(tree("<a/>"))))


def test_no_second_assertion_beside_or_inside_it() -> None:
    for extra in (signed(tree(STORY.assertion())), sealed(tree(STORY.assertion()))):
        answer = response(sealed(signed(tree(STORY.assertion()))))
        answer.append(extra)
        refused(answer)
    nested = tree(STORY.assertion())
    nested.append(sealed(tree(STORY.assertion())))
    refused(response(sealed(signed(nested))))


def test_nothing_stands_beside_it() -> None:
    plain = etree.tostring(signed(tree(STORY.assertion())))
    assert read(encoded(response(sealed(plain))), provider(), NOW).subject == STORY.subject
    for text in (plain + b"x", b"x" + plain, plain + b"<b/>", plain + b"</opened><opened>", plain + plain, b" "):
        refused(response(sealed(text)))


@pytest.mark.parametrize("cipher", ["cbc-256", "gcm-256"])
def test_every_change_is_refused_alike(cipher: str) -> None:
    """Whoever can tell a wrong padding from a wrong text can read a text in CBC that is not theirs."""
    answer = response(sealed(signed(tree(STORY.assertion())), cipher))
    value = answer.find(f".//{XENC}EncryptedData/{XENC}CipherData/{XENC}CipherValue")
    genuine = base64.b64decode(value.text)
    for at in (0, 15, 16, 40, len(genuine) // 2, len(genuine) - 17, len(genuine) - 1):
        changed = bytearray(genuine)
        changed[at] ^= 1
        value.text = base64.b64encode(changed).decode()
        refused(answer)
    for text in ("", "!", base64.b64encode(genuine[:31]).decode(), base64.b64encode(genuine[:-16]).decode()):
        value.text = text
        refused(answer)


def test_only_oaep_wraps_keys() -> None:
    """RSA PKCS #1 v1.5 is open to Bleichenbacher's attack."""
    refused(response(sealed(signed(tree(STORY.assertion())), wrap=T.TransformRsaPkcs1)))


def test_algorithms_are_known_by_name() -> None:
    for path in (
        "EncryptedData/{*}EncryptionMethod",
        "EncryptedKey/{*}EncryptionMethod",
        "EncryptedKey//{*}DigestMethod",
    ):
        answer = response(sealed(signed(tree(STORY.assertion()))))
        method = answer.find(f".//{XENC}{path}")
        if method is None:
            method = etree.SubElement(
                answer.find(f".//{XENC}EncryptedKey/{XENC}EncryptionMethod"),
                "{http://www.w3.org/2000/09/xmldsig#}DigestMethod",
            )
        method.set("Algorithm", "urn:unknown")
        refused(answer)


def test_the_digests_of_oaep_and_its_mask() -> None:
    """As XML Encryption 1.1 names them; a key for another recipient may stand before."""
    from cryptography.hazmat.primitives import hashes

    answer = response(sealed(signed(tree(STORY.assertion()))))
    wrapped = answer.find(f".//{XENC}EncryptedKey")
    value = wrapped.find(f"{XENC}CipherData/{XENC}CipherValue")
    sha1 = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    secret = rsa_key("service").decrypt(base64.b64decode(value.text), sha1)
    anew = padding.OAEP(padding.MGF1(hashes.SHA512()), hashes.SHA256(), b"label")
    value.text = base64.b64encode(rsa_key("service").public_key().encrypt(secret, anew)).decode()
    method = wrapped.find(f"{XENC}EncryptionMethod")
    method.set("Algorithm", "http://www.w3.org/2009/xmlenc11#rsa-oaep")
    etree.SubElement(method, f"{XENC}OAEPparams").text = base64.b64encode(b"label").decode()
    digest = etree.SubElement(method, "{http://www.w3.org/2000/09/xmldsig#}DigestMethod")
    digest.set("Algorithm", "http://www.w3.org/2001/04/xmlenc#sha256")
    mask = etree.SubElement(method, "{http://www.w3.org/2009/xmlenc11#}MGF")
    mask.set("Algorithm", "http://www.w3.org/2009/xmlenc11#mgf1sha512")
    other = sealed(signed(tree(STORY.assertion())), key="other").find(f".//{XENC}EncryptedKey")
    wrapped.addprevious(other)
    assert read(encoded(answer), provider(), NOW).subject == STORY.subject
