"""Inline policies of users, groups and roles through the public door."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from iamd.services.iam.documents import encoded
from tests.services.iam.documents import READ, TRUST, WRITE, of_size, statement
from tests.services.iam.refusals import assert_refused


@dataclass
class Owner:
    """The four operations on one identity."""

    iam: Any
    noun: str
    name: str
    limit: int

    def call(self, verb: str, **params: Any) -> Any:
        return getattr(self.iam, f"{verb}_{self.noun}_{'policies' if verb == 'list' else 'policy'}")(
            **{f"{self.noun.capitalize()}Name": self.name}, **params
        )

    def put(self, name: str, text: str) -> None:
        self.call("put", PolicyName=name, PolicyDocument=text)

    def names(self) -> list[str]:
        names: list[str] = self.call("list")["PolicyNames"]
        return names


LIMITS = {"user": 2_048, "group": 5_120, "role": 10_240}


@pytest.fixture(params=sorted(LIMITS))
def owner(request: pytest.FixtureRequest, iam: Any) -> Owner:
    iam.create_user(UserName="Olive")
    iam.create_group(GroupName="Olive")
    iam.create_role(RoleName="Olive", AssumeRolePolicyDocument=TRUST)
    return Owner(iam, request.param, "Olive", LIMITS[request.param])


def raw(client: Any) -> list[bytes]:
    """The bodies of the answers that follow."""
    bodies: list[bytes] = []
    client.meta.events.register("before-parse.iam", lambda response_dict, **_: bodies.append(response_dict["body"]))
    return bodies


def test_a_policy_is_put_read_replaced_and_deleted(owner: Owner) -> None:
    owner.put("p", READ)
    owner.put("p", WRITE)
    answer = owner.call("get", PolicyName="p")
    assert answer[f"{owner.noun.capitalize()}Name"] == "Olive"
    assert (answer["PolicyName"], answer["PolicyDocument"]) == ("p", json.loads(WRITE))
    owner.call("delete", PolicyName="p")
    assert owner.names() == []


def test_documents_come_back_as_written_encoded_once(owner: Owner) -> None:
    text = '{ "Version":"2012-10-17",\n\t"Statement": {"Sid":"", "Effect":"Allow", "Action":"s3:*", "Resource":"arn%3Aaws%3As3:::ü+~ /*"}}'
    text = text.replace("arn%3Aaws%3As3:::", "arn:aws:s3:::a%3Ab")
    owner.put("p", text)
    bodies = raw(owner.iam)
    owner.call("get", PolicyName="p")
    sent = bodies[0].split(b"<PolicyDocument>")[1].split(b"</PolicyDocument>")[0].decode()
    assert sent == encoded(text)
    assert unquote(sent) == text
    assert set(sent) & set('{}" :/*+\n\tü') == set()


def test_names_are_unique_regardless_of_case_and_keep_the_first_spelling(owner: Owner) -> None:
    owner.put("Reader", READ)
    owner.put("READER", WRITE)
    assert owner.names() == ["Reader"]
    answer = owner.call("get", PolicyName="reader")
    assert (answer["PolicyName"], answer["PolicyDocument"]) == ("reader", json.loads(WRITE))
    owner.call("delete", PolicyName="rEADER")
    assert owner.names() == []


def test_names_come_in_pages(owner: Owner) -> None:
    for name in ("c", "A", "b"):
        owner.put(name, READ)
    first = owner.call("list", MaxItems=2)
    assert (first["PolicyNames"], first["IsTruncated"]) == (["A", "b"], True)
    rest = owner.call("list", Marker=first["Marker"])
    assert (rest["PolicyNames"], rest["IsTruncated"]) == (["c"], False)


def test_unknown_policies_and_owners(owner: Owner) -> None:
    message = f"The {owner.noun} policy with name p cannot be found."
    for verb in ("get", "delete"):
        assert_refused(owner.call, "NoSuchEntity", message, verb=verb, PolicyName="p")
    owner.name = "nobody"
    message = f"The {owner.noun} with name nobody cannot be found."
    for verb in ("get", "delete"):
        assert_refused(owner.call, "NoSuchEntity", message, verb=verb, PolicyName="p")
    assert_refused(owner.call, "NoSuchEntity", message, verb="list")
    assert_refused(owner.call, "NoSuchEntity", message, verb="put", PolicyName="p", PolicyDocument=READ)


def test_the_quota_is_on_all_policies_together(owner: Owner) -> None:
    message = f"Maximum policy size of {owner.limit} bytes exceeded for {owner.noun} Olive"
    owner.put("a", of_size(owner.limit - 300))
    owner.put("b", json.dumps(json.loads(of_size(300)), indent=8))
    assert_refused(owner.call, "LimitExceeded", message, verb="put", PolicyName="c", PolicyDocument=of_size(200))
    assert_refused(owner.call, "LimitExceeded", message, verb="put", PolicyName="b", PolicyDocument=of_size(301))
    owner.put("A", of_size(owner.limit - 500))
    owner.put("c", of_size(200))


@pytest.mark.parametrize("text", ["no json", TRUST, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}'])
def test_malformed_documents_are_refused_and_nothing_is_stored(owner: Owner, text: str) -> None:
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        owner.put("p", text)
    assert owner.names() == []


def test_what_is_put_counts_at_once(iam: Any, user: Callable[..., Callable[[str], Any]]) -> None:
    bob = user("bob")("iam")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    allow = json.dumps({"Version": "2012-10-17", "Statement": [statement("iam:ListUsers")]})
    for put, delete, owner in (
        (iam.put_user_policy, iam.delete_user_policy, {"UserName": "bob"}),
        (iam.put_group_policy, iam.delete_group_policy, {"GroupName": "g"}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            bob.list_users()
        put(PolicyName="p", PolicyDocument=allow, **owner)
        bob.list_users()
        delete(PolicyName="p", **owner)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.list_users()


def test_denials_name_the_owner(owner: Owner, user: Callable[..., Callable[[str], Any]]) -> None:
    owner.iam = user("bob")("iam")
    action = f"Put{owner.noun.capitalize()}Policy"
    assert_refused(
        owner.call,
        "AccessDenied",
        f"User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:{action} on resource: "
        f"{owner.noun} Olive because no identity-based policy allows the iam:{action} action",
        verb="put",
        PolicyName="p",
        PolicyDocument=READ,
    )


def test_the_boundary_of_the_changed_user_is_a_condition_key(
    iam: Any, user: Callable[..., Callable[[str], Any]]
) -> None:
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=READ)["Policy"]["Arn"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    bob = user("bob", statement(["iam:PutUserPolicy", "iam:DeleteUserPolicy"], Condition=bounded))("iam")
    iam.create_user(UserName="bounded", PermissionsBoundary=boundary)
    iam.create_user(UserName="free")
    bob.put_user_policy(UserName="bounded", PolicyName="p", PolicyDocument=READ)
    bob.delete_user_policy(UserName="bounded", PolicyName="p")
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.put_user_policy(UserName="free", PolicyName="p", PolicyDocument=READ)
