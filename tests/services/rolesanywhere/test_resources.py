"""Trust anchors, profiles, revocation lists, mappings, tags: through boto3."""

from __future__ import annotations

import pytest

from tests.caller.certificates.pki import authority, crl, made, name
from tests.live import ACCOUNT
from tests.services.iam.support import refused
from tests.services.roles import make_role, trust
from tests.services.rolesanywhere.support import ROOT, SERVICE, source

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
ABSENT = "0b8b2a4e-2f8a-4f6e-9a0e-1d2c3b4a5f60"


def test_a_trust_anchor_lives(api):
    made_ = api.create_trust_anchor(name="Root", source=source(ROOT), tags=[{"key": "team", "value": "red"}])
    assert made_["ResponseMetadata"]["HTTPStatusCode"] == 201
    anchor = made_["trustAnchor"]
    assert anchor["trustAnchorArn"] == (
        f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:trust-anchor/{anchor['trustAnchorId']}"
    )
    assert anchor["enabled"] is False
    assert anchor["source"] == source(ROOT)
    assert [each["event"] for each in anchor["notificationSettings"]] == [
        "CA_CERTIFICATE_EXPIRY",
        "END_ENTITY_CERTIFICATE_EXPIRY",
    ]
    given = anchor["trustAnchorId"]
    assert api.enable_trust_anchor(trustAnchorId=given)["trustAnchor"]["enabled"] is True
    assert api.disable_trust_anchor(trustAnchorId=anchor["trustAnchorArn"])["trustAnchor"]["enabled"] is False
    other = authority("other")
    changed = api.update_trust_anchor(trustAnchorId=given, name="Other", source=source(other))["trustAnchor"]
    assert (changed["name"], changed["source"]) == ("Other", source(other))
    assert api.get_trust_anchor(trustAnchorId=given)["trustAnchor"] == changed
    assert api.list_trust_anchors()["trustAnchors"] == [changed]
    assert api.delete_trust_anchor(trustAnchorId=given)["trustAnchor"] == changed
    assert refused(api.get_trust_anchor, trustAnchorId=given)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "bad",
    [
        {"sourceType": "AWS_ACM_PCA", "sourceData": {"acmPcaArn": "arn:aws:acm-pca:x"}},
        {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": "x"}},
        {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {}},
        source(made(name("web"), ROOT)),
    ],
)
def test_an_anchor_takes_authorities_alone(api, bad):
    assert refused(api.create_trust_anchor, name="Bad", source=bad)[0] == "ValidationException"


def test_a_profile_lives(api, iam):
    role = make_role(iam, "web", trust(SERVICE))
    profile = api.create_profile(name="Web", roleArns=[role], sessionPolicy=POLICY)
    profile = profile["profile"]
    assert profile["createdBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert (profile["durationSeconds"], profile["enabled"]) == (3600, False)
    assert profile["attributeMappings"] == [
        {"certificateField": "x509Issuer", "mappingRules": [{"specifier": "*"}]},
        {"certificateField": "x509SAN", "mappingRules": [{"specifier": s} for s in ("DNS", "URI", "Name/*")]},
        {"certificateField": "x509Subject", "mappingRules": [{"specifier": "*"}]},
    ]
    given = profile["profileId"]
    changed = api.update_profile(profileId=given, name="New", durationSeconds=900, acceptRoleSessionName=True)
    assert changed["profile"]["durationSeconds"] == 900
    assert changed["profile"]["roleArns"] == [role]
    assert api.enable_profile(profileId=given)["profile"]["enabled"] is True
    assert [each["name"] for each in api.list_profiles()["profiles"]] == ["New"]
    assert api.disable_profile(profileId=given)["profile"]["enabled"] is False
    api.delete_profile(profileId=given)
    assert refused(api.get_profile, profileId=given)[0] == "ResourceNotFoundException"


def test_a_profile_takes_roles_of_the_account_and_policies(api):
    other = "arn:aws:iam::210987654321:role/x"
    assert refused(api.create_profile, name="x", roleArns=[other])[0] == "AccessDeniedException"  # none may pass it
    for policy in ("x", '{"Statement": 1}'):
        assert refused(api.create_profile, name="x", roleArns=[], sessionPolicy=policy)[0] == "ValidationException"
    assert refused(api.create_profile, name="x", roleArns=[], managedPolicyArns=["x"])[0] == "ValidationException"


def test_mappings_are_put_and_taken_away(anywhere):
    api, given = anywhere.api, anywhere.profile["profileId"]

    def rules(answer):
        return {
            each["certificateField"]: [rule["specifier"] for rule in each["mappingRules"]]
            for each in answer["profile"]["attributeMappings"]
        }

    put = api.put_attribute_mapping(
        profileId=given, certificateField="x509Subject", mappingRules=[{"specifier": "CN"}, {"specifier": "OU"}]
    )
    assert rules(put)["x509Subject"] == ["CN", "OU"]
    left = api.delete_attribute_mapping(profileId=given, certificateField="x509Subject", specifiers=["OU"])
    assert rules(left)["x509Subject"] == ["CN"]
    gone = api.delete_attribute_mapping(profileId=given, certificateField="x509Subject")
    assert "x509Subject" not in rules(gone)
    wrong = {"profileId": given, "certificateField": "x509SAN"}
    assert refused(api.put_attribute_mapping, **wrong, mappingRules=[{"specifier": "CN"}])[0] == "ValidationException"
    assert refused(api.delete_attribute_mapping, **wrong, specifiers=["CN"])[0] == "ValidationException"


def test_a_revocation_list_lives(anywhere):
    api, arn = anywhere.api, anywhere.anchor["trustAnchorArn"]
    data = crl(ROOT)
    given = api.import_crl(name="One", crlData=data, trustAnchorArn=arn)["crl"]
    assert (given["crlData"], given["trustAnchorArn"], given["enabled"]) == (data, arn, False)
    assert api.enable_crl(crlId=given["crlId"])["crl"]["enabled"] is True
    newer = crl(ROOT, made(name("x"), ROOT))
    assert api.update_crl(crlId=given["crlArn"], crlData=newer, name="Two")["crl"]["crlData"] == newer
    assert [each["name"] for each in api.list_crls()["crls"]] == ["Two"]
    assert api.get_crl(crlId=given["crlId"])["crl"]["name"] == "Two"
    assert api.disable_crl(crlId=given["crlId"])["crl"]["enabled"] is False
    for wrong in (b"x", crl(authority("root"))):
        assert refused(api.import_crl, name="x", crlData=wrong, trustAnchorArn=arn)[0] == "ValidationException"
        assert refused(api.update_crl, crlId=given["crlId"], crlData=wrong)[0] == "ValidationException"
    api.import_crl(name="Three", crlData=data, trustAnchorArn=arn)
    assert refused(api.import_crl, name="Four", crlData=data, trustAnchorArn=arn)[0] == "ValidationException"
    api.delete_crl(crlId=given["crlId"])
    assert refused(api.get_crl, crlId=given["crlId"])[0] == "ResourceNotFoundException"
    api.delete_trust_anchor(trustAnchorId=anywhere.anchor["trustAnchorId"])
    assert api.list_crls()["crls"] == []


def test_notification_settings_are_kept(anywhere):
    api, given = anywhere.api, anywhere.anchor["trustAnchorId"]
    setting = {"event": "CA_CERTIFICATE_EXPIRY", "enabled": False, "threshold": 10}
    put = api.put_notification_settings(trustAnchorId=given, notificationSettings=[setting])["trustAnchor"]
    assert put["notificationSettings"][0] == setting | {"channel": "ALL", "configuredBy": ACCOUNT}
    key = {"event": "CA_CERTIFICATE_EXPIRY"}
    reset = api.reset_notification_settings(trustAnchorId=given, notificationSettingKeys=[key])["trustAnchor"]
    assert reset["notificationSettings"][0]["configuredBy"] == "rolesanywhere.amazonaws.com"


def test_tags(anywhere):
    api, arn = anywhere.api, anywhere.profile["profileArn"]
    api.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    api.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "3"}])
    api.untag_resource(resourceArn=arn, tagKeys=["b", "c"])
    assert api.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "3"}]
    for wrong in (arn[:-1] + "x", "arn:aws:iam::1:role/x", "x"):
        assert refused(api.list_tags_for_resource, resourceArn=wrong)[0] == "ResourceNotFoundException"
    twice = [{"key": "a", "value": "1"}] * 2
    assert refused(api.tag_resource, resourceArn=arn, tags=twice)[0] == "ValidationException"
    many = [{"key": str(number), "value": ""} for number in range(50)]
    assert refused(api.tag_resource, resourceArn=arn, tags=many)[0] == "TooManyTagsException"


def test_pages(api):
    made_ = {api.create_profile(name=f"p{number}", roleArns=[])["profile"]["profileId"] for number in range(5)}
    found = [each["profileId"] for page in api.get_paginator("list_profiles").paginate() for each in page["profiles"]]
    assert set(found) == made_
    first = api.list_profiles(pageSize=2)
    rest = api.list_profiles(pageSize=5, nextToken=first["nextToken"])
    assert {each["profileId"] for each in first["profiles"] + rest["profiles"]} == made_
    assert "nextToken" not in rest
    for size in (0, 1_001):
        assert refused(api.list_profiles, pageSize=size)[0] == "ValidationException"


def test_regions_are_apart(server, anywhere):
    import boto3

    there = boto3.client(
        "rolesanywhere",
        endpoint_url=server.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=anywhere.api._request_signer._credentials.access_key,
        aws_secret_access_key=anywhere.api._request_signer._credentials.secret_key,
    )
    assert there.list_profiles()["profiles"] == []
    assert refused(there.get_profile, profileId=anywhere.profile["profileId"])[0] == "ResourceNotFoundException"


def test_every_call_is_decided(anywhere, user):
    allowed = {"Effect": "Allow", "Action": "rolesanywhere:GetProfile", "Resource": anywhere.profile["profileArn"]}
    api = user("bob", allowed)("rolesanywhere")
    assert api.get_profile(profileId=anywhere.profile["profileId"])["profile"]["name"] == "Web"
    code, message = refused(api.get_profile, profileId=ABSENT)
    assert code == "AccessDeniedException"
    assert f":profile/{ABSENT} because no identity-based policy allows" in message
    assert refused(api.list_profiles)[0] == "AccessDeniedException"


def test_a_role_must_be_passed(anywhere, user):
    statement = {"Effect": "Allow", "Action": "rolesanywhere:*", "Resource": "*"}
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": anywhere.role,
        "Condition": {"StringEquals": {"iam:PassedToService": "rolesanywhere.amazonaws.com"}},
    }
    bob, carol = user("bob", statement)("rolesanywhere"), user("carol", statement, passing)("rolesanywhere")
    code, message = refused(bob.create_profile, name="x", roleArns=[anywhere.role])
    assert (code, "iam:PassRole" in message) == ("AccessDeniedException", True)
    given = carol.create_profile(name="x", roleArns=[anywhere.role])["profile"]["profileId"]
    assert refused(bob.enable_profile, profileId=given)[0] == "AccessDeniedException"
    assert carol.enable_profile(profileId=given)["profile"]["enabled"] is True


def test_what_is_not_served_is_refused(anywhere):
    api = anywhere.api
    assert refused(api.get_profile, profileId="x")[0] == "ValidationException"
    code, message = refused(api.create_trust_anchor, name="x", source=source(ROOT), crlDpRevocationEnabled=True)
    assert "crlDpRevocationEnabled" in message, code
