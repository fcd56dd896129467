"""Applications: who may use them, what they may ask for, and whose tokens they take."""

from __future__ import annotations

import re
from typing import Any

from tests.services.identity_center.conftest import Center
from tests.services.identity_center.test_permission_sets import code

CUSTOM = "arn:aws:sso::aws:applicationProvider/custom"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sso-oauth:CreateTokenWithIAM",
            "Resource": "*",
        }
    ],
}


def application(center: Center, sso: Any = None, **more: Any) -> str:
    given = {"InstanceArn": center.arn, "ApplicationProviderArn": CUSTOM, "Name": "wiki", **more}
    return str((sso or center.sso).create_application(**given)["ApplicationArn"])


def test_an_application_is_made_described_changed_and_deleted(center: Center) -> None:
    sso = center.sso
    providers = [each["ApplicationProviderArn"] for each in sso.list_application_providers()["ApplicationProviders"]]
    assert CUSTOM in providers
    assert sso.describe_application_provider(ApplicationProviderArn=CUSTOM)["FederationProtocol"] == "OAUTH"
    portal = {"SignInOptions": {"Origin": "APPLICATION", "ApplicationUrl": "https://wiki"}, "Visibility": "DISABLED"}
    tags = [{"Key": "a", "Value": "b"}]
    arn = application(center, ClientToken="once", PortalOptions=portal, Tags=tags)
    assert re.fullmatch(r"arn:aws:sso::\d{12}:application/ssoins-[0-9a-f]{16}/apl-[0-9a-f]{16}", arn)
    assert application(center, ClientToken="once") == arn
    assert code(application, center=center, ClientToken="once", Name="other") == "ConflictException"
    saml = next(each for each in providers if each != CUSTOM)
    assert code(application, center=center, ApplicationProviderArn=saml) == "ValidationException"
    assert sso.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    here = {"ApplicationArn": arn}
    told = sso.describe_application(**here)
    assert (told["Name"], told["Status"], told["PortalOptions"]) == ("wiki", "ENABLED", portal)
    sso.update_application(**here, Status="DISABLED", Description="why")
    told = sso.describe_application(**here)
    assert (told["Status"], told["Description"], told["PortalOptions"]) == ("DISABLED", "why", portal)
    sso.put_application_session_configuration(**here, UserBackgroundSessionApplicationStatus="ENABLED")
    assert sso.get_application_session_configuration(**here)["UserBackgroundSessionApplicationStatus"] == "ENABLED"
    assert [each["ApplicationArn"] for each in sso.list_applications(InstanceArn=center.arn)["Applications"]] == [arn]
    sso.delete_application(**here)
    assert code(sso.describe_application, **here) == "ResourceNotFoundException"


def test_who_may_use_an_application(center: Center) -> None:
    sso, here = center.sso, {"ApplicationArn": application(center)}
    ann = center.new_user("ann")
    devs = center.store.create_group(IdentityStoreId=center.store_id, DisplayName="devs")["GroupId"]
    center.store.create_group_membership(IdentityStoreId=center.store_id, GroupId=devs, MemberId={"UserId": ann})
    group = {"PrincipalId": devs, "PrincipalType": "GROUP"}
    sso.create_application_assignment(**here, **group)
    assert code(sso.create_application_assignment, **here, **group) == "ConflictException"
    assert sso.describe_application_assignment(**here, **group)["PrincipalId"] == devs
    assert len(sso.list_application_assignments(**here)["ApplicationAssignments"]) == 1
    mine = {"InstanceArn": center.arn, "PrincipalId": ann, "PrincipalType": "USER"}
    (found,) = sso.list_application_assignments_for_principal(**mine, Filter=here)["ApplicationAssignments"]
    assert found == {**here, **group}
    assert sso.get_application_assignment_configuration(**here)["AssignmentRequired"]
    sso.put_application_assignment_configuration(**here, AssignmentRequired=False)
    assert not sso.get_application_assignment_configuration(**here)["AssignmentRequired"]
    sso.delete_application_assignment(**here, **group)
    assert code(sso.describe_application_assignment, **here, **group) == "ResourceNotFoundException"
    assert code(sso.create_application_assignment, **here, PrincipalId=ann, PrincipalType="GROUP") == (
        "ResourceNotFoundException"
    )


def test_what_an_application_may_ask_for(center: Center) -> None:
    sso, here = center.sso, {"ApplicationArn": application(center)}
    configuration = {
        "OidcJwtConfiguration": {
            "IssuerUrl": "https://idp.example.com",
            "ClaimAttributePath": "email",
            "IdentityStoreAttributePath": "emails.value",
            "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
        }
    }
    given = {"TrustedTokenIssuerType": "OIDC_JWT", "TrustedTokenIssuerConfiguration": configuration}
    issuer = sso.create_trusted_token_issuer(InstanceArn=center.arn, Name="idp", **given)["TrustedTokenIssuerArn"]
    assert code(sso.create_trusted_token_issuer, InstanceArn=center.arn, Name="IDP", **given) == "ConflictException"
    told = sso.describe_trusted_token_issuer(TrustedTokenIssuerArn=issuer)
    assert told["TrustedTokenIssuerConfiguration"] == configuration
    changed = {"OidcJwtConfiguration": {"ClaimAttributePath": "sub"}}
    sso.update_trusted_token_issuer(TrustedTokenIssuerArn=issuer, TrustedTokenIssuerConfiguration=changed)
    told = sso.describe_trusted_token_issuer(TrustedTokenIssuerArn=issuer)["TrustedTokenIssuerConfiguration"]
    assert told["OidcJwtConfiguration"]["ClaimAttributePath"] == "sub"
    assert len(sso.list_trusted_token_issuers(InstanceArn=center.arn)["TrustedTokenIssuers"]) == 1

    code_grant = {"AuthorizationCode": {"RedirectUris": ["https://wiki/callback"]}}
    jwt_grant = {
        "JwtBearer": {"AuthorizedTokenIssuers": [{"TrustedTokenIssuerArn": issuer, "AuthorizedAudiences": ["wiki"]}]}
    }
    put = sso.put_application_grant
    put(**here, GrantType="authorization_code", Grant=code_grant)
    put(**here, GrantType=JWT, Grant=jwt_grant)
    put(**here, GrantType="refresh_token", Grant={"RefreshToken": {}})
    assert code(put, **here, GrantType="refresh_token", Grant=code_grant) == "ValidationException"
    assert code(put, **here, GrantType=JWT, Grant={"JwtBearer": {}}) == "ValidationException"
    assert sso.get_application_grant(**here, GrantType=JWT)["Grant"] == jwt_grant
    assert len(sso.list_application_grants(**here)["Grants"]) == 3
    sso.delete_application_grant(**here, GrantType=JWT)
    assert code(sso.get_application_grant, **here, GrantType=JWT) == "ResourceNotFoundException"

    scope = {"Scope": "sso:account:access", "AuthorizedTargets": [center.arn]}
    sso.put_application_access_scope(**here, **scope)
    assert sso.list_application_access_scopes(**here)["Scopes"] == [scope]
    assert sso.get_application_access_scope(**here, Scope=scope["Scope"])["AuthorizedTargets"] == [center.arn]
    sso.delete_application_access_scope(**here, Scope=scope["Scope"])
    assert code(sso.get_application_access_scope, **here, Scope=scope["Scope"]) == "ResourceNotFoundException"

    method = {"Iam": {"ActorPolicy": POLICY}}
    kind = {"AuthenticationMethodType": "IAM"}
    sso.put_application_authentication_method(**here, **kind, AuthenticationMethod=method)
    assert sso.get_application_authentication_method(**here, **kind)["AuthenticationMethod"] == method
    (listed,) = sso.list_application_authentication_methods(**here)["AuthenticationMethods"]
    assert listed == {**kind, "AuthenticationMethod": method}
    bad = {"Iam": {"ActorPolicy": {"Version": "2012-10-17"}}}
    assert code(sso.put_application_authentication_method, **here, **kind, AuthenticationMethod=bad) == (
        "ValidationException"
    )
    sso.delete_application_authentication_method(**here, **kind)
    assert sso.list_application_authentication_methods(**here)["AuthenticationMethods"] == []
    sso.delete_trusted_token_issuer(TrustedTokenIssuerArn=issuer)
    assert code(sso.describe_trusted_token_issuer, TrustedTokenIssuerArn=issuer) == "ResourceNotFoundException"


def test_who_is_no_delegate_any_more_has_no_part_in_what_it_made(center: Center) -> None:
    """But in its applications: a trusted token issuer is the instance's."""
    delegation = {"AccountId": center.member, "ServicePrincipal": "sso.amazonaws.com"}
    organizations = center.server.client("organizations")
    organizations.register_delegated_administrator(**delegation)
    theirs = center.client_in(center.member, "sso-admin")
    settings = {
        "IssuerUrl": "https://idp.example.com",
        "ClaimAttributePath": "email",
        "IdentityStoreAttributePath": "emails.value",
        "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
    }
    issuer = theirs.create_trusted_token_issuer(
        InstanceArn=center.arn,
        Name="idp",
        TrustedTokenIssuerType="OIDC_JWT",
        TrustedTokenIssuerConfiguration={"OidcJwtConfiguration": settings},
    )["TrustedTokenIssuerArn"]
    own, tags = application(center, theirs), [{"Key": "team", "Value": "red"}]
    theirs.tag_resource(ResourceArn=issuer, Tags=tags)
    organizations.deregister_delegated_administrator(**delegation)
    theirs.tag_resource(ResourceArn=own, Tags=tags)
    for call, given in (
        (theirs.tag_resource, {"ResourceArn": issuer, "Tags": tags}),
        (theirs.list_tags_for_resource, {"ResourceArn": issuer}),
        (theirs.describe_trusted_token_issuer, {"TrustedTokenIssuerArn": issuer}),
    ):
        assert code(call, **given) == "ResourceNotFoundException"


def test_member_accounts_have_applications_of_their_own(center: Center) -> None:
    theirs = center.client_in(center.member, "sso-admin")
    ours, own = application(center), application(center, theirs)
    assert theirs.describe_application(ApplicationArn=own)["ApplicationAccount"] == center.member
    assert code(theirs.describe_application, ApplicationArn=ours) == "ResourceNotFoundException"
    assert code(theirs.list_applications, InstanceArn=center.arn) == "AccessDeniedException"
    mine = {"InstanceArn": center.arn, "Filter": {"ApplicationAccount": center.member}}
    assert [each["ApplicationArn"] for each in theirs.list_applications(**mine)["Applications"]] == [own]
    assert center.sso.describe_application(ApplicationArn=own)["Name"] == "wiki"
    theirs.tag_resource(ResourceArn=own, Tags=[{"Key": "a", "Value": "b"}])
    assert code(theirs.tag_resource, ResourceArn=ours, Tags=[{"Key": "a", "Value": "b"}]) == (
        "ResourceNotFoundException"
    )
