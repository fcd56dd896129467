"""Applications get tokens for people, by what an issuer says that they trust, and roles act for those people."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from iamd.services.access_portal import sessions
from tests.live import ACCOUNT, Live
from tests.services.access_portal.people import Person
from tests.services.access_portal.programs import refused
from tests.services.signin.browser import Browser
from tests.services.sts.test_web_identity_token import believed

ISSUER = "https://idp.example.com"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", auto_kid=True)


def assertion(**changes: Any) -> str:
    """What the issuer says of Ann, for the application's audience."""
    present = int(time.time())
    claims = {"iss": ISSUER, "sub": "1", "aud": "app", "iat": present, "exp": present + 300, "who": {"name": "ann"}}
    key = changes.pop("key", KEY)
    return jwt.encode({"alg": "ES256", "kid": KEY.kid}, {**claims, **changes}, key)


@pytest.fixture
def app(server: Live, center: dict[str, str], ann: Person, monkeypatch: pytest.MonkeyPatch) -> str:
    """An application that trusts the issuer, which Ann may use, and in whose name the account may ask."""

    async def key(url: str, thumbprints: tuple[str, ...], kid: str | None) -> ECKey:
        assert (url, kid) == (ISSUER.removeprefix("https://"), KEY.kid)
        return KEY

    monkeypatch.setattr(server.realm.issuers, "key", key)
    admin, instance = server.client("sso-admin"), {"InstanceArn": center["InstanceArn"]}
    issuer = admin.create_trusted_token_issuer(
        **instance,
        Name="idp",
        TrustedTokenIssuerType="OIDC_JWT",
        TrustedTokenIssuerConfiguration={
            "OidcJwtConfiguration": {
                "IssuerUrl": ISSUER,
                "ClaimAttributePath": "who.name",
                "IdentityStoreAttributePath": "userName",
                "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
            }
        },
    )["TrustedTokenIssuerArn"]
    provider = "arn:aws:sso::aws:applicationProvider/custom"
    arn = str(admin.create_application(**instance, ApplicationProviderArn=provider, Name="app")["ApplicationArn"])
    trusted = [{"TrustedTokenIssuerArn": issuer, "AuthorizedAudiences": ["app"]}]
    grant = {"JwtBearer": {"AuthorizedTokenIssuers": trusted}}
    admin.put_application_grant(ApplicationArn=arn, GrantType=JWT_BEARER, Grant=grant)
    admin.put_application_grant(ApplicationArn=arn, GrantType="refresh_token", Grant={"RefreshToken": {}})
    actors = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sso-oauth:CreateTokenWithIAM",
        "Resource": "*",
    }
    method = {"Iam": {"ActorPolicy": {"Version": "2012-10-17", "Statement": [actors]}}}
    admin.put_application_authentication_method(
        ApplicationArn=arn, AuthenticationMethodType="IAM", AuthenticationMethod=method
    )
    admin.create_application_assignment(ApplicationArn=arn, PrincipalId=ann.id, PrincipalType="USER")
    return arn


def test_a_role_acts_for_a_person(server: Live, iam: Any, user: Any, app: str, ann: Person) -> None:
    asking = user("service", {"Effect": "Allow", "Action": ["sso-oauth:*", "sts:*"], "Resource": "*"})
    given = {"clientId": app, "grantType": JWT_BEARER}
    told = asking("sso-oidc").create_token_with_iam(**given, assertion=assertion())
    assert (told["tokenType"], told["expiresIn"]) == ("Bearer", 3600)
    assert refused(server.client("sso").list_accounts, accessToken=told["accessToken"])[0] == "UnauthorizedException"
    again = asking("sso-oidc").create_token_with_iam(
        clientId=app, grantType="refresh_token", refreshToken=told["refreshToken"]
    )
    stale = {"clientId": app, "grantType": "refresh_token", "refreshToken": told["refreshToken"]}
    assert refused(asking("sso-oidc").create_token_with_iam, **stale)[0] == "InvalidGrantException"

    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:SetContext"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="Acting", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    own = {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}
    own["Condition"] = {"StringEquals": {"identitystore:UserId": ann.id}}  # type: ignore[assignment]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    iam.put_role_policy(RoleName="Acting", PolicyName="own", PolicyDocument=policy)
    context = again["awsAdditionalDetails"]["identityContext"]
    provided = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": context}]
    asked = {"RoleArn": role, "RoleSessionName": "here"}
    acting = asking("sts").assume_role(**asked, ProvidedContexts=provided)["Credentials"]
    assert server.client("iam", acting).list_roles()["Roles"]
    plain = asking("sts").assume_role(**asked)["Credentials"]
    assert refused(server.client("iam", plain).list_roles)[0] == "AccessDenied"
    (event,) = [each for each in ann.events() if each["eventName"] == "ListRoles" and "errorCode" not in each]
    store = f"arn:aws:identitystore::{ACCOUNT}:identitystore/{ann.store_id}"
    assert event["userIdentity"]["onBehalfOf"] == {"userId": ann.id, "identityStoreArn": store}
    everything = str(ann.events())
    assert context not in everything
    assert told["accessToken"] not in everything

    iam.update_assume_role_policy(RoleName="Acting", PolicyDocument=document.replace(', "sts:SetContext"', ""))
    assert refused(asking("sts").assume_role, **asked, ProvidedContexts=provided)[0] == "AccessDenied"
    iam.update_assume_role_policy(RoleName="Acting", PolicyDocument=document)
    admin = server.client("sso-admin")
    for end, again_good in (
        (lambda: ann.change(enabled=False), lambda: ann.change(enabled=True)),
        (
            lambda: admin.update_application(ApplicationArn=app, Status="DISABLED"),
            lambda: admin.update_application(ApplicationArn=app, Status="ENABLED"),
        ),
    ):
        end()
        assert refused(asking("sts").assume_role, **asked, ProvidedContexts=provided)[0] == "ValidationError"
        again_good()
        assert asking("sts").assume_role(**asked, ProvidedContexts=provided)
    ann.change(enabled=False)
    denied = refused(asking("sso-oidc").create_token_with_iam, **given, assertion=assertion())
    assert denied[0] == "AccessDeniedException"


def test_id_tokens_are_verified_by_what_the_issuer_publishes(
    server: Live, app: str, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a key that outlives the process, and is every server's."""

    def new_token() -> str:
        given = {"clientId": app, "grantType": JWT_BEARER, "assertion": assertion()}
        return str(server.client("sso-oidc").create_token_with_iam(**given)["idToken"])

    instance = server.client("sso-admin").list_instances()["Instances"][0]["InstanceArn"].rpartition("/")[2]
    claims = jwt.decode(new_token(), signing_key(server)).claims
    assert claims["iss"] == f"https://identitycenter.amazonaws.com/{instance}"
    monkeypatch.setattr(server.realm, "public_url", server.endpoint)
    claims = believed(new_token(), app)
    assert claims["iss"] == f"{server.endpoint}/_iamd/issuers/{ACCOUNT}/{instance}"
    assert (claims["sub"], claims["aws:identity_store_id"]) == (ann.id, ann.store_id)
    server.client("sso-admin").delete_instance(InstanceArn=f"arn:aws:sso:::instance/{instance}")
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{claims['iss']}/.well-known/jwks.json")


def signing_key(server: Live) -> RSAKey:
    """The public key that the account of the instance keeps."""
    records = server.realm.store.records(ACCOUNT)
    assert records is not None
    return RSAKey.import_key(json.loads(next(key for key in records.outbound_keys if key.algorithm == "RS256").public))


def test_an_application_signs_nobody_out(
    server: Live, app: str, ann: Person, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions are bounded: of what a person has allowed, and of each application, apart from these."""
    monkeypatch.setattr(sessions, "MOST", 2)
    ann.sign_in(browser)
    for _ in range(3):
        given = {"clientId": app, "grantType": JWT_BEARER, "assertion": assertion()}
        server.client("sso-oidc").create_token_with_iam(**given)
    assert "ann</code>" in browser.open("/start").body
    kept = [each for each in ann.records.portal_sessions if each.client and each.expires > datetime.now(UTC)]
    assert len(kept) == 2
    for _ in range(2):
        ann.sign_in(Browser(server.endpoint, headers={"accept": "text/html"}))
    assert "ann</code>" not in browser.open("/start").body


def test_what_is_not_believed(server: Live, app: str, ann: Person, user: Any) -> None:
    root = server.client("sso-oidc")
    given = {"clientId": app, "grantType": JWT_BEARER}
    for changes in (
        {"iss": "https://other.example.com"},
        {"aud": "another"},
        {"exp": int(time.time()) - 1_000},
        {"who": {"name": "nobody"}},
        {"who": "ann"},
        {"key": ECKey.generate_key("P-256")},
    ):
        refusal = refused(root.create_token_with_iam, **given, assertion=assertion(**changes))
        assert refusal[:2] == ("InvalidGrantException", 400), changes
    for wrong, code in (
        ({"grantType": "authorization_code"}, "UnsupportedGrantTypeException"),
        ({"grantType": JWT_BEARER}, "InvalidRequestException"),
        ({"assertion": assertion(), "scope": ["everything"]}, "InvalidScopeException"),
        ({"assertion": assertion(), "requestedTokenType": "x"}, "InvalidRequestException"),
        ({"assertion": assertion(), "code": "x"}, "InvalidRequestException"),
        ({"clientId": f"{app}x", "assertion": assertion()}, "InvalidClientException"),
    ):
        assert refused(root.create_token_with_iam, **{**given, **wrong})[0] == code, wrong
    server.client("sso-admin").delete_application_assignment(
        ApplicationArn=app, PrincipalId=ann.id, PrincipalType="USER"
    )
    assert refused(root.create_token_with_iam, **given, assertion=assertion())[0] == "AccessDeniedException"


def test_policies_of_both_sides_must_allow(server: Live, app: str, user: Any) -> None:
    given = {"clientId": app, "grantType": JWT_BEARER, "assertion": assertion()}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        user("nobody")("sso-oidc").create_token_with_iam(**given)
    server.client("sso-admin").delete_application_authentication_method(
        ApplicationArn=app, AuthenticationMethodType="IAM"
    )
    allowed = user("service", {"Effect": "Allow", "Action": "sso-oauth:*", "Resource": "*"})("sso-oidc")
    for client in (allowed, server.client("sso-oidc")):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            client.create_token_with_iam(**given)
