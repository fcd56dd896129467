"""The authorization API about the past."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.authorization.conftest import Asker, token_of
from tests.live import Live


def allowing(*actions: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def revision(answer: Any) -> str:
    return str(answer["ResponseMetadata"]["HTTPHeaders"]["x-iamd-revision"])


def question(action: str) -> dict[str, Any]:
    thing = {"type": "s3:bucket", "id": "reports"}
    return {"subject": {"type": "user", "id": "alice"}, "action": {"name": action}, "resource": thing}


def may(ask: Asker, action: str, when: str | None = None) -> bool:
    answer = ask("evaluation", question(action), **({} if when is None else {"x-iamd-as-of": when}))
    assert answer.status == 200, answer.body
    return bool(answer.json["decision"])


@pytest.fixture
def story(server: Live, ask: Asker) -> dict[str, str]:
    """Revisions: alice was made, could list buckets, could delete them."""
    iam = server.client("iam")
    iam.put_user_policy(UserName="pep", PolicyName="past", PolicyDocument=allowing("iamd:ReadHistory"))
    put = {"UserName": "alice", "PolicyName": "p"}
    made = iam.create_user(UserName="alice")
    lists = iam.put_user_policy(**put, PolicyDocument=allowing("s3:ListBucket"))
    deletes = iam.put_user_policy(**put, PolicyDocument=allowing("s3:DeleteBucket"))
    return {"made": revision(made), "lists": revision(lists), "deletes": revision(deletes)}


def test_a_decision_is_that_of_then(ask: Asker, story: dict[str, str]) -> None:
    told = {when: (may(ask, "s3:ListBucket", at), may(ask, "s3:DeleteBucket", at)) for when, at in story.items()}
    assert told == {"made": (False, False), "lists": (True, False), "deletes": (False, True)}
    assert (may(ask, "s3:ListBucket"), may(ask, "s3:DeleteBucket")) == (False, True)


def test_searches_look_back_too(ask: Asker, story: dict[str, str]) -> None:
    asked = {**question("s3:ListBucket"), "subject": {"type": "user"}}
    then = ask("search/subject", asked, **{"x-iamd-as-of": story["lists"]}).json["results"]
    assert [each["id"].rpartition("/")[2] for each in then] == ["alice"]
    assert ask("search/subject", asked).json["results"] == []


def test_the_organization_is_that_of_then(server: Live) -> None:
    """A member's user is bound by a control policy for a while."""
    iam, organizations = server.client("iam"), server.client("organizations")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    admin = iam.create_access_key(UserName="admin")["AccessKey"]
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    request = organizations.create_account(Email="m@example.com", AccountName="Member")["CreateAccountStatus"]["Id"]
    status = organizations.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    role = f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole"
    inside = server.client("sts", admin).assume_role(RoleArn=role, RoleSessionName="set-up")["Credentials"]
    member = server.client("iam", inside)
    for name, actions in (("pep", ["iamd:*"]), ("alice", ["s3:*"])):
        member.create_user(UserName=name)
        member.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allowing(*actions))
    ask = Asker(server.endpoint, token_of(member, "pep")["ServiceCredentialSecret"])

    def now() -> str:
        return datetime.now(UTC).isoformat()

    free = now()
    scp = {"Type": "SERVICE_CONTROL_POLICY", "Name": "no", "Description": ""}
    made = organizations.create_policy(**scp, Content=allowing("s3:*", effect="Deny"))["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=status["AccountId"])
    bound = now()
    later = member.tag_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])
    organizations.detach_policy(PolicyId=made, TargetId=status["AccountId"])
    told = [may(ask, "s3:DeleteBucket", when) for when in (free, bound, revision(later), now())]
    assert told == [True, False, False, True]


def test_it_is_a_right_of_its_own_and_on_record(server: Live, ask: Asker, story: dict[str, str]) -> None:
    ask("evaluation", question("s3:ListBucket"), **{"x-iamd-as-of": story["lists"]})
    events = server.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Evaluate"}]
    )["Events"]
    assert json.loads(events[0]["CloudTrailEvent"])["additionalEventData"]["asOf"] == story["lists"]
    server.client("iam").delete_user_policy(UserName="pep", PolicyName="past")
    refused = ask("evaluation", question("s3:ListBucket"), **{"x-iamd-as-of": story["lists"]})
    assert refused.status == 403
    assert b"iamd:ReadHistory" in refused.body
    assert not may(ask, "s3:ListBucket")


@pytest.mark.parametrize(
    ("when", "said"),
    [("yesterday", b"must be a revision or"), ("99999", b"has no revision 99999"), ("2001-01-01", b"no account")],
)
def test_what_cannot_be_asked(ask: Asker, story: dict[str, str], when: str, said: bytes) -> None:
    answer = ask("evaluation", question("s3:ListBucket"), **{"x-iamd-as-of": when})
    assert answer.status == 400
    assert said in answer.body
