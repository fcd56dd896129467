"""Chains, revocation, signatures and attributes of certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller.certificates import signing
from iamd.caller.certificates.attributes import DEFAULT, is_specifier, session_name, session_tags, source_identity
from iamd.caller.certificates.chains import Untrusted, is_issued_by, read_bundle, read_crl, verify
from iamd.wire.http import HttpRequest
from tests.caller.certificates.pki import NOW, authority, crl, made, name, request

ROOT = authority()
MIDDLE = authority("middle", ROOT)
WEB = made(name("web"), ROOT)
DEEP = made(name("deep"), MIDDLE)


def chain(holder, anchors=(ROOT,), crls=(), now=NOW):
    intermediates = [each.certificate for each in holder.issuers if each.issuers]
    lists = [read_crl(each) for each in crls]
    found = verify(holder.certificate, intermediates, [each.certificate for each in anchors], lists, now)
    return [each.subject.rfc4514_string() for each in found]


def test_a_certificate_of_an_anchor_is_trusted():
    assert chain(WEB) == ["CN=web", "CN=root"]
    assert chain(DEEP) == ["CN=deep", "CN=middle", "CN=root"]
    assert chain(DEEP, [MIDDLE]) == ["CN=deep", "CN=middle"]
    assert chain(WEB, [authority("other"), ROOT]) == ["CN=web", "CN=root"]


@pytest.mark.parametrize(
    "holder",
    [
        made(name("web"), authority("root")),  # another authority of the same name
        made(name("web")),
        made(name("web"), WEB),  # the issuer is no authority
        made(name("ca"), ROOT, ca=True),
        made(name("web"), ROOT, days=(-9, -1)),
        made(name("web"), ROOT, days=(1, 9)),
        made(name("web"), ROOT, signs=False),
        made(name("web"), made(name("old"), ROOT, ca=True, days=(-9, -1))),
    ],
    ids=[
        "impostor",
        "self-signed",
        "by a holder",
        "an authority",
        "expired",
        "not yet",
        "no signatures",
        "old issuer",
    ],
)
def test_others_are_not(holder):
    with pytest.raises(Untrusted):
        chain(holder)


def test_what_is_revoked_is_not_trusted():
    for crls in ([crl(ROOT, WEB)], [crl(ROOT), crl(ROOT, WEB)], [crl(ROOT, WEB, days=-1)]):
        with pytest.raises(Untrusted, match="revoked"):
            chain(WEB, crls=crls)
    with pytest.raises(Untrusted, match="revoked"):
        chain(DEEP, crls=[crl(ROOT, MIDDLE)])
    assert chain(WEB, crls=[crl(ROOT, DEEP), crl(MIDDLE, WEB), crl(authority("root"), WEB)])
    assert is_issued_by(read_crl(crl(ROOT)), [MIDDLE.certificate, ROOT.certificate])
    assert not is_issued_by(read_crl(crl(authority("root"))), [ROOT.certificate])


def test_a_bundle_holds_authorities():
    assert len(read_bundle(ROOT.pem + MIDDLE.pem)) == 2
    for text in ("", "x", WEB.pem, ROOT.pem + WEB.pem, ROOT.pem * 17, made(name("x"), ca=None).pem):
        with pytest.raises(ValueError, match="certificate"):
            read_bundle(text)
    for data in (b"", b"x", b"-----BEGIN X509 CRL-----\nx\n-----END X509 CRL-----\n", ROOT.pem.encode()):
        with pytest.raises(ValueError, match="revocation list"):
            read_crl(data)


def verified(sent, now=None):
    return signing.verify(sent, now or datetime.now(UTC))


@pytest.mark.parametrize("holder", [WEB, DEEP, made(name("rsa"), ROOT, key=rsa.generate_private_key(65537, 2048))])
def test_a_request_is_the_holders(holder):
    found = verified(request(holder, {"profileArn": "x"}))
    assert found.certificate == holder.certificate
    assert found.chain == tuple(each.certificate for each in holder.issuers if each.issuers)
    assert found.region == "us-east-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": DEEP},
        {"serial": 1},
        {"serial": ""},
        {"service": "sts"},
        {"algorithm": "AWS4-X509-RSA-SHA256"},
        {"algorithm": "AWS4-HMAC-SHA256"},
        {"unsigned": "x-amz-x509"},
        {"unsigned": "host"},
        {"late": timedelta(minutes=-6)},
        {"late": timedelta(minutes=6)},
    ],
)
def test_other_signatures_do_not_hold(changes):
    at = datetime.now(UTC) + changes.get("late", timedelta())  # tests are collected long before they run
    with pytest.raises(Untrusted):
        verified(request(WEB, {}, at=at, **changes))


def test_what_was_changed_after_signing_does_not_hold():
    for part, value in (("body", b"{}"), ("path", b"/other"), ("method", "PUT"), ("query", b"a=b")):
        sent = request(WEB, {"a": 1})
        setattr(sent, part, value)
        with pytest.raises(Untrusted, match="does not match"):
            verified(sent)


def test_a_key_that_is_too_short_is_refused():
    with pytest.raises(Untrusted, match="2048 bits"):
        verified(request(made(name("web"), ROOT, key=rsa.generate_private_key(65537, 1024)), {}))


def test_a_key_of_another_kind_is_refused():
    edwards = made(name("ed"), ROOT)
    edwards.certificate = x509.CertificateBuilder(
        ROOT.certificate.subject,
        name("ed"),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        5,
        NOW,
        NOW + timedelta(1),
    ).sign(ROOT.key, WEB.certificate.signature_hash_algorithm)
    with pytest.raises(Untrusted, match="algorithm is not"):
        verified(request(edwards, {}))


@given(
    st.binary(max_size=200),
    st.binary(max_size=200),
    st.sampled_from([b"authorization", b"x-amz-x509", b"x-amz-x509-chain"]),
)
def test_garbage_is_untrusted(value, body, header):
    sent = request(WEB, {})
    headers = [(key, value if key == header else given) for key, given in sent.headers]
    garbled = HttpRequest("POST", b"/sessions", b"", [*headers, (header, value)], body)
    with pytest.raises(Untrusted):
        verified(garbled)


RICH = made(
    name(
        "Alice",
        (NameOID.COUNTRY_NAME, "DE"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "a"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "b"),
    ),
    ROOT,
    names=(
        x509.DNSName("a.example"),
        x509.DNSName("b.example"),
        x509.UniformResourceIdentifier("spiffe://example/web"),
        x509.DirectoryName(name("Dir")),
        x509.RFC822Name("a@example.com"),
    ),
)


def test_a_certificate_tells_session_tags():
    assert dict(session_tags(RICH.certificate, DEFAULT)) == {
        "x509Issuer/CN": "root",
        "x509SAN/DNS": "a.example",
        "x509SAN/URI": "spiffe://example/web",
        "x509SAN/Name/CN": "Dir",
        "x509Subject/C": "DE",
        "x509Subject/OU": "a",
        "x509Subject/CN": "Alice",
    }
    assert dict(session_tags(RICH.certificate, {"x509Subject": ["OU"]})) == {"x509Subject/OU": "a"}
    assert dict(session_tags(RICH.certificate, {"x509SAN": ["Name/CN"]})) == {"x509SAN/Name/CN": "Dir"}
    assert session_tags(WEB.certificate, {"x509SAN": ["DNS"]}) == ()
    long = made(name("x"), ROOT, names=(x509.DNSName("a" * 300),))
    with pytest.raises(Untrusted, match="longer"):
        session_tags(long.certificate, DEFAULT)


def test_and_a_source_identity_and_a_name():
    assert source_identity(RICH.certificate) == "Alice"
    assert source_identity(made(name("with blank")).certificate) is None
    assert source_identity(made(x509.Name([])).certificate) is None
    assert int(session_name(RICH.certificate), 16) == RICH.certificate.serial_number
    assert len(session_name(RICH.certificate)) % 2 == 0
    assert is_specifier("x509SAN", "Name/CN")
    assert not is_specifier("x509SAN", "CN")
    assert not is_specifier("x509Subject", "email")
