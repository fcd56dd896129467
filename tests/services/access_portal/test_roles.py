"""What people have been given: accounts, roles, credentials of them, and the console."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live
from tests.services.access_portal.company import new_company, new_member
from tests.services.access_portal.people import PASSWORD, Person
from tests.services.access_portal.programs import Program, refused
from tests.services.identity_center.conftest import Center
from tests.services.identity_center.test_assignments import assign
from tests.services.signin.browser import Browser
from tests.services.undurable import while_undurable

OWN = {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:PrincipalTag/title}/*"}
THEMSELVES = {
    "Effect": "Deny",
    "Action": "iam:GetUser",
    "Resource": "*",
    "Condition": {"StringEquals": {"identitystore:UserId": "nobody"}},
}
NO_ACCESS = ("ForbiddenException", 403, "No access")


@pytest.fixture
def company(server: Live) -> Center:
    return new_company(server)


@pytest.fixture
def bea(company: Center) -> Person:
    return new_member(company, "bea@example.com", [OWN, THEMSELVES])


@pytest.fixture
def token(bea: Person, company: Center, browser: Browser) -> dict[str, Any]:
    """What a program has got of that person: the program, too."""
    program = Program(company.server.endpoint, f"{company.server.endpoint}/start")
    bea.sign_in(browser)
    return {"program": program, "accessToken": bea.allow(browser, program)["accessToken"]}


def test_accounts_and_roles(company: Center, token: dict[str, Any], bea: Person) -> None:
    portal, bearer = token["program"].portal, {"accessToken": token["accessToken"]}
    member = {"accountId": company.member, "accountName": "member", "emailAddress": "m@example.com"}
    assert portal.list_accounts(**bearer)["accountList"] == [member]
    roles = portal.list_account_roles(**bearer, accountId=company.member)["roleList"]
    assert roles == [{"roleName": "Admin", "accountId": company.member}]
    other = company.new_set("Other")
    assign(company, other, bea.id, company.member)
    paged = portal.list_account_roles(**bearer, accountId=company.member, maxResults=1)
    assert [role["roleName"] for role in paged["roleList"]] == ["Admin"]
    rest = portal.list_account_roles(**bearer, accountId=company.member, nextToken=paged["nextToken"])
    assert ([role["roleName"] for role in rest["roleList"]], "nextToken" in rest) == (["Other"], False)
    assert refused(portal.list_account_roles, **bearer, accountId=ACCOUNT) == NO_ACCESS
    wrong = refused(portal.list_accounts, **bearer, nextToken="?")
    assert wrong[:2] == ("InvalidRequestException", 400)
    assert refused(portal.list_accounts, **bearer, maxResults=0)[0] == "InvalidRequestException"


def test_credentials_of_a_role(company: Center, token: dict[str, Any], bea: Person) -> None:
    configuration = {"AccessControlAttributes": [{"Key": "title", "Value": {"Source": ["${path:title}"]}}]}
    bea.write(
        lambda records: records.identity_centers.replace(
            records.identity_centers.get(ACCOUNT), attributes=json.dumps(configuration)
        )
    )
    portal = token["program"].portal
    asked = {"accessToken": token["accessToken"], "accountId": company.member, "roleName": "Admin"}
    given = portal.get_role_credentials(**asked)["roleCredentials"]
    ends = datetime.fromtimestamp(given["expiration"] / 1000, UTC)
    assert timedelta(minutes=119) < ends - datetime.now(UTC) <= timedelta(hours=2)
    key = {name: given[name[0].lower() + name[1:]] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    told = company.server.client("sts", key).get_caller_identity()
    assert told["Account"] == company.member
    assert "assumed-role/AWSReservedSSO_Admin_" in told["Arn"]
    assert told["Arn"].endswith("/bea@example.com")
    iam = company.server.client("iam", key)
    iam.create_user(UserName="x", Path="/boss/")  # by the tag of the session
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.create_user(UserName="x", Path="/other/")
    trail = company.client_in(company.member, "cloudtrail")
    events = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithSAML"}]
    )
    event = json.loads(events["Events"][0]["CloudTrailEvent"])
    assert (event["userIdentity"]["type"], event["userIdentity"]["userName"]) == ("SAMLUser", "bea@example.com")
    assert event["requestParameters"]["principalTags"] == {"title": "boss"}
    assert event["responseElements"]["credentials"]["accessKeyId"] == key["AccessKeyId"]
    asking = [each for each in bea.events() if each["eventName"] == "GetRoleCredentials"]
    assert asking[0]["requestParameters"] == {"role_name": "Admin", "account_id": company.member}
    assert key["SessionToken"] not in str(bea.events())
    for wrong in ({"roleName": "Other"}, {"accountId": ACCOUNT}, {"accountId": "1"}):
        assert refused(portal.get_role_credentials, **{**asked, **wrong}) == NO_ACCESS
    denied = [each for each in bea.events() if each.get("errorCode") == "ForbiddenException"]
    assert {each["requestParameters"]["role_name"] for each in denied} == {"Other", "Admin"}


def test_no_cache_keeps_credentials(company: Center, token: dict[str, Any]) -> None:
    program, asked = token["program"], {"accessToken": token["accessToken"], "accountId": company.member}
    for answer in (
        program.registration,
        program.start(),
        program.portal.get_role_credentials(**asked, roleName="Admin"),
        program.portal.list_account_roles(**asked),
    ):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["cache-control"] == "no-store"


def test_policies_see_whose_session_it_is(company: Center, token: dict[str, Any], bea: Person) -> None:
    portal = token["program"].portal
    asked = {"accessToken": token["accessToken"], "accountId": company.member, "roleName": "Admin"}
    session = company.server.realm.tokens.open(portal.get_role_credentials(**asked)["roleCredentials"]["sessionToken"])
    assert session.extras["identitystore:userid"] == bea.id
    assert session.extras["saml:sub"] == "bea@example.com"


def test_what_is_taken_away_is_gone_at_once(company: Center, token: dict[str, Any], bea: Person) -> None:
    portal = token["program"].portal
    asked = {"accessToken": token["accessToken"], "accountId": company.member, "roleName": "Admin"}
    portal.get_role_credentials(**asked)
    (membership,) = bea.records.store_memberships.where("user", bea.id)
    company.store.delete_group_membership(IdentityStoreId=company.store_id, MembershipId=membership.id)
    assert refused(portal.get_role_credentials, **asked) == NO_ACCESS
    assert portal.list_accounts(accessToken=token["accessToken"])["accountList"] == []


def test_the_role_must_let_in(company: Center, token: dict[str, Any]) -> None:
    """A resource control policy stands above the role's trust policy."""
    organizations = company.server.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    document = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithSAML", "Resource": "*"}
    made = organizations.create_policy(
        Name="no", Description="", Type="RESOURCE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
    )  # fmt: skip
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=company.member)
    portal = token["program"].portal
    asked = {"accessToken": token["accessToken"], "accountId": company.member, "roleName": "Admin"}
    assert refused(portal.get_role_credentials, **asked) == NO_ACCESS


def test_the_portal_leads_to_the_console_and_shows_keys(company: Center, bea: Person, browser: Browser) -> None:
    browser.submit(browser.open("/start"), name=bea.name, password=PASSWORD)
    shown = browser.open("/start")
    assert "member</h2>" in shown.body
    role = {"account": company.member, "role": "Admin"}
    keys = browser.submit(shown, **role, step="keys")
    assert "aws_session_token" in keys.body
    assert f"sso_start_url = https://{company.store_id}.awsapps.com/start" in keys.body
    assert keys.headers["cache-control"] == "no-store"
    led_on = browser.submit(shown, **role, step="console")
    assert led_on.headers["location"] == "/console/"
    assert "iamd-console" in browser.cookies
    assert browser.submit(shown, account=ACCOUNT, role="Admin", step="keys").status == 403
    assert browser.submit(shown, account=ACCOUNT, role="Admin", step="console").status == 403


def test_pages_tell_nothing_that_could_be_taken_back(company: Center, bea: Person, browser: Browser) -> None:
    """An assignment that is never stored gives nobody a role."""
    bea.sign_in(browser)
    form = browser.open("/start")
    records = bea.records
    group = next(iter(records.store_memberships.where("user", bea.id)))
    bea.write(lambda found: found.store_memberships.remove(group))
    role = {"account": company.member, "role": "Admin"}
    assert browser.submit(form, **role, step="keys").status == 403
    for ask in (lambda: browser.open("/start"), lambda: browser.submit(form, **role, step="keys")):
        waited, page = while_undurable(
            company.server, lambda change: change.records(ACCOUNT).store_memberships.add(group), ask
        )
        assert (waited, page.status) == (True, 503)
        assert "aws_session_token" not in page.body
    assert "member</h2>" not in browser.open("/start").body
