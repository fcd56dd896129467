"""CreateSession: requests signed with the key of a certificate, as the public helper signs them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.caller.certificates import pki
from tests.caller.certificates.pki import authority, crl, made, name
from tests.live import ACCOUNT
from tests.services.iam.support import refused
from tests.services.roles import permit, trust
from tests.services.rolesanywhere.support import ACTIONS, ROOT, SERVICE

SPIFFE = x509.UniformResourceIdentifier("spiffe://example/web")
WEB = made(name("web-1", (NameOID.ORGANIZATIONAL_UNIT_NAME, "shop")), ROOT, names=(SPIFFE,))


@pytest.fixture
def post(server):
    """`post(holder, body)`: status and answer of a signed request."""

    def post(holder, body, **changes):
        host = server.endpoint.removeprefix("http://")
        made_ = pki.request(holder, body, host=host, **changes)
        headers = {key.decode(): value.decode() for key, value in made_.headers}
        sent = urllib.request.Request(f"{server.endpoint}/sessions", made_.body, headers, method="POST")
        try:
            with urllib.request.urlopen(sent, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.headers["x-amzn-errortype"], json.loads(error.read())["message"]

    return post


def key_of(answer):
    given = answer["credentialSet"][0]["credentials"]
    return {
        "AccessKeyId": given["accessKeyId"],
        "SecretAccessKey": given["secretAccessKey"],
        "SessionToken": given["sessionToken"],
    }


def test_a_certificate_opens_a_session(post, anywhere, server, iam):
    permit(iam, "web", "iam:ListUsers")
    status, answer = post(WEB, anywhere.asked)
    assert status == 201
    (given,) = answer["credentialSet"]
    serial = WEB.certificate.serial_number.to_bytes(12).hex()  # also when the first digit is 0
    assert given["assumedRoleUser"]["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{serial}"
    assert given["assumedRoleUser"]["assumedRoleId"].endswith(f":{serial}")
    assert (given["roleArn"], given["sourceIdentity"]) == (anywhere.role, "web-1")
    expires = datetime.fromisoformat(given["credentials"]["expiration"])
    assert 3500 < (expires - datetime.now(UTC)).total_seconds() <= 3600
    assert server.client("sts", key_of(answer)).get_caller_identity()["Arn"] == given["assumedRoleUser"]["arn"]
    server.client("iam", key_of(answer)).list_users()
    assert refused(server.client("iam", key_of(answer)).list_roles)[0] == "AccessDenied"


def test_a_chain_and_an_rsa_key_do_as_well(post, anywhere):
    assert post(made(name("deep"), authority("middle", ROOT)), anywhere.asked)[0] == 201
    assert post(made(name("rsa"), ROOT, key=rsa.generate_private_key(65537, 2048)), anywhere.asked)[0] == 201


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"ArnEquals": {"aws:SourceArn": "ANCHOR"}}, 201),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, 201),
        ({"StringEquals": {"sts:SourceIdentity": "web-1"}}, 201),
        ({"StringEquals": {"sts:SourceIdentity": "web-2"}}, "AccessDeniedException"),
        ({"StringEquals": {"aws:PrincipalTag/x509Subject/OU": "shop"}}, 201),
        ({"StringLike": {"aws:PrincipalTag/x509SAN/URI": "spiffe://example/*"}}, 201),
        ({"StringEquals": {"aws:PrincipalTag/x509Issuer/CN": "other"}}, "AccessDeniedException"),
        ({"ArnEquals": {"aws:SourceArn": "ANCHORx"}}, "AccessDeniedException"),
    ],
)
def test_conditions_of_the_trust_policy(post, anywhere, iam, condition, status):
    text = json.dumps(condition).replace("ANCHOR", anywhere.anchor["trustAnchorArn"])
    policy = trust(SERVICE, ACTIONS, Condition=json.loads(text))
    iam.update_assume_role_policy(RoleName="web", PolicyDocument=policy)
    assert post(WEB, anywhere.asked)[0] == status


def test_a_role_that_does_not_trust_the_service_is_refused(post, anywhere, iam):
    for principal, actions in (({"Service": "ec2.amazonaws.com"}, ACTIONS), (SERVICE, "sts:AssumeRole")):
        iam.update_assume_role_policy(RoleName="web", PolicyDocument=trust(principal, actions))
        assert post(WEB, anywhere.asked)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("holder", "changes"),
    [
        (made(name("web"), authority("root")), {}),
        (made(name("web"), ROOT, days=(-9, -1)), {}),
        (WEB, {"signer": made(name("web"), ROOT)}),
        (WEB, {"algorithm": "AWS4-X509-RSA-SHA256"}),
        (WEB, {"unsigned": "x-amz-x509"}),
    ],
    ids=["another authority", "expired", "another key", "another algorithm", "certificate not signed"],
)
def test_who_proves_nothing_gets_nothing(post, anywhere, holder, changes):
    assert post(holder, anywhere.asked, **changes)[0] == "AccessDeniedException"
    assert anywhere.api.list_subjects()["subjects"] == []


def test_a_revoked_certificate_gets_nothing(post, anywhere):
    data, arn = crl(ROOT, WEB), anywhere.anchor["trustAnchorArn"]
    given = anywhere.api.import_crl(name="x", crlData=data, trustAnchorArn=arn)["crl"]["crlId"]
    assert post(WEB, anywhere.asked)[0] == 201  # the list is not enabled
    anywhere.api.enable_crl(crlId=given)
    assert post(WEB, anywhere.asked) == ("AccessDeniedException", "Certificate revoked")
    assert post(made(name("other"), ROOT), anywhere.asked)[0] == 201


def test_what_is_disabled_or_gone_gives_nothing(post, anywhere):
    api = anywhere.api
    api.disable_profile(profileId=anywhere.profile["profileId"])
    assert post(WEB, anywhere.asked) == ("AccessDeniedException", "Profile is disabled")
    api.enable_profile(profileId=anywhere.profile["profileId"])
    api.disable_trust_anchor(trustAnchorId=anywhere.anchor["trustAnchorId"])
    assert post(WEB, anywhere.asked) == ("AccessDeniedException", "Trust anchor is disabled")
    api.delete_trust_anchor(trustAnchorId=anywhere.anchor["trustAnchorId"])
    assert post(WEB, anywhere.asked)[0] == "ResourceNotFoundException"


def test_the_profile_bounds_the_session(post, anywhere, server, iam):
    permit(iam, "web", "iam:ListUsers", "iam:ListRoles")
    statement = {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    anywhere.api.update_profile(profileId=anywhere.profile["profileId"], sessionPolicy=policy, durationSeconds=7200)
    status, answer = post(WEB, {**anywhere.asked, "durationSeconds": 43_200})
    assert status == 201
    expires = datetime.fromisoformat(answer["credentialSet"][0]["credentials"]["expiration"])
    assert 7100 < (expires - datetime.now(UTC)).total_seconds() <= 7200
    client = server.client("iam", key_of(answer))
    client.list_roles()
    assert refused(client.list_users)[0] == "AccessDenied"
    assert post(WEB, {**anywhere.asked, "roleArn": anywhere.role + "x"})[0] == "AccessDeniedException"


def test_a_session_name_must_be_accepted(post, anywhere):
    asked = {**anywhere.asked, "roleSessionName": "batch"}
    assert post(WEB, asked)[0] == "AccessDeniedException"
    anywhere.api.update_profile(profileId=anywhere.profile["profileId"], acceptRoleSessionName=True)
    assert post(WEB, asked)[1]["credentialSet"][0]["assumedRoleUser"]["arn"].endswith("/batch")


def test_the_subject_is_remembered(post, anywhere):
    for _ in range(2):
        assert post(WEB, anywhere.asked)[0] == 201
    (listed,) = anywhere.api.list_subjects()["subjects"]
    assert listed["x509Subject"] == "CN=web-1,OU=shop"
    subject = anywhere.api.get_subject(subjectId=listed["subjectId"])["subject"]
    (credential,) = subject["credentials"]
    assert credential["serialNumber"] == str(WEB.certificate.serial_number)
    assert post(WEB, anywhere.asked)[1]["subjectArn"] == subject["subjectArn"]


@pytest.mark.parametrize(
    "changes",
    [
        {"durationSeconds": 60},
        {"durationSeconds": "x"},
        {"roleArn": None},
        {"profileArn": "x"},
        {"roleSessionName": "not good"},
        {"trustAnchorArn": 7},
    ],
)
def test_bad_input_is_refused(post, anywhere, changes):
    assert post(WEB, {**anywhere.asked, **changes})[0] == "ValidationException"


def test_another_account_knows_nothing_of_it(post, anywhere):
    asked = {**anywhere.asked, "trustAnchorArn": anywhere.asked["trustAnchorArn"].replace(ACCOUNT, "210987654321")}
    assert post(WEB, asked)[0] == "ResourceNotFoundException"
