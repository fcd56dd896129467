"""AssumeRoleWithSAML: whom a provider vouches for, which roles that opens, and what the session is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.caller.saml.idp import (
    ATTRIBUTES,
    ENTITY,
    SAML,
    SIGN_IN,
    Story,
    encoded,
    metadata,
    pem,
    rsa_key,
    signed,
    signed_response,
    tree,
)
from tests.caller.saml.test_encryption import sealed
from tests.hostile.trail import recorded
from tests.live import ACCOUNT, Live, live
from tests.services.iam.documents import document, statement
from tests.services.iam.support import refused
from tests.services.roles import make_role, permit, role_arn, trust
from tests.services.sts.test_session_token import lasts

NAME = "Corporate"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/{NAME}"
ACTION, TAG, SOURCE = "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
QUALIFIER = base64.b64encode(hashlib.sha1(f"{ENTITY}{ACCOUNT}/{NAME}".encode()).digest()).decode()


def unsigned(server: Live) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False)
    return boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", config=config)


def trusting_provider(*actions: str, **conditions: Any) -> str:
    given = {"Condition": conditions} if conditions else {}
    return trust({"Federated": PROVIDER}, list(actions) or ACTION, **given)


def story(role: str = "App", pair: str | None = None, **attributes: Any) -> Story:
    """A response of now that pairs the role with the provider; attributes are AWS's, by their short names."""
    told = {"Role": [f"{role_arn(role)},{PROVIDER}" if pair is None else pair], "RoleSessionName": ["jane"]}
    told |= {name.replace("_", ":", 1): values for name, values in attributes.items()}
    named = {ATTRIBUTES + name: values for name, values in told.items() if values is not None}
    return Story(datetime.now(UTC).replace(microsecond=0), attributes=named)


@pytest.fixture
def idp(iam: Any) -> None:
    iam.create_saml_provider(Name=NAME, SAMLMetadataDocument=metadata(rsa_key()))


@pytest.fixture
def stranger(server: Live, idp: None) -> Any:
    return unsigned(server)


@pytest.fixture
def app(iam: Any, idp: None) -> str:
    return make_role(iam, "App", trusting_provider())


def ask(told: Story | str, role: str = "App", **more: Any) -> dict[str, Any]:
    assertion = told if isinstance(told, str) else encoded(signed_response(told))
    return {"RoleArn": role_arn(role), "PrincipalArn": PROVIDER, "SAMLAssertion": assertion, **more}


def test_the_answer_and_its_working_credentials(iam: Any, server: Live, stranger: Any, app: str) -> None:
    role_id = iam.get_role(RoleName="App")["Role"]["RoleId"]
    permit(iam, "App", "iam:GetRole")
    answer = stranger.assume_role_with_saml(**ask(story()))
    credentials = answer.pop("Credentials")
    answer.pop("ResponseMetadata")
    assert answer == {
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role_id}:jane",
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/jane",
        },
        "PackedPolicySize": 0,
        "Subject": "jane@example.com",
        "SubjectType": "persistent",
        "Issuer": ENTITY,
        "Audience": SIGN_IN,
        "NameQualifier": QUALIFIER,
    }
    assert 3540 < lasts(credentials) <= 3600
    session = server.client("iam", credentials)
    assert session.get_role(RoleName="App")["Role"]["Arn"] == app
    assert refused(session.list_roles)[0] == "AccessDenied"
    # It may be used again while it is good, as on AWS.
    response = encoded(signed_response(story()))
    for _ in range(2):
        stranger.assume_role_with_saml(**ask(response))


def test_roles_of_identity_center_are_not_for_it(iam: Any, stranger: Any) -> None:
    make_role(iam, "AWSReservedSSO_App", trusting_provider())
    told = story("AWSReservedSSO_App")
    assert refused(stranger.assume_role_with_saml, **ask(told, "AWSReservedSSO_App")) == NOT_AUTHORIZED


@pytest.mark.parametrize("pair", ["{provider},{role}", " {role} , {provider} ", "{role},{provider}"])
def test_the_role_and_the_provider_in_either_order(stranger: Any, app: str, pair: str) -> None:
    stranger.assume_role_with_saml(**ask(story(pair=pair.format(role=app, provider=PROVIDER))))


@pytest.mark.parametrize(
    "pair",
    [
        "{role}",
        "{role},{role}",
        "{role},{provider},{role}",
        "{role};{provider}",
        "{role},{provider}2",
        "{other},{provider}",
        "",
    ],
)
def test_a_role_that_the_assertion_does_not_list(stranger: Any, app: str, pair: str) -> None:
    told = story(pair=pair.format(role=app, other=role_arn("Other"), provider=PROVIDER))
    assert refused(stranger.assume_role_with_saml, **ask(told)) == NOT_AUTHORIZED


def test_roles_that_may_not_be_assumed_look_like_those_that_are_not_there(iam: Any, stranger: Any, app: str) -> None:
    make_role(iam, "Stranger", trust({"Federated": f"{PROVIDER}2"}, ACTION))
    make_role(iam, "Mine", trust({"AWS": ACCOUNT}, "sts:AssumeRole"))
    make_role(iam, "Never", trusting_provider("sts:AssumeRoleWithWebIdentity"))
    for role in ("Stranger", "Mine", "Never", "Absent", "app"):
        assert refused(stranger.assume_role_with_saml, **ask(story(role), role)) == NOT_AUTHORIZED


def test_a_principal_of_everyone_admits_no_federation(iam: Any, stranger: Any) -> None:
    make_role(iam, "Open", trust({"AWS": "*"}, "sts:*"))
    assert refused(stranger.assume_role_with_saml, **ask(story("Open"), "Open")) == NOT_AUTHORIZED


def test_what_trust_policies_see_of_an_assertion(iam: Any, stranger: Any) -> None:
    told = story(role="Seen")
    told.attributes = {
        **told.attributes,
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"],
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": ["o=Example"],
        "urn:oid:2.5.4.3": ["Jane"],
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": ["jane@example.com"],
    }
    seen = {
        "StringEquals": {
            "SAML:aud": SIGN_IN,
            "saml:iss": ENTITY,
            "saml:sub": "jane@example.com",
            "SAML:sub_type": "persistent",
            "saml:namequalifier": QUALIFIER,
            "saml:doc": f"{ACCOUNT}/{NAME}",
            "saml:eduPersonOrgDN": "o=Example",
            "sts:RoleSessionName": "jane",
        },
        "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff", "saml:cn": "Jane"},
        "ForAllValues:StringLike": {"saml:mail": "*@example.com"},
    }
    make_role(iam, "Seen", trusting_provider(**seen))
    stranger.assume_role_with_saml(**ask(told, "Seen"))
    for operator, keys in seen.items():
        for key in keys:
            changed = {**seen, operator: {**keys, key: "other"}}
            iam.update_assume_role_policy(RoleName="Seen", PolicyDocument=trusting_provider(**changed))
            assert refused(stranger.assume_role_with_saml, **ask(told, "Seen")) == NOT_AUTHORIZED, key


def test_what_the_sessions_own_requests_see_of_it(iam: Any, server: Live, stranger: Any, app: str) -> None:
    seen = {
        "StringEquals": {
            "saml:sub": "jane@example.com",
            "saml:namequalifier": QUALIFIER,
            "saml:sub_type": "persistent",
        },
        "ArnEquals": {"aws:FederatedProvider": PROVIDER},
        "Null": {"saml:aud": "true", "saml:iss": "true"},
    }
    iam.put_role_policy(
        RoleName="App", PolicyName="own", PolicyDocument=document(statement("iam:ListUsers", Condition=seen))
    )
    session = stranger.assume_role_with_saml(**ask(story()))["Credentials"]
    assert server.client("iam", session).list_users()["Users"] == []


def test_tags(iam: Any, server: Live, stranger: Any, app: str) -> None:
    told = story(PrincipalTag_Team=["red"], PrincipalTag_Cost=["7"], TransitiveTagKeys=["Team"])
    assert refused(stranger.assume_role_with_saml, **ask(told)) == (
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
    )
    asked = {
        "StringEquals": {"aws:RequestTag/Team": "red"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Cost"], "sts:TransitiveTagKeys": ["Team"]},
    }
    iam.update_assume_role_policy(RoleName="App", PolicyDocument=trusting_provider(ACTION, TAG, **asked))
    answer = stranger.assume_role_with_saml(**ask(told))
    assert answer["PackedPolicySize"] > 0
    allowed = statement("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
    iam.put_role_policy(RoleName="App", PolicyName="own", PolicyDocument=document(allowed))
    session = answer["Credentials"]
    server.client("iam", session).list_users()
    # Transitive tags go along the chain.
    next_role = make_role(iam, "Next", trust({"AWS": app}, ["sts:AssumeRole", TAG]))
    iam.put_role_policy(RoleName="Next", PolicyName="own", PolicyDocument=document(allowed))
    chained = server.client("sts", session).assume_role(RoleArn=next_role, RoleSessionName="on")
    server.client("iam", chained["Credentials"]).list_users()


def test_a_source_identity(iam: Any, server: Live, stranger: Any, app: str) -> None:
    told = story(SourceIdentity=["jane.doe"])
    assert refused(stranger.assume_role_with_saml, **ask(told)) == (
        "AccessDenied",
        "Not authorized to perform sts:SetSourceIdentity",
    )
    condition = {"StringEquals": {"sts:SourceIdentity": "jane.doe"}}
    iam.update_assume_role_policy(RoleName="App", PolicyDocument=trusting_provider(ACTION, SOURCE, **condition))
    assert stranger.assume_role_with_saml(**ask(told))["SourceIdentity"] == "jane.doe"
    assert refused(stranger.assume_role_with_saml, **ask(story(SourceIdentity=["john"])))[0] == "AccessDenied"


MUST_MATCH = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
SOURCE_MUST_MATCH = 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"RoleSessionName": None}, "RoleSessionName is required in AuthnResponse"),
        ({"RoleSessionName": [""]}, MUST_MATCH),
        ({"RoleSessionName": ["j"]}, MUST_MATCH),
        ({"RoleSessionName": ["Jane Doe"]}, MUST_MATCH),
        ({"RoleSessionName": ["j" * 65]}, MUST_MATCH),
        ({"RoleSessionName": ["ünal"]}, MUST_MATCH),
        ({"RoleSessionName": ["jane", "root"]}, "RoleSessionName in AuthnResponse must have one value"),
        ({"SourceIdentity": ["aws:jane"]}, SOURCE_MUST_MATCH),
        ({"SourceIdentity": ["j"]}, SOURCE_MUST_MATCH),
        ({"SessionDuration": ["an hour"]}, "SessionDuration in AuthnResponse must be a number from 900 to 43200"),
        ({"SessionDuration": ["899"]}, "SessionDuration in AuthnResponse must be a number from 900 to 43200"),
        ({"PrincipalTag_Team": ["red", "blue"]}, "PrincipalTag in AuthnResponse must have one value"),
        (
            {"PrincipalTag_Team": ["r" * 257]},
            "PrincipalTag in AuthnResponse must have a key of 1 to 128 characters and a value of at most 256",
        ),
        (
            {"PrincipalTag_Team": ["red*"]},
            "PrincipalTag in AuthnResponse has characters that tags may not have",
        ),
        (
            {"PrincipalTag_Te$am": ["red"]},
            "PrincipalTag in AuthnResponse has characters that tags may not have",
        ),
        (
            {f"PrincipalTag_T{n}": ["v"] for n in range(51)},
            "AuthnResponse has more than 50 session tags",
        ),
    ],
)
def test_attributes_that_cannot_be(
    stranger: Any, iam: Any, idp: None, attributes: dict[str, Any], message: str
) -> None:
    make_role(iam, "App", trusting_provider(ACTION, TAG, SOURCE))
    assert refused(stranger.assume_role_with_saml, **ask(story(**attributes))) == ("InvalidIdentityToken", message)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"PrincipalTag_Team": ["red"], "PrincipalTag_team": ["red"]}, "InvalidParameterValue"),
        ({"PrincipalTag_aws:x": ["red"]}, "InvalidParameterValue"),
        ({"TransitiveTagKeys": ["Team"]}, "InvalidParameterValue"),
    ],
)
def test_tags_that_no_session_may_have(stranger: Any, app: str, attributes: dict[str, Any], code: str) -> None:
    assert refused(stranger.assume_role_with_saml, **ask(story(**attributes)))[0] == code


@pytest.mark.parametrize(
    ("asked", "allowed", "ends", "seconds"),
    [
        ({}, None, None, 3600),
        ({"DurationSeconds": 7200}, None, None, 7200),
        ({"DurationSeconds": 7200}, "1800", None, 1800),
        ({"DurationSeconds": 900}, "43200", None, 900),
        ({}, "43200", None, 3600),
        ({}, "1800", 1200, 1200),
        ({}, None, 300, 300),
    ],
)
def test_how_long_it_lasts(
    iam: Any, stranger: Any, app: str, asked: dict[str, int], allowed: str | None, ends: int | None, seconds: int
) -> None:
    iam.update_role(RoleName="App", MaxSessionDuration=7200)
    told = story(SessionDuration=None if allowed is None else [allowed])
    told.session_ends = ends
    answer = stranger.assume_role_with_saml(**ask(told, **asked))
    assert seconds - 60 < lasts(answer["Credentials"]) <= seconds


def test_longer_than_the_role_allows(stranger: Any, app: str) -> None:
    assert refused(stranger.assume_role_with_saml, **ask(story(), DurationSeconds=3601)) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def test_a_session_policy(iam: Any, server: Live, stranger: Any, app: str) -> None:
    permit(iam, "App", "iam:ListUsers", "iam:ListRoles")
    narrow = document(statement("iam:ListRoles"))
    answer = stranger.assume_role_with_saml(**ask(story(), Policy=narrow))
    assert answer["PackedPolicySize"] > 0
    session = server.client("iam", answer["Credentials"])
    session.list_roles()
    assert refused(session.list_users)[0] == "AccessDenied"
    assert refused(stranger.assume_role_with_saml, **ask(story(), Policy="{"))[0] == "MalformedPolicyDocument"


def test_encrypted_assertions_and_the_providers_keys(iam: Any, stranger: Any, app: str) -> None:
    key = pem(rsa_key("service"))
    iam.update_saml_provider(SAMLProviderArn=PROVIDER, AddPrivateKey=key, AssertionEncryptionMode="Required")
    told = story()
    answer = tree(told.response(""))
    answer.append(sealed(signed(tree(told.assertion()))))
    assert stranger.assume_role_with_saml(**ask(encoded(answer)))["Subject"] == told.subject
    assert refused(stranger.assume_role_with_saml, **ask(story())) == (
        "InvalidIdentityToken",
        "Response must contain an encrypted assertion",
    )


def test_other_metadata_count_at_once(iam: Any, stranger: Any, app: str) -> None:
    response = encoded(signed_response(story()))
    stranger.assume_role_with_saml(**ask(response))
    iam.update_saml_provider(SAMLProviderArn=PROVIDER, SAMLMetadataDocument=metadata(rsa_key("next")))
    assert refused(stranger.assume_role_with_saml, **ask(response)) == (
        "InvalidIdentityToken",
        "Response signature invalid",
    )
    stranger.assume_role_with_saml(**ask(encoded(signed_response(story(), rsa_key("next")))))
    iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert refused(stranger.assume_role_with_saml, **ask(response)) == (
        "InvalidIdentityToken",
        "Specified provider doesn't exist",
    )


def test_refusals_of_the_response(stranger: Any, app: str) -> None:
    late, failed, foreign = story(), story(), story()
    late.expires, failed.status, foreign.issuer = -1, "AuthnFailed", "https://other.example.com/"
    for told, code, message in (
        (late, "ExpiredTokenException", "Response has expired"),
        (failed, "IDPRejectedClaim", "The identity provider did not authenticate the user."),
        (foreign, "InvalidIdentityToken", "Issuer not present in specified provider"),
        ("a" * 100, "InvalidIdentityToken", "Invalid base64 SAMLResponse"),
    ):
        assert refused(stranger.assume_role_with_saml, **ask(told)) == (code, message)


@pytest.mark.parametrize("size", [3, 100_001])
def test_how_much_may_be_sent(stranger: Any, app: str, size: int) -> None:
    code, message = refused(stranger.assume_role_with_saml, **ask("a" * size))
    assert code == "ValidationError"
    assert "Member must have length" in message
    assert "aaaa" not in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"RoleArn": "no ARN, but long enough"}, "no ARN, but long enough is invalid"),
        ({"RoleArn": PROVIDER}, "Request ARN is invalid"),
        ({"PrincipalArn": "no ARN, but long enough"}, "Principal ARN is invalid"),
        ({"PrincipalArn": role_arn("App-of-that-name")}, "Principal ARN is invalid"),
    ],
)
def test_arns_that_are_none(stranger: Any, app: str, change: dict[str, str], message: str) -> None:
    params = {**ask(story()), **change}
    assert refused(stranger.assume_role_with_saml, **params) == ("ValidationError", message)


def test_the_provider_of_another_account(server: Live, iam: Any, stranger: Any, app: str) -> None:
    """It opens no role of this one, whatever its assertion and the role's trust policy say."""
    other = "999988887777"
    theirs = server.client("iam", server.add_account(other))
    theirs.create_saml_provider(Name=NAME, SAMLMetadataDocument=metadata(rsa_key()))
    arn = f"arn:aws:iam::{other}:saml-provider/{NAME}"
    iam.update_assume_role_policy(RoleName="App", PolicyDocument=trust({"Federated": arn}, ACTION))
    params = {**ask(story(pair=f"{app},{arn}")), "PrincipalArn": arn}
    assert refused(stranger.assume_role_with_saml, **params) == NOT_AUTHORIZED
    params["PrincipalArn"] = arn.replace(other, "111122223333")
    assert refused(stranger.assume_role_with_saml, **params)[1] == "Specified provider doesn't exist"


@pytest.fixture(scope="module")
def addressed() -> Iterator[Live]:
    with live(sign_in_urls="https://iam.example.com/saml", public_url="https://id.example.com") as server:
        yield server


@pytest.mark.parametrize("own", ["https://iam.example.com/saml", "https://id.example.com/saml"])
def test_a_sign_in_endpoint_of_ones_own(addressed: Live, own: str) -> None:
    addressed.reset()
    iam = addressed.client("iam")
    iam.create_saml_provider(Name=NAME, SAMLMetadataDocument=metadata(rsa_key()))
    make_role(iam, "App", trusting_provider())
    told = story()
    told.recipient, told.audiences = own, (own,)
    assert unsigned(addressed).assume_role_with_saml(**ask(told))["Audience"] == told.recipient
    told.recipient = f"{own}/"
    assert refused(unsigned(addressed).assume_role_with_saml, **ask(told))[0] == "InvalidIdentityToken"


def test_what_the_trail_tells(tmp_path: Path) -> None:
    with live(in_memory=False, data_dir=tmp_path) as server:
        iam = server.client("iam")
        iam.create_saml_provider(Name=NAME, SAMLMetadataDocument=metadata(rsa_key()))
        make_role(iam, "App", trusting_provider(ACTION, TAG))
        told = story(PrincipalTag_Team=["red"], TransitiveTagKeys=["Team"])
        genuine = ask(told, DurationSeconds=1800)
        unsigned(server).assume_role_with_saml(**genuine)
        assert refused(unsigned(server).assume_role_with_saml, **ask(story("Absent"), "Absent")) == NOT_AUTHORIZED
        assert refused(unsigned(server).assume_role_with_saml, **ask("a" * 100))[0] == "InvalidIdentityToken"
    # What was no evidence of anybody is in nobody's trail.
    allowed, denied = (each for each in recorded(tmp_path) if each["eventName"] == "AssumeRoleWithSAML")
    assert allowed["userIdentity"] == {
        "type": "SAMLUser",
        "principalId": f"{QUALIFIER}:jane@example.com",
        "userName": "jane@example.com",
        "identityProvider": QUALIFIER,
    }
    assertion = base64.b64decode(genuine["SAMLAssertion"])
    assert allowed["requestParameters"] == {
        "roleArn": role_arn("App"),
        "principalArn": PROVIDER,
        "durationSeconds": 1800,
        "sAMLAssertionID": tree(assertion.decode()).find(f"{SAML}Assertion").get("ID"),
        "roleSessionName": "jane",
        "principalTags": {"Team": "red"},
        "transitiveTagKeys": ["Team"],
    }
    answer = allowed["responseElements"]
    assert set(answer["credentials"]) == {"accessKeyId", "sessionToken", "expiration"}
    assert (answer["subject"], answer["issuer"], answer["audience"]) == ("jane@example.com", ENTITY, SIGN_IN)
    assert (denied["errorCode"], denied["userIdentity"]["type"]) == ("AccessDenied", "SAMLUser")
    assert genuine["SAMLAssertion"][:64] not in str(allowed)
