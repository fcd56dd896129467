"""GetWebIdentityToken, and what others need to believe the token: read with a standard JOSE client over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from iamd.services.outbound import GRACE, LIFE, current_key, ensure_keys, published_keys
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import let, refused
from tests.services.roles import make_role, role_arn, trust, trusting, user_arn

Client = Callable[[str], Any]
ABOUT = "https://sts.amazonaws.com/"
SELF = f"arn:aws:sts::{ACCOUNT}:self"
MAY = statement(["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"], SELF)


@pytest.fixture
def alice(server: Live, iam: Any, user: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    """A user who may have tokens, of an account that issues them at the server's own address."""
    monkeypatch.setattr(server.realm, "public_url", server.endpoint)
    iam.enable_outbound_web_identity_federation()
    return user("alice", MAY)


def ask(client: Client, algorithm: str = "ES384", **more: Any) -> str:
    asked = {"Audience": ["https://api.example.com"], "SigningAlgorithm": algorithm, **more}
    token: str = client("sts").get_web_identity_token(**asked)["WebIdentityToken"]
    return token


def get(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def believed(token: str, audience: str = "https://api.example.com") -> dict[str, Any]:
    """The claims, as someone reads them who knows no more than the issuer's name in the token."""
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    configuration = get(f"{issuer}/.well-known/openid-configuration")
    assert configuration["issuer"] == issuer
    key = jwt.PyJWKClient(configuration["jwks_uri"]).get_signing_key_from_jwt(token)
    algorithms = configuration["id_token_signing_alg_values_supported"]
    return jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=issuer)


@pytest.mark.parametrize(("algorithm", "kid"), [("RS256", "RSA_0"), ("ES384", "EC384_0")])
def test_what_a_token_tells_of_a_user(iam: Any, alice: Client, algorithm: str, kid: str) -> None:
    iam.tag_user(UserName="alice", Tags=[{"Key": "Team", "Value": "red"}])
    issuer = iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"]
    token = ask(alice, algorithm, Tags=[{"Key": "aws:job", "Value": "7"}])
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "kid": kid, "typ": "JWT"}
    claims = believed(token)
    assert claims["exp"] - claims["iat"] == 300
    assert {name: claims[name] for name in ("iss", "sub", "aud", ABOUT)} == {
        "iss": issuer,
        "sub": user_arn("alice"),
        "aud": "https://api.example.com",
        ABOUT: {
            "aws_account": ACCOUNT,
            "source_region": "us-east-1",
            "principal_id": user_arn("alice"),
            "principal_tags": {"Team": "red"},
            "request_tags": {"aws:job": "7"},
        },
    }
    assert believed(ask(alice))["jti"] != claims["jti"]


def test_what_it_tells_of_a_session(iam: Any, alice: Client, server: Live) -> None:
    let(iam, "alice", statement("sts:*"))
    role = make_role(iam, "App", trusting(user_arn("alice")), Path="/team/", Tags=[{"Key": "Cost", "Value": "1"}])
    document = json.dumps({"Version": "2012-10-17", "Statement": [MAY]})
    iam.put_role_policy(RoleName="App", PolicyName="may", PolicyDocument=document)
    credentials = alice("sts").assume_role(
        RoleArn=role, RoleSessionName="here", Tags=[{"Key": "team", "Value": "blue"}], SourceIdentity="alice"
    )["Credentials"]
    session = believed(ask(lambda service: server.client(service, credentials)))
    assert session["sub"] == role
    assert session[ABOUT] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_id": role,
        "principal_tags": {"Cost": "1", "team": "blue"},
        "original_session_exp": credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source_identity": "alice",
    }


def test_several_audiences_and_how_long(alice: Client) -> None:
    claims = believed(ask(alice, Audience=["a", "b"], DurationSeconds=3600), "b")
    assert claims["aud"] == ["a", "b"]
    assert claims["exp"] - claims["iat"] == 3600


def test_a_token_outlives_no_session(iam: Any, alice: Client, server: Live) -> None:
    let(iam, "alice", MAY, statement("sts:GetSessionToken"))
    credentials = alice("sts").get_session_token(DurationSeconds=900)["Credentials"]
    client = server.client("sts", credentials)
    asked = {"Audience": ["a"], "SigningAlgorithm": "RS256"}
    client.get_web_identity_token(**asked, DurationSeconds=600)
    assert refused(client.get_web_identity_token, **asked, DurationSeconds=3600) == (
        "SessionDurationEscalationException",
        "The requested token duration would extend the session beyond its original expiration time.",
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"SigningAlgorithm": "HS256"}, "ValidationError"),
        ({"SigningAlgorithm": "ES256"}, "ValidationError"),
        ({"DurationSeconds": 59}, "ValidationError"),
        ({"DurationSeconds": 3601}, "ValidationError"),
        ({"Audience": []}, "ValidationError"),
        ({"Audience": ["a"] * 11}, "ValidationError"),
        ({"Tags": [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]}, "InvalidParameterValue"),
        (
            {"Audience": ["a" * 1000] * 10, "Tags": [{"Key": f"{n}" * 50, "Value": "v" * 256} for n in range(10, 40)]},
            "JWTPayloadSizeExceededException",
        ),
    ],
)
def test_what_is_refused(alice: Client, asked: dict[str, Any], code: str) -> None:
    given = {"Audience": ["a"], "SigningAlgorithm": "RS256", **asked}
    assert refused(alice("sts").get_web_identity_token, **given)[0] == code


def test_who_may(iam: Any, alice: Client, root: Client, user: Callable[..., Client]) -> None:
    asked = {"Audience": ["a"], "SigningAlgorithm": "RS256"}
    assert refused(root("sts").get_web_identity_token, **asked)[0] == "AccessDenied"
    assert refused(user("bob")("sts").get_web_identity_token, **asked)[0] == "AccessDenied"
    let(iam, "alice", statement("sts:GetSessionToken"))
    key = {"sts:SigningAlgorithm": "RS256"}
    condition = {"StringEquals": key, "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["a", "b"]}}
    limit = {"NumericLessThanEquals": {"sts:DurationSeconds": "600"}}
    iam.put_user_policy(
        UserName="alice",
        PolicyName="own",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [statement("sts:Get*", SELF, Condition={**condition, **limit})]}
        ),
    )
    get_token = alice("sts").get_web_identity_token
    get_token(**asked, DurationSeconds=600)
    for other in (
        {"DurationSeconds": 601},
        {"DurationSeconds": 600, "Audience": ["c"]},
        {"DurationSeconds": 600, "SigningAlgorithm": "ES384"},
        {"DurationSeconds": 600, "Tags": [{"Key": "a", "Value": "b"}]},
    ):
        assert refused(get_token, **{**asked, **other})[0] == "AccessDenied"


def test_only_where_it_is_enabled(iam: Any, alice: Client) -> None:
    token = ask(alice)
    iam.disable_outbound_web_identity_federation()
    asked = {"Audience": ["a"], "SigningAlgorithm": "RS256"}
    disabled = ("OutboundWebIdentityFederationDisabledException", "OutboundWebIdentityFederation is disabled.")
    assert refused(alice("sts").get_web_identity_token, **asked) == disabled
    assert (
        refused(alice("sts").get_web_identity_token, **{**asked, "SigningAlgorithm": "none!"})[0] == "ValidationError"
    )
    assert believed(token)  # what is out can still be verified


def test_its_own_tokens_open_no_role_here(
    iam: Any, alice: Client, server: Live, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.realm, "public_url", "https://localhost:1/")
    token = ask(alice)
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    made = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["https://api.example.com"])
    trusted = {"Federated": made["OpenIDConnectProviderArn"]}
    make_role(iam, "Web", trust(trusted, "sts:AssumeRoleWithWebIdentity"))
    asked = {"RoleArn": role_arn("Web"), "RoleSessionName": "me", "WebIdentityToken": token}
    assert refused(stranger.assume_role_with_web_identity, **asked) == (
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {issuer}",
    )


def test_keys_are_replaced_and_the_former_ones_stay_for_a_day(alice: Client, server: Live) -> None:
    former = ask(alice, "RS256")
    realm = server.realm
    records = realm.store.records(ACCOUNT)
    assert records is not None
    created = current_key(records, "RS256")
    assert created is not None
    later = created.created + LIFE
    server.run(ensure_keys(realm, ACCOUNT, later - timedelta(seconds=1)))
    assert kids(server, later) == {"RSA_0", "EC384_0"}
    server.run(ensure_keys(realm, ACCOUNT, later))
    assert kids(server, later) == {"RSA_0", "EC384_0", "RSA_1", "EC384_1"}
    assert kids(server, later + GRACE) == {"RSA_1", "EC384_1"}
    assert jwt.get_unverified_header(ask(alice, "RS256"))["kid"] == "RSA_1"
    assert believed(former)
    server.run(ensure_keys(realm, ACCOUNT, later + LIFE))
    records = realm.store.records(ACCOUNT)
    assert records is not None
    assert {key.id for key in records.outbound_keys} == {"RSA_1", "EC384_1", "RSA_2", "EC384_2"}
    assert all(key.sealed and b"PRIVATE" not in key.sealed for key in records.outbound_keys)


def kids(server: Live, when: Any) -> set[str]:
    records = server.realm.store.records(ACCOUNT)
    assert records is not None
    listed = published_keys(records, when)
    assert all("d" not in key for key in listed)
    return {key["kid"] for key in listed}


@pytest.mark.parametrize("document", ["openid-configuration", "jwks.json", "x"])
def test_nobody_elses_documents(alice: Client, server: Live, iam: Any, document: str) -> None:
    issuer = iam.get_outbound_web_identity_federation_info()["IssuerIdentifier"]
    base, _, issuer_id = issuer.rpartition("/")
    for path in (f"{base}/{'0' * 8}{issuer_id[8:]}", f"{base.replace(ACCOUNT, '999999999999')}/{issuer_id}", base):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{path}/.well-known/{document}")
    request = urllib.request.Request(f"{issuer}/.well-known/{document}", method="POST")
    with pytest.raises(urllib.error.HTTPError, match="404" if document == "x" else "405"):
        urllib.request.urlopen(request)
