"""Tokens that must not open anything, and what must not be asked because of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws

from tests.issuer import AUDIENCE, SUBJECT, Issuer, encoded, issuer, signing_key, thumbprint
from tests.live import Live
from tests.services.iam.pki import public_pem, rsa_key
from tests.services.iam.support import refused
from tests.services.roles import role_arn
from tests.services.sts.web import register, web_role

Assume = Callable[..., Any]
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
BAD_SIGNATURE = "The signature of the ID token could not be verified"


@pytest.fixture(autouse=True)
def role(iam: Any, idp: Issuer) -> None:
    web_role(iam, idp)


def invalid(assume: Assume, token: str, **more: Any) -> str:
    """The message with which a token is refused as invalid."""
    code, message = refused(assume, token=token, **more)
    assert code == "InvalidIdentityToken"
    return message


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_unsigned_tokens(idp: Issuer, assume: Assume, alg: str) -> None:
    body = encoded(idp.claims())
    for header in ({"alg": alg}, {"alg": alg, "kid": idp.kid}):
        for signature in ("", idp.token().rpartition(".")[2]):
            assert invalid(assume, f"{encoded(header)}.{body}.{signature}") == BAD_SIGNATURE


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(idp: Issuer, assume: Assume, alg: str) -> None:
    signed = f"{encoded({'alg': alg, 'kid': idp.kid})}.{encoded(idp.claims())}"
    digest = getattr(hashlib, f"sha{alg[2:]}")
    for secret in (public_pem(rsa_key(2048, idp.kid)).encode(), idp.pages["/keys"]):
        signature = hmac.new(secret, signed.encode(), digest).digest()
        assert invalid(assume, f"{signed}.{encoded(signature)}") == BAD_SIGNATURE


def test_a_shared_secret_among_the_keys_is_none(idp: Issuer, assume: Assume) -> None:
    idp.publish({"kty": "oct", "k": encoded(b"k" * 32), "kid": "oct", "alg": "HS256"})
    signed = f"{encoded({'alg': 'HS256', 'kid': 'oct'})}.{encoded(idp.claims())}"
    signature = hmac.new(b"k" * 32, signed.encode(), hashlib.sha256).digest()
    assert invalid(assume, f"{signed}.{encoded(signature)}") == NO_KEY


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_a_token_does_not_bring_its_own_key(idp: Issuer, assume: Assume, member: str) -> None:
    mine = signing_key(which="attacker")
    key = mine.as_dict(private=False)
    brought = {"jwk": key, "jku": f"{idp.url}/mine", "x5u": f"{idp.url}/mine", "x5c": ["MIIB"]}[member]
    idp.pages["/mine"] = json.dumps({"keys": [{**key, "kid": idp.kid}]}).encode()
    assert invalid(assume, idp.token(header={member: brought}, key=mine)) == BAD_SIGNATURE
    assert "/mine" not in idp.asked


def test_another_algorithm_than_the_keys(idp: Issuer, assume: Assume) -> None:
    rsa = idp.kid
    idp.alg, key = "ES256", signing_key("ES256")
    assert invalid(assume, idp.token(key=key, header={"kid": rsa})) == BAD_SIGNATURE
    idp.alg = "PS256"
    assert invalid(assume, idp.token()) == BAD_SIGNATURE  # AWS takes RS and ES only


def test_what_is_critical_must_be_known(idp: Issuer, assume: Assume) -> None:
    header = {"alg": "RS256", "kid": idp.kid, "crit": ["exp"], "exp": 1}
    signed = f"{encoded(header)}.{encoded(idp.claims())}"
    signature = jws.JWSRegistry.algorithms["RS256"].sign(signed.encode(), idp.key)
    assert invalid(assume, f"{signed}.{encoded(signature)}") == BAD_SIGNATURE


def test_changed_claims_and_signatures(idp: Issuer, assume: Assume) -> None:
    header, body, signature = idp.token().split(".")
    other = encoded(idp.claims(sub="admin"))
    for token in (f"{header}.{other}.{signature}", f"{header}.{body}.", f"{header}.{body}.{signature[:-8]}"):
        assert invalid(assume, token) == BAD_SIGNATURE


@pytest.mark.parametrize(
    "token",
    ["not-a-token", "aa.b", "a.b.c", "e30.e30", "....", "e30..e30", "é30.e30.e30", "W10.W10.x", '{"alg"}.{}.x'],
)
def test_no_tokens(assume: Assume, token: str) -> None:
    assert invalid(assume, token) == NOT_A_JWT


def test_deep_and_long_ones(idp: Issuer, assume: Assume) -> None:
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    assert len(encoded(deep)) < 19_900
    header = encoded({"alg": "RS256", "kid": idp.kid})
    assert invalid(assume, f"{header}.{encoded(deep)}.x")
    assert refused(assume, token="x" * 20_001)[0] == "ValidationError"


@pytest.mark.parametrize(
    "issuer", ["", "https://", "http://localhost", "localhost", "https://[", "file:///etc/passwd", 7]
)
def test_only_registered_issuers(idp: Issuer, assume: Assume, issuer: Any) -> None:
    assert invalid(assume, idp.token(iss=issuer)) in (
        NOT_A_JWT,
        f"No OpenIDConnect provider found in your account for {issuer}",
    )
    assert idp.asked == []


def test_an_issuer_that_nobody_registered_is_not_asked(
    certificate: Any, tmp_path: Path, assume: Assume, idp: Issuer
) -> None:
    with issuer(tmp_path, certificate) as other:
        message = f"No OpenIDConnect provider found in your account for {other.url}"
        assert invalid(assume, other.token()) == message
        assert invalid(assume, idp.token(iss=other.url)) == message
        assert other.asked == []


def test_a_provider_counts_in_its_own_account_only(server: Live, idp: Issuer, assume: Assume) -> None:
    key = server.add_account("210987654321")
    web_role(server.client("iam", key), idp)
    theirs = role_arn("Web", "210987654321")
    for arn in (theirs, role_arn("Web", "999999999999")):
        assert invalid(assume, idp.token(), RoleArn=arn).startswith("No OpenIDConnect provider found")


def test_a_deleted_provider(iam: Any, idp: Issuer, assume: Assume) -> None:
    assume(idp.token())
    [provider] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    assert invalid(assume, idp.token()).startswith("No OpenIDConnect provider found")


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"sub": None}, "Missing a required claim: sub"),
        ({"aud": None}, "Missing a required claim: aud"),
        ({"exp": None}, "Missing a required claim: exp"),
        ({"iat": None}, "Missing a required claim: iat"),
        ({"aud": "another"}, "Incorrect token audience"),
        ({"aud": []}, "Incorrect token audience"),
        ({"aud": [AUDIENCE, "another"]}, "Incorrect token audience"),
        ({"aud": {"x": AUDIENCE}}, "Incorrect token audience"),
        ({"azp": "another"}, "Incorrect token audience"),
        ({"azp": [AUDIENCE]}, "Incorrect token audience"),
        ({"sub": ["a"]}, "The claim sub must be a text"),
        ({"exp": "9999999999"}, "The claim exp must be a time in seconds since 1970"),
        ({"exp": True}, "The claim exp must be a time in seconds since 1970"),
        ({"exp": 1e300}, "The claim exp must be a time in seconds since 1970"),
        ({"nbf": "soon"}, "The claim nbf must be a time in seconds since 1970"),
        ({"https://aws.amazon.com/tags": "x"}, "The claim https://aws.amazon.com/tags is malformed"),
        (
            {"https://aws.amazon.com/source_identity": "a b"},
            "The claim https://aws.amazon.com/source_identity is malformed",
        ),
        (
            {"https://aws.amazon.com/tags": {"principal_tags": {"k": ["a", "b"]}}},
            "The claim https://aws.amazon.com/tags/principal_tags/k is malformed",
        ),
        (
            {"https://aws.amazon.com/tags/principal_tags/k": ["a\n"]},
            "The claim https://aws.amazon.com/tags/principal_tags/k is malformed",
        ),
        (
            {"https://aws.amazon.com/tags": {"principal_tags": {f"k{n}": "" for n in range(51)}}},
            "The token has more than 50 session tags",
        ),
    ],
)
def test_claims(idp: Issuer, assume: Assume, claims: dict[str, Any], message: str) -> None:
    assert invalid(assume, idp.token(**claims)) == message


def test_an_empty_subject_is_one(idp: Issuer, assume: Assume) -> None:
    assert assume(idp.token(sub=""))["SubjectFromWebIdentityToken"] == ""


def test_times(idp: Issuer, assume: Assume) -> None:
    code, message = refused(assume, token=idp.token(age=901))
    assert code == "ExpiredTokenException"
    assert message.startswith("Token expired: current date/time ")
    assume(idp.token(age=890))  # 290 seconds too old, which clocks may differ
    assume(idp.token(age=-290))
    for claim in ({"nbf": idp.claims()["iat"] + 310}, {"iat": idp.claims()["iat"] + 310}):
        assert "not valid yet" in invalid(assume, idp.token(**claim))


@pytest.mark.parametrize("thumbprints", [["0" * 40], []])
def test_an_unknown_certificate(
    iam: Any, certificate: Any, tmp_path: Path, assume: Assume, thumbprints: list[str]
) -> None:
    with issuer(tmp_path, certificate) as other:
        arn = register(iam, other, certificate)
        update = iam.update_open_id_connect_provider_thumbprint
        if thumbprints:
            update(OpenIDConnectProviderArn=arn, ThumbprintList=thumbprints)
            message = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
            assert invalid(assume, other.token()) == message
            assert other.asked == []
        update(OpenIDConnectProviderArn=arn, ThumbprintList=[thumbprint(certificate)])
        web_role(iam, other, "Mended")
        assert assume(other.token(), "Mended")["SubjectFromWebIdentityToken"] == SUBJECT


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/.well-known/openid-configuration", b"no json"),
        ("/.well-known/openid-configuration", b"[" * 100_000),
        ("/.well-known/openid-configuration", b'{"issuer": "https://other.example", "jwks_uri": "https://localhost/"}'),
        ("/keys", b'{"keys": []}'),
        ("/keys", b'{"keys": {"kty": "RSA"}}'),
        (
            "/keys",
            b'{"keys": [7, {"kty": "RSA", "n": "!", "e": "AQAB"}, {"kty": "EC", "crv": "P-1", "x": "", "y": ""}]}',
        ),
    ],
)
def test_answers_that_are_no_keys(idp: Issuer, assume: Assume, path: str, page: bytes) -> None:
    idp.pages[path] = page
    assert invalid(assume, idp.token()) == NO_KEY


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ((302, {"Location": "/keys"}, b""), "it answered with status 302"),
        ((500, {}, b""), "it answered with status 500"),
        (b"x" * 1_100_000, "its answer is too long"),
    ],
)
def test_answers_that_are_none(idp: Issuer, assume: Assume, page: Any, why: str) -> None:
    idp.pages["/.well-known/openid-configuration"] = page
    code, message = refused(assume, token=idp.token())
    assert code == "IDPCommunicationError"
    assert message == f"The identity provider {idp.url} could not be reached: {why}"


@pytest.mark.parametrize(
    "where", ["http://localhost/keys", "https://10.0.0.1/keys", "https://169.254.169.254/", "x", 7]
)
def test_keys_elsewhere(idp: Issuer, assume: Assume, where: Any) -> None:
    idp.publish(jwks_uri=where)
    code, message = refused(assume, token=idp.token())
    assert code in ("IDPCommunicationError", "InvalidIdentityToken")
    assert "could not be reached: it" in message or message == NO_KEY


def test_weak_keys_and_keys_for_other_uses(idp: Issuer, assume: Assume) -> None:
    key = {**signing_key(which="first").as_dict(private=False), "kid": "first", "use": "enc"}
    weak = {**idp.key.as_dict(private=False), "kid": "first", "n": encoded(b"\xff" * 128)}
    for published in (key, weak):
        idp.publish(published)
        assert invalid(assume, idp.token()) == NO_KEY
