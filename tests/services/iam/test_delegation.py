"""Temporary delegation: requests from one account for access to another, through all their states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from iamd.services.iam.delegation_requests import expiry, state
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import document, statement
from tests.services.iam.support import denied, refused

PARTNER = "444455556666"
LIMIT = "arn:aws:iam::aws:policy/PowerUserAccess"
BUCKET = "arn:aws:s3:::@{BucketName}"
UNKNOWN = f"{PARTNER}-00000000-0000-4000-8000-000000000000"
ALL = [f"iam:{verb}DelegationRequest" for verb in ("Get", "Associate", "Update", "Accept", "Reject")]


@pytest.fixture
def partner(server: Live) -> Any:
    """The root user of the account that asks."""
    return server.client("iam", server.add_account(PARTNER))


def template(partner: Any, *statements: dict[str, Any], name: str = "template") -> str:
    given = statements or (statement(["s3:GetObject", "s3:PutObject"], [BUCKET, f"{BUCKET}/*"]),)
    arn: str = partner.create_policy(PolicyName=name, PolicyDocument=document(*given))["Policy"]["Arn"]
    return arn


def parameter(name: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"Name": name, "Values": list(values), "Type": kind}


def create(partner: Any, arn: str, workflow: str = "workflow-1", **more: Any) -> str:
    parameters = more.pop("Parameters", [parameter("BucketName", "data")])
    asked = {
        "Description": "Set up the product",
        "Permissions": {"PolicyTemplateArn": arn, "Parameters": parameters},
        "RequestorWorkflowId": workflow,
        "NotificationChannel": f"arn:aws:sns:us-east-1:{PARTNER}:topic",
        "SessionDuration": 3600,
        **more,
    }
    id: str = partner.create_delegation_request(**asked)["DelegationRequestId"]
    return id


@pytest.fixture
def request_id(partner: Any) -> str:
    return create(partner, template(partner), RequestMessage="please", RedirectUrl="https://example.com/done")


@pytest.fixture
def alice(user: Callable[..., Any]) -> Any:
    return user("alice", statement([*ALL, "iam:SendDelegationToken", "iam:ListDelegationRequests"]))("iam")


ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


def described(client: Any, id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get_delegation_request(DelegationRequestId=id)["DelegationRequest"]
    return found


def test_the_way_of_a_request(partner: Any, iam: Any, alice: Any, request_id: str) -> None:
    made = described(partner, request_id)
    assert made["State"] == "UNASSIGNED"
    assert made["ExpirationTime"] == made["CreateDate"] + timedelta(days=1)
    assert (made["RequestorId"], made["SessionDuration"], made["OnlySendByOwner"]) == (PARTNER, 3600, False)
    assert (made["RequestMessage"], made["RedirectUrl"]) == ("please", "https://example.com/done")
    assert made["RolePermissionRestrictionArns"] == []
    assert made["PermissionPolicy"] == document(
        statement(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::data", "arn:aws:s3:::data/*"])
    ).replace(", ", ",").replace(": ", ":")
    assert not {"OwnerId", "OwnerAccountId", "ApproverId", "Notes", "UpdatedTime"} & made.keys()

    alice.associate_delegation_request(DelegationRequestId=request_id)
    assigned = described(iam, request_id)
    assert (assigned["State"], assigned["OwnerId"], assigned["OwnerAccountId"]) == ("ASSIGNED", ALICE, ACCOUNT)
    assert assigned["ExpirationTime"] == assigned["UpdatedTime"] + timedelta(days=7)
    alice.update_delegation_request(DelegationRequestId=request_id, Notes="over to you")
    pending = described(iam, request_id)
    assert (pending["State"], pending["Notes"]) == ("PENDING_APPROVAL", "over to you")
    iam.accept_delegation_request(DelegationRequestId=request_id)
    accepted = described(iam, request_id)
    assert (accepted["State"], accepted["ApproverId"]) == ("ACCEPTED", f"arn:aws:iam::{ACCOUNT}:root")
    alice.send_delegation_token(DelegationRequestId=request_id)
    assert described(partner, request_id)["State"] == "FINALIZED"
    assert refused(iam.reject_delegation_request, DelegationRequestId=request_id) == (
        "InvalidInput",
        "The delegation request is in state FINALIZED, and must be in state ASSIGNED or PENDING_APPROVAL or ACCEPTED.",
    )


def test_a_request_may_be_turned_down_until_it_is_handed_over(partner: Any, iam: Any, request_id: str) -> None:
    assert refused(iam.reject_delegation_request, DelegationRequestId=request_id)[0] == "InvalidInput"
    iam.associate_delegation_request(DelegationRequestId=request_id)
    iam.accept_delegation_request(DelegationRequestId=request_id)
    iam.reject_delegation_request(DelegationRequestId=request_id, Notes="changed my mind")
    rejected = described(partner, request_id)
    assert (rejected["State"], rejected["RejectionReason"]) == ("REJECTED", "changed my mind")
    assert refused(iam.accept_delegation_request, DelegationRequestId=request_id)[0] == "ConcurrentModification"
    assert refused(iam.send_delegation_token, DelegationRequestId=request_id)[0] == "InvalidInput"
    assert refused(iam.associate_delegation_request, DelegationRequestId=request_id)[0] == "InvalidInput"


def test_requests_expire(server: Live, partner: Any, iam: Any, request_id: str) -> None:
    records = server.realm.records(PARTNER)
    assert records is not None
    request = records.delegation_requests.get(request_id)
    assert request is not None
    assert expiry(request) == request.created + timedelta(days=1)
    assert state(request, expiry(request) - timedelta(seconds=1)) == "UNASSIGNED"
    assert state(request, expiry(request)) == "EXPIRED"
    iam.associate_delegation_request(DelegationRequestId=request_id)
    assigned = records.delegation_requests.get(request_id)
    assert assigned is not None
    assert expiry(assigned) == assigned.changed + timedelta(days=7)


def test_who_knows_of_a_request(server: Live, partner: Any, iam: Any, request_id: str) -> None:
    stranger = server.client("iam", server.add_account("777788889999"))
    assert described(stranger, request_id)["State"] == "UNASSIGNED"
    iam.associate_delegation_request(DelegationRequestId=request_id)
    gone = ("NoSuchEntity", f"The delegation request with id {request_id} cannot be found.")
    for operation in ("get", "associate", "accept", "reject", "update"):
        call = getattr(stranger, f"{operation}_delegation_request")
        assert refused(call, DelegationRequestId=request_id) == gone
    assert refused(partner.accept_delegation_request, DelegationRequestId=request_id) == (
        "InvalidInput",
        "The delegation request belongs to another account.",
    )
    mine = create(partner, f"arn:aws:iam::{PARTNER}:policy/template", "workflow-2", OwnerAccountId=ACCOUNT)
    assert described(iam, mine)["OwnerAccountId"] == ACCOUNT
    assert refused(stranger.associate_delegation_request, DelegationRequestId=mine)[0] == "NoSuchEntity"
    iam.associate_delegation_request(DelegationRequestId=mine)


def test_owners_may_read_and_forward_and_others_need_permission(iam: Any, user: Any, request_id: str) -> None:
    bob = user("bob", statement("iam:AssociateDelegationRequest"))("iam")
    bob.associate_delegation_request(DelegationRequestId=request_id)
    assert described(bob, request_id)["State"] == "ASSIGNED"
    bob.update_delegation_request(DelegationRequestId=request_id)
    assert bob.get_human_readable_summary(EntityArn=arn(request_id))["SummaryState"] == "AVAILABLE"
    bobs = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert refused(bob.accept_delegation_request, DelegationRequestId=request_id) == denied(
        bobs, "AcceptDelegationRequest", arn(request_id)
    )
    eve = user("eve")("iam")
    assert refused(eve.get_delegation_request, DelegationRequestId=request_id) == denied(
        f"arn:aws:iam::{ACCOUNT}:user/eve", "GetDelegationRequest", arn(request_id)
    )
    assert refused(eve.get_delegation_request, DelegationRequestId=UNKNOWN)[0] == "AccessDenied"


def arn(id: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:delegation-request/{id}"


def test_only_the_owner_sends_where_that_was_asked_for(partner: Any, iam: Any, alice: Any) -> None:
    id = create(partner, template(partner), OnlySendByOwner=True)
    alice.associate_delegation_request(DelegationRequestId=id)
    iam.accept_delegation_request(DelegationRequestId=id)
    assert refused(iam.send_delegation_token, DelegationRequestId=id) == (
        "InvalidInput",
        "Only the owner of this delegation request can send its token.",
    )
    alice.send_delegation_token(DelegationRequestId=id)


def test_the_token_waits_sealed_for_its_requestor(server: Live, partner: Any, iam: Any, request_id: str) -> None:
    iam.associate_delegation_request(DelegationRequestId=request_id)
    iam.accept_delegation_request(DelegationRequestId=request_id)
    iam.send_delegation_token(DelegationRequestId=request_id)
    records = server.realm.records(PARTNER)
    assert records is not None
    sealed = records.delegation_requests.get(request_id).sealed_token
    token = server.realm.sealer.open(sealed, request_id.encode()).decode()
    assert token.startswith(f"{request_id}.")


def test_the_root_user_approves_four_hours_at_most(partner: Any, iam: Any, alice: Any) -> None:
    id = create(partner, template(partner), SessionDuration=4 * 3600 + 1)
    iam.associate_delegation_request(DelegationRequestId=id)
    assert refused(iam.accept_delegation_request, DelegationRequestId=id)[0] == "InvalidInput"
    alice.accept_delegation_request(DelegationRequestId=id)
    assert described(alice, id)["ApproverId"] == ALICE


def test_lists_have_what_the_account_has_taken_up(partner: Any, iam: Any, alice: Any) -> None:
    policy = template(partner)
    ids = [create(partner, policy, f"workflow-{number}") for number in range(3)]
    assert iam.list_delegation_requests()["DelegationRequests"] == []
    for id in ids[:2]:
        alice.associate_delegation_request(DelegationRequestId=id)
    iam.associate_delegation_request(DelegationRequestId=ids[2])

    def listed(**more: Any) -> list[str]:
        return [each["DelegationRequestId"] for each in alice.list_delegation_requests(**more)["DelegationRequests"]]

    assert sorted(listed()) == sorted(ids)
    assert sorted(listed(OwnerId=ALICE)) == sorted(ids[:2])
    first = alice.list_delegation_requests(MaxItems=2)
    assert (first["isTruncated"], len(first["DelegationRequests"])) == (True, 2)
    assert len(listed(MaxItems=2, Marker=first["Marker"])) == 1
    assert partner.list_delegation_requests()["DelegationRequests"] == []


def test_the_owner_asked_for_is_a_condition_key(iam: Any, user: Any) -> None:
    own = {"StringEquals": {"iam:DelegationRequestOwner": "${aws:PrincipalArn}"}}
    bob = user("bob", statement("iam:ListDelegationRequests", Condition=own))("iam")
    assert bob.list_delegation_requests(OwnerId=f"arn:aws:iam::{ACCOUNT}:user/bob")["DelegationRequests"] == []
    assert refused(bob.list_delegation_requests)[0] == "AccessDenied"


def test_what_is_asked_for_are_condition_keys(server: Live, partner: Any) -> None:
    policy = template(partner)
    keys = {"NumericLessThanEquals": {"iam:DelegationDuration": "3600"}, "ArnEquals": {"iam:TemplateArn": policy}}
    partner.create_user(UserName="bot")
    allowed = document(statement("iam:CreateDelegationRequest", Condition=keys))
    partner.put_user_policy(UserName="bot", PolicyName="own", PolicyDocument=allowed)
    bot = server.client("iam", partner.create_access_key(UserName="bot")["AccessKey"])
    assert create(bot, policy)
    assert refused(lambda: create(bot, policy, "workflow-2", SessionDuration=3601))[0] == "AccessDenied"
    assert refused(lambda: create(bot, LIMIT, "workflow-2", Parameters=[]))[0] == "AccessDenied"


def test_policies_are_made_from_templates(partner: Any) -> None:
    boundary = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
    policy = template(
        partner,
        statement("s3:GetObject", Condition={"StringEquals": {"aws:RequestedRegion": "@{Regions}"}}),
        statement("iam:CreateRole", "arn:aws:iam::*:role/@{Prefix}-*", Condition=boundary),
    )
    given = [
        parameter("Regions", "eu-west-1", "eu-west-3", kind="stringList"),
        parameter("Prefix", "product"),
    ]
    made = described(partner, create(partner, policy, Parameters=given))
    assert '{"aws:RequestedRegion":["eu-west-1","eu-west-3"]}' in made["PermissionPolicy"]
    assert '"Resource":"arn:aws:iam::*:role/product-*"' in made["PermissionPolicy"]
    assert made["RolePermissionRestrictionArns"] == [LIMIT]
    assert made["Permissions"] == {"PolicyTemplateArn": policy, "Parameters": given}


def test_requests_that_cannot_be(partner: Any) -> None:
    policy = template(partner)

    def refusal(arn: str = policy, **more: Any) -> tuple[str, str]:
        return refused(lambda: create(partner, arn, **more))

    absent = f"arn:aws:iam::{PARTNER}:policy/absent"
    assert refusal(absent) == ("InvalidInput", f"The policy template {absent} cannot be found.")
    assert refusal(Parameters=[]) == ("InvalidInput", "Failed to render template: Parameter 'BucketName' not found.")
    extra = [parameter("BucketName", "x"), parameter("Colour", "red")]
    assert refusal(Parameters=extra) == ("InvalidInput", "Failed to render template: Unrecognized parameter: Colour")
    assert refusal(Parameters=[parameter("BucketName", "a", "b")])[0] == "InvalidInput"
    loose = template(partner, statement("iam:*"), name="loose")
    assert refusal(loose, Parameters=[]) == (
        "InvalidInput",
        "A policy that allows iam:CreateRole must require a permissions boundary.",
    )
    typed = template(partner, statement("s3:GetObject", "arn:aws:@{Service}:::x"), name="typed")
    code, said = refusal(typed, Parameters=[parameter("Service", "s*")])
    assert (code, said[:33]) == ("InvalidInput", "The rendered policy is not valid:")
    create(partner, policy)
    assert refusal() == ("EntityAlreadyExists", "A delegation request with workflow id workflow-1 already exists.")


@pytest.mark.parametrize(
    ("own", "result"),
    [
        (statement("s3:*"), "ALLOWED"),
        (statement("s3:GetObject"), "DENIED"),
        (statement("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "UNSURE"),
    ],
)
def test_whether_the_caller_covers_it(user: Any, request_id: str, own: dict[str, Any], result: str) -> None:
    bob = user("bob", statement("iam:GetDelegationRequest"), own)("iam")
    answer = bob.get_delegation_request(DelegationRequestId=request_id, DelegationPermissionCheck=True)
    assert (answer["PermissionCheckStatus"], answer["PermissionCheckResult"]) == ("COMPLETED", result)


def test_the_root_user_covers_everything_and_nobody_is_asked_unless_wanted(iam: Any, request_id: str) -> None:
    answer = iam.get_delegation_request(DelegationRequestId=request_id, DelegationPermissionCheck=True)
    assert answer["PermissionCheckResult"] == "ALLOWED"
    assert "PermissionCheckStatus" not in iam.get_delegation_request(DelegationRequestId=request_id)


def test_summaries(partner: Any, iam: Any, request_id: str) -> None:
    assert iam.get_human_readable_summary(EntityArn=arn(request_id)) | {"ResponseMetadata": None} == {
        "SummaryState": "AVAILABLE",
        "Locale": "en",
        "SummaryContent": (
            f"Account {PARTNER} asks for access to this account for 1 hour.\n"
            "It would be allowed s3:GetObject, s3:PutObject on arn:aws:s3:::data, arn:aws:s3:::data/*."
        ),
        "ResponseMetadata": None,
    }
    assert iam.get_human_readable_summary(EntityArn=arn(request_id), Locale="de")["SummaryState"] == "NOT_SUPPORTED"
    boundary = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
    policy = template(
        partner,
        {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:CreateRole", "NotResource": "arn:aws:iam::*:role/a", "Condition": boundary},
        name="odd",
    )
    id = create(partner, policy, "workflow-2", Parameters=[], SessionDuration=9060)
    when = f"iam:PermissionsBoundary meets StringEquals {LIMIT}"
    assert iam.get_human_readable_summary(EntityArn=arn(id), Locale="en-GB")["SummaryContent"].splitlines() == [
        f"Account {PARTNER} asks for access to this account for 2 hours and 31 minutes.",
        "It would be denied everything but s3:* on all resources.",
        f"It would be allowed iam:CreateRole on everything but arn:aws:iam::*:role/a, if {when}.",
        f"Roles that it creates are held to the permissions boundary {LIMIT}.",
    ]


def test_summaries_of_nothing(iam: Any) -> None:
    of = iam.get_human_readable_summary
    assert refused(of, EntityArn=arn(UNKNOWN))[0] == "NoSuchEntity"
    assert refused(of, EntityArn=f"arn:aws:iam::{ACCOUNT}:user/bob")[0] == "InvalidInput"


def test_unknown_requests(iam: Any) -> None:
    for id in (UNKNOWN, "no-such-request-at-all"):
        assert refused(iam.get_delegation_request, DelegationRequestId=id) == (
            "NoSuchEntity",
            f"The delegation request with id {id} cannot be found.",
        )
