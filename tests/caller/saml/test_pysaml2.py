"""Responses of a real identity provider: pysaml2's, signed by libxmlsec1."""

from __future__ import annotations

import base64
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from iamd.caller.saml import metadata
from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Expired, Invalid
from iamd.caller.saml.response import read
from tests.caller.saml.idp import ATTRIBUTES, ENTITY, SIGN_IN, certificate, pem, rsa_key

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports a cipher mode that is on its way out
    from saml2 import BINDING_HTTP_REDIRECT
    from saml2.config import IdPConfig
    from saml2.metadata import entity_descriptor
    from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server
    from saml2.sigver import CryptoBackend
    from saml2.xmldsig import DIGEST_SHA1, DIGEST_SHA512, SIG_RSA_SHA1, SIG_RSA_SHA512

SERVICE = "urn:amazon:webservices"
NAMES = ("Role", "RoleSessionName", "SessionDuration")
WHO = {
    "Role": ["arn:role,arn:provider", "arn:other,arn:provider"],
    "RoleSessionName": "jane",
    "SessionDuration": "1800",
}

# What the provider knows of AWS.
SERVICE_METADATA = (
    f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SERVICE}">'
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">'
    f'<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{SIGN_IN}" '
    'index="1"/></md:SPSSODescriptor></md:EntityDescriptor>'
)


class XmlSec(CryptoBackend):  # type: ignore[misc, unused-ignore]
    """pysaml2 runs the program xmlsec1; this asks the same library without it."""

    def sign_statement(self, statement: Any, node_name: str, key_file: str, node_id: str) -> str:
        tree = etree.fromstring(statement if isinstance(statement, bytes) else str(statement).encode())
        xmlsec.tree.add_ids(tree, ["ID"])
        signed = tree.xpath("//*[@ID=$id]", id=node_id)[0]
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(key_file, xmlsec.constants.KeyDataFormatPem)
        context.sign(signed.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
        return etree.tostring(tree).decode()


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pysaml2")
    for name, text in {
        "key.pem": pem(rsa_key()),
        "certificate.pem": x509.load_der_x509_certificate(certificate(rsa_key())).public_bytes(Encoding.PEM).decode(),
        "service.xml": SERVICE_METADATA,
        # pysaml2 asks it once what it can do, to say so in the metadata; everything else XmlSec does.
        "xmlsec1": '#!/bin/sh\nprintf \'algorithms\\n"sha256","rsa-sha256"\\n\'\n',
        "maps/aws.py": f"MAP = { ({'identifier': NAME_FORMAT_URI, 'fro': {ATTRIBUTES + n: n for n in NAMES}, 'to': {n: ATTRIBUTES + n for n in NAMES}})!r}",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "xmlsec1").chmod(0o700)
    made = Server(config=IdPConfig().load(configuration(folder)))
    made.sec.crypto = XmlSec()
    return made


def configuration(folder: Path) -> dict[str, Any]:
    endpoints = {"single_sign_on_service": [("https://idp.example.com/sso", BINDING_HTTP_REDIRECT)]}
    policy = {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None, "name_form": NAME_FORMAT_URI}}
    return {
        "entityid": ENTITY,
        "service": {"idp": {"endpoints": endpoints, "policy": policy}},
        "key_file": str(folder / "key.pem"),
        "cert_file": str(folder / "certificate.pem"),
        "metadata": {"local": [str(folder / "service.xml")]},
        "attribute_map_dir": str(folder / "maps"),
        "xmlsec_binary": str(folder / "xmlsec1"),
    }


def respond(idp: Any, **how: Any) -> str:
    name = NameID(format=NAMEID_FORMAT_PERSISTENT, text="jane@example.com")
    authn = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": ENTITY}
    chosen = {"sign_alg": SIG_RSA_SHA512, "digest_alg": DIGEST_SHA512, **how}
    made = idp.create_authn_response(WHO, "_request", SIGN_IN, SERVICE, name_id=name, authn=authn, **chosen)
    return base64.b64encode(str(made).encode()).decode()


def provider(idp: Any) -> Provider:
    return Provider("SAMLSPABCDEFGHIJKLMNOP", str(entity_descriptor(idp.config)))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    "signed",
    [
        {"sign_assertion": True, "sign_response": False},
        {"sign_assertion": False, "sign_response": True},
        {"sign_assertion": True, "sign_response": True},
    ],
)
def test_it_is_believed(idp: Any, signed: dict[str, bool]) -> None:
    told = read(respond(idp, **signed), provider(idp), now())
    assert (told.issuer, told.subject, told.subject_type, told.recipient) == (
        ENTITY,
        "jane@example.com",
        "persistent",
        SIGN_IN,
    )
    assert told.attributes[f"{ATTRIBUTES}Role"] == ("arn:role,arn:provider", "arn:other,arn:provider")
    assert told.attributes[f"{ATTRIBUTES}RoleSessionName"] == ("jane",)


def test_its_metadata(idp: Any) -> None:
    (issuer,) = metadata.issuers(str(entity_descriptor(idp.config)))
    assert (issuer.entity_id, issuer.certificates) == (ENTITY, (certificate(rsa_key()),))


def test_what_it_does_not_sign_or_signs_with_less_is_not(idp: Any) -> None:
    for how in (
        {"sign_assertion": False, "sign_response": False},
        {"sign_assertion": True, "sign_alg": SIG_RSA_SHA1},
        {"sign_assertion": True, "digest_alg": DIGEST_SHA1},
    ):
        with pytest.raises(Invalid, match=r"^Response signature invalid$"):
            read(respond(idp, **how), provider(idp), now())


def test_it_is_good_for_five_minutes(idp: Any) -> None:
    response = respond(idp, sign_assertion=True)
    with pytest.raises(Expired):
        read(response, provider(idp), datetime.fromtimestamp(now().timestamp() + 302, UTC))
