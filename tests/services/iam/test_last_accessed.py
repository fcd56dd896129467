"""GenerateServiceLastAccessedDetails and what reads its reports; ListPoliciesGrantingServiceAccess."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamd.services.iam import last_accessed
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import TRUST, document, statement
from tests.services.iam.support import denied, refused

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def arn_of(name: str, kind: str = "user") -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def report(client: Any, arn: str, **more: Any) -> dict[str, Any]:
    job = client.generate_service_last_accessed_details(Arn=arn, **more)["JobId"]
    answer: dict[str, Any] = client.get_service_last_accessed_details(JobId=job)
    return answer


def services(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["ServiceNamespace"]: each for each in answer["ServicesLastAccessed"]}


@pytest.fixture
def bob(iam: Any, user: Any) -> Any:
    """A user who may read users and objects, and has tried to read users and roles."""
    client = user("bob", statement(["iam:Get*", "iam:PassRole", "s3:GetObject"]), statement("sqs:*", effect="Deny"))
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    client("iam").get_user()
    refused(client("iam").list_roles)
    return client


def test_a_users_services(iam: Any, bob: Any) -> None:
    answer = report(iam, arn_of("bob"))
    assert (answer["JobStatus"], answer["JobType"], answer["IsTruncated"]) == ("COMPLETED", "SERVICE_LEVEL", False)
    assert answer["JobCreationDate"] <= answer["JobCompletionDate"]
    found = services(answer)
    assert [*found] == ["iam", "s3"]  # an unconditional denial takes SQS away
    assert found["s3"] == {
        "ServiceName": found["s3"]["ServiceName"],
        "ServiceNamespace": "s3",
        "TotalAuthenticatedEntities": 0,
    }
    used = found["iam"]
    assert used["LastAuthenticated"] > datetime.now(UTC) - timedelta(minutes=1)
    assert (used["LastAuthenticatedEntity"], used["LastAuthenticatedRegion"]) == (arn_of("bob"), "us-east-1")
    assert used["TotalAuthenticatedEntities"] == 1
    assert "TrackedActionsLastAccessed" not in used


def test_a_users_actions(iam: Any, bob: Any) -> None:
    answer = report(iam, arn_of("bob"), Granularity="ACTION_LEVEL")
    assert answer["JobType"] == "ACTION_LEVEL"
    found = services(answer)
    assert "TrackedActionsLastAccessed" not in found["s3"]
    tracked = {each["ActionName"]: each for each in found["iam"]["TrackedActionsLastAccessed"]}
    assert [*tracked] == sorted(tracked)
    assert {"GetUser", "GetRole", "GetCredentialReport"} <= tracked.keys()
    assert not {"PassRole", "ListRoles", "CreateUser"} & tracked.keys()
    assert tracked["GetRole"] == {"ActionName": "GetRole"}
    assert tracked["GetUser"]["LastAccessedEntity"] == arn_of("bob")
    assert tracked["GetUser"]["LastAccessedRegion"] == "us-east-1"
    assert tracked["GetUser"]["LastAccessedTime"] == found["iam"]["LastAuthenticated"]


def test_conditions_restrict_nothing_and_unknown_actions_give_nothing(iam: Any) -> None:
    condition = {"StringEquals": {"aws:username": "nobody"}}
    own = document(
        statement("s3:GetObject", Condition=condition),
        statement("s3:*", effect="Deny", Condition=condition),
        statement("sqs:MadeUp"),
        statement("dynamodb:*", "arn:aws:s3:::bucket"),
        statement("kms:*"),
        statement(["kms:*", "sns:*"], effect="Deny"),
    )
    iam.create_user(UserName="eve")
    iam.put_user_policy(UserName="eve", PolicyName="own", PolicyDocument=own)
    iam.put_user_policy(UserName="eve", PolicyName="too", PolicyDocument=document(statement("sns:*")))
    assert [*services(report(iam, arn_of("eve")))] == ["s3"]


def test_groups_and_policies_tell_of_their_entities(iam: Any, bob: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=document(statement("iam:*")))["Policy"]["Arn"]
    for name in ("ann", "zoe"):
        iam.create_user(UserName=name, Path="/staff/")
    iam.create_group(GroupName="all")
    for name in ("ann", "bob"):
        iam.add_user_to_group(GroupName="all", UserName=name)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    iam.attach_group_policy(GroupName="all", PolicyArn=policy)
    iam.attach_role_policy(RoleName="app", PolicyArn=policy)

    def entities(job: str, **more: Any) -> list[dict[str, Any]]:
        answer = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="iam", **more)
        assert answer["JobStatus"] == "COMPLETED"
        listed: list[dict[str, Any]] = answer["EntityDetailsList"]
        return listed

    group = iam.generate_service_last_accessed_details(Arn=arn_of("all", "group"))["JobId"]
    by_policy = iam.generate_service_last_accessed_details(Arn=policy)["JobId"]
    first, second = entities(group)
    assert (first["EntityInfo"]["Name"], first["EntityInfo"]["Type"]) == ("bob", "USER")
    assert first["LastAuthenticated"] > datetime.now(UTC) - timedelta(minutes=1)
    user_id = iam.get_user(UserName="ann")["User"]["UserId"]
    assert second == {
        "EntityInfo": {"Arn": arn_of("staff/ann"), "Name": "ann", "Type": "USER", "Id": user_id, "Path": "/staff/"}
    }
    assert [each["EntityInfo"]["Name"] for each in entities(by_policy)] == ["bob", "app", "ann"]
    assert services(iam.get_service_last_accessed_details(JobId=by_policy))["iam"]["TotalAuthenticatedEntities"] == 1

    # Whose they are is frozen; what they are called is not.
    iam.remove_user_from_group(GroupName="all", UserName="bob")
    iam.add_user_to_group(GroupName="all", UserName="zoe")
    iam.update_user(UserName="bob", NewUserName="rob")
    assert [each["EntityInfo"]["Name"] for each in entities(group)] == ["rob", "ann"]
    iam.remove_user_from_group(GroupName="all", UserName="ann")
    iam.delete_user(UserName="ann")
    assert [each["EntityInfo"]["Name"] for each in entities(group)] == ["rob"]
    assert (
        iam.get_service_last_accessed_details_with_entities(JobId=group, ServiceNamespace="s3")["EntityDetailsList"]
        == []
    )


def test_an_unattached_policy_has_services_and_nobody(iam: Any) -> None:
    answer = report(iam, ADMINISTRATOR)
    found = answer["ServicesLastAccessed"]
    assert [each["ServiceNamespace"] for each in found] == sorted(each["ServiceNamespace"] for each in found)
    assert len(found) > 400
    assert not answer["IsTruncated"]  # clients that read one page read all
    assert {each["TotalAuthenticatedEntities"] for each in found} == {0}


def test_pages(iam: Any) -> None:
    job = iam.generate_service_last_accessed_details(Arn=ADMINISTRATOR)["JobId"]
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        answer = iam.get_service_last_accessed_details(JobId=job, MaxItems=190, **more)
        seen += services(answer)
        if not answer["IsTruncated"]:
            break
        more = {"Marker": answer["Marker"]}
    assert len(seen) == len(set(seen)) > 400


def test_a_roles_attempts_are_those_of_its_sessions(iam: Any, sts: Any, server: Live, user: Any) -> None:
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=document(statement("iam:*")))
    alice = user("alice", statement("sts:AssumeRole"))
    session = alice("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    assert "LastAuthenticated" not in services(report(iam, role))["iam"]
    as_role = server.client("iam", session)
    as_role.list_users()
    answer = report(as_role, role)
    assert services(answer)["iam"]["LastAuthenticatedEntity"] == role
    # The session alone may read its report; another of the same name may not.
    job = as_role.generate_service_last_accessed_details(Arn=role)["JobId"]
    again = alice("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    assert as_role.get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED"
    for stranger in (iam, server.client("iam", again)):
        assert refused(stranger.get_service_last_accessed_details, JobId=job)[0] == "NoSuchEntity"


def test_what_was_long_ago_does_not_count(iam: Any, server: Live, bob: Any) -> None:
    user_id = iam.get_user(UserName="bob")["User"]["UserId"]
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    long_ago = datetime.now(UTC) - timedelta(days=401)
    server.loop.call_soon_threadsafe(
        server.realm.store.accessed, ACCOUNT, user_id, "sqs", "SendMessage", long_ago, "eu-central-1"
    )
    recent = datetime.now(UTC) - timedelta(days=399)
    server.loop.call_soon_threadsafe(
        server.realm.store.accessed, ACCOUNT, user_id, "sqs", "ListQueues", recent, "eu-west-1"
    )
    assert services(report(iam, arn_of("bob")))["sqs"]["LastAuthenticatedRegion"] == "eu-west-1"


def test_the_oldest_reports_go(iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_accessed, "REPORTS_KEPT", 2)
    iam.create_user(UserName="eve")
    jobs = [iam.generate_service_last_accessed_details(Arn=arn_of("eve"))["JobId"] for _ in range(3)]
    assert refused(iam.get_service_last_accessed_details, JobId=jobs[0])[0] == "NoSuchEntity"
    for job in jobs[1:]:
        assert iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"] == []


def test_refusals(iam: Any, user: Any) -> None:
    generate = iam.generate_service_last_accessed_details
    assert refused(generate, Arn=arn_of("nobody")) == ("NoSuchEntity", "The user with name nobody cannot be found.")
    gone = arn_of("gone", "policy")
    assert refused(generate, Arn=gone) == ("NoSuchEntity", f"Policy {gone} was not found.")
    assert refused(generate, Arn="arn:aws:s3:::some-bucket-name") == ("ValidationError", "Invalid service in ARN")
    assert refused(generate, Arn="this is no ARN, only a text") == (
        "ValidationError",
        "Invalid ARN:  Could not be parsed!",
    )
    assert refused(generate, Arn=f"arn:aws:iam::{ACCOUNT}:root")[0] == "InvalidInput"
    assert refused(generate, Arn=arn_of("nobody"), Granularity="NONE")[0] == "ValidationError"
    unknown = str(uuid.uuid4())
    assert refused(iam.get_service_last_accessed_details, JobId=unknown)[0] == "NoSuchEntity"
    with_entities = iam.get_service_last_accessed_details_with_entities
    assert refused(with_entities, JobId=unknown, ServiceNamespace="s3")[0] == "NoSuchEntity"
    assert refused(with_entities, JobId=unknown, ServiceNamespace="nothing")[0] == "InvalidInput"
    alice = user("alice")("iam")
    mine = arn_of("alice")
    assert refused(alice.generate_service_last_accessed_details, Arn=mine) == denied(
        mine, "GenerateServiceLastAccessedDetails", "user alice"
    )
    assert refused(alice.get_service_last_accessed_details, JobId=unknown) == denied(
        mine, "GetServiceLastAccessedDetails", "*"
    )


# --- ListPoliciesGrantingServiceAccess ---------------------------------------------------------------------------


def granting(iam: Any, arn: str, *namespaces: str) -> dict[str, list[dict[str, Any]]]:
    answer = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=list(namespaces))
    assert answer["IsTruncated"] is False
    return {each["ServiceNamespace"]: each["Policies"] for each in answer["PoliciesGrantingServiceAccess"]}


def test_policies_are_told_with_their_place(iam: Any, bob: Any) -> None:
    iam.create_group(GroupName="all")
    iam.add_user_to_group(GroupName="all", UserName="bob")
    iam.put_group_policy(GroupName="all", PolicyName="theirs", PolicyDocument=document(statement("s3:*")))
    found = granting(iam, arn_of("bob"), "sqs", "s3", "kms", "s3")
    assert [*found] == ["sqs", "s3", "kms"]
    assert found["kms"] == []
    managed = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    assert found["sqs"] == [{"PolicyName": "AmazonSQSFullAccess", "PolicyType": "MANAGED", "PolicyArn": managed}]
    assert found["s3"] == [
        {"PolicyName": "own", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "bob"},
        {"PolicyName": "theirs", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "all"},
    ]
    assert granting(iam, arn_of("all", "group"), "sqs") == {"sqs": []}


@pytest.mark.parametrize(
    ("statements", "granted"),
    [
        ([statement("sqs:MadeUp")], True),
        ([statement("sqs:*"), statement("sqs:SendMessage", effect="Deny")], True),
        ([statement("sqs:*"), statement("sqs:*", effect="Deny")], False),
        ([statement("*"), statement("*", effect="Deny")], False),
        ([statement("sqs:*"), statement("sqs:*", "arn:aws:sqs:*:*:q", effect="Deny")], True),
        (
            [
                statement("sqs:*"),
                statement("sqs:*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            ],
            True,
        ),
        ([statement("sqs:*", "arn:aws:s3:::bucket")], False),
        ([statement("sqs:*", "arn:aws:sqs:eu-west-1:*:q*")], True),
        ([statement("*")], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "sqs:*", "NotResource": "arn:aws:sqs:*:*:q"}], True),
    ],
)
def test_each_document_is_looked_at_by_itself(iam: Any, statements: list[dict[str, Any]], granted: bool) -> None:
    iam.create_user(UserName="eve")
    iam.put_user_policy(UserName="eve", PolicyName="own", PolicyDocument=document(*statements))
    iam.put_user_policy(UserName="eve", PolicyName="other", PolicyDocument=document(statement("sqs:*", effect="Deny")))
    assert bool(granting(iam, arn_of("eve"), "sqs")["sqs"]) is granted


def test_services_that_are_none(iam: Any) -> None:
    iam.create_user(UserName="eve")
    listing = iam.list_policies_granting_service_access
    assert refused(listing, Arn=arn_of("eve"), ServiceNamespaces=["nothing"])[0] == "InvalidInput"
    assert refused(listing, Arn=arn_of("nobody"), ServiceNamespaces=["s3"])[0] == "NoSuchEntity"


def test_grants_are_paged(iam: Any) -> None:
    iam.create_user(UserName="eve")
    names = [each["ServiceNamespace"] for each in report(iam, ADMINISTRATOR)["ServicesLastAccessed"]][:150]
    first = iam.list_policies_granting_service_access(Arn=arn_of("eve"), ServiceNamespaces=names)
    assert (first["IsTruncated"], len(first["PoliciesGrantingServiceAccess"])) == (True, 100)
    rest = iam.list_policies_granting_service_access(Arn=arn_of("eve"), ServiceNamespaces=names, Marker=first["Marker"])
    assert [each["ServiceNamespace"] for each in rest["PoliciesGrantingServiceAccess"]] == names[100:]
