"""Assertions signed where they stand in their response, by libxmlsec1: its namespaces are theirs, too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import xmlsec
from lxml import etree

from iamd.caller.saml.provider import Provider
from iamd.caller.saml.response import read
from tests.caller.saml.idp import SAML, Story, encoded, metadata, pem, rsa_key

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORY = Story(NOW, attributes={"cn": ["Jane"]})
PROVIDER = Provider("SAMLSPABCDEFGHIJKLMNOP", metadata(rsa_key()))
DECLARED = ' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:other="urn:other"'
T = xmlsec.constants


def signed_in_place(canonical: Any, prefixes: list[str] | None) -> Any:
    """A response whose assertion uses a prefix, in an attribute's value, that the response alone declares."""
    response = etree.fromstring(STORY.response().replace("<samlp:Response", f"<samlp:Response{DECLARED}", 1).encode())
    assertion = response.find(f"{SAML}Assertion")
    value = assertion.find(f".//{SAML}AttributeValue")
    value.set("{http://www.w3.org/2001/XMLSchema-instance}type", "xs:string")
    signature = xmlsec.template.create(assertion, canonical, T.TransformRsaSha256, ns="ds")
    assertion.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, T.TransformSha256, uri="#" + assertion.get("ID"))
    xmlsec.template.add_transform(reference, T.TransformEnveloped)
    transform = xmlsec.template.add_transform(reference, canonical)
    if prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(transform, prefixes)
    xmlsec.tree.add_ids(response, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem(rsa_key()), T.KeyDataFormatPem)
    context.sign(signature)
    return response


@pytest.mark.parametrize(
    ("canonical", "prefixes"),
    [
        (T.TransformExclC14N, None),
        (T.TransformExclC14N, ["xs"]),
        (T.TransformExclC14NWithComments, None),
        (T.TransformInclC14N, None),
        (T.TransformInclC14N11, None),
    ],
    ids=["exclusive", "exclusive with prefixes", "with comments", "inclusive", "inclusive 1.1"],
)
def test_every_canonical_form(canonical: Any, prefixes: list[str] | None) -> None:
    told = read(encoded(signed_in_place(canonical, prefixes)), PROVIDER, NOW)
    assert (told.subject, told.attributes) == (STORY.subject, {"cn": ("Jane",)})
