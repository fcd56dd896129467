"""SimulateCustomPolicy and SimulatePrincipalPolicy, on cases that were put to live AWS (September 2026) and beyond."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import TRUST, document, statement
from tests.services.iam.support import denied, refused

A, B = "arn:aws:s3:::simulation/a", "arn:aws:s3:::simulation/b"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"


def compact(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def custom(
    iam: Any, policies: Sequence[str], actions: Sequence[str] = ("s3:GetObject",), **more: Any
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=actions, **more)[
        "EvaluationResults"
    ]
    return results


def principal(
    iam: Any, arn: str = BOB, actions: Sequence[str] = ("s3:GetObject",), **more: Any
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **more)[
        "EvaluationResults"
    ]
    return results


def refusing(simulate: Callable[..., Any], *given: Any, **more: Any) -> tuple[str, str]:
    return refused(partial(simulate, *given), **more)


def decisions(results: list[dict[str, Any]]) -> list[str]:
    return [result["EvalDecision"] for result in results]


def sources(result: dict[str, Any]) -> list[str]:
    return sorted(match["SourcePolicyId"] for match in result["MatchedStatements"])


def test_without_resources_there_is_one_result_and_no_details(iam: Any) -> None:
    policy = compact(statement("s3:GetObject"))
    answer = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    assert answer["IsTruncated"] is False
    assert answer["EvaluationResults"] == [
        {
            "EvalActionName": "s3:GetObject",
            "EvalResourceName": "*",
            "EvalDecision": "allowed",
            "MatchedStatements": [
                {
                    "SourcePolicyId": "PolicyInputList.1",
                    "SourcePolicyType": "IAM Policy",
                    "StartPosition": {"Line": 1, "Column": 38},
                    "EndPosition": {"Line": 1, "Column": 95},
                }
            ],
            "MissingContextValues": [],
        }
    ]


def test_one_resource_names_the_result(iam: Any) -> None:
    [result] = custom(iam, [compact(statement("s3:GetObject"))], ResourceArns=[A])
    match = result["MatchedStatements"]
    assert (result["EvalResourceName"], result["EvalDecisionDetails"]) == (A, {})
    assert result["ResourceSpecificResults"] == [
        {
            "EvalResourceName": A,
            "EvalResourceDecision": "allowed",
            "MatchedStatements": match,
            "MissingContextValues": [],
        }
    ]


def test_several_resources_are_named_by_their_template_and_decided_by_the_worst(iam: Any) -> None:
    [result] = custom(iam, [compact(statement("s3:GetObject", A))], ResourceArns=[A, B, A])
    assert result["EvalResourceName"] == "arn:aws:s3:::${BucketName}/${KeyName}"
    assert (result["EvalDecision"], len(result["MatchedStatements"])) == ("implicitDeny", 1)
    specific = result["ResourceSpecificResults"]
    assert [each["EvalResourceName"] for each in specific] == [A, B, A]
    assert [each["EvalResourceDecision"] for each in specific] == ["allowed", "implicitDeny", "allowed"]
    assert [len(each["MatchedStatements"]) for each in specific] == [1, 0, 1]
    users = [f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in "ab"]
    [result] = custom(iam, [compact(statement("*"))], ["iam:GetUser"], ResourceArns=users)
    assert result["EvalResourceName"] == "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}"


def test_a_denial_hides_what_would_allow(iam: Any) -> None:
    policy = compact(statement("s3:*"), statement("s3:GetObject", B, effect="Deny"))
    [result] = custom(iam, [policy], ResourceArns=[A, B])
    assert (result["EvalDecision"], len(result["MatchedStatements"])) == ("explicitDeny", 1)


def test_actions_keep_their_order_and_repeats(iam: Any) -> None:
    policies = [document(statement("s3:Get*"), statement("s3:DeleteObject", effect="Deny"))]
    names = ["s3:PutObject", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    results = custom(iam, policies, names)
    assert [result["EvalActionName"] for result in results] == names
    assert decisions(results) == ["implicitDeny", "explicitDeny", "allowed", "implicitDeny"]


def test_no_policies_allow_nothing_and_unknown_actions_are_taken_literally(iam: Any) -> None:
    assert decisions(custom(iam, [])) == ["implicitDeny"]
    assert decisions(custom(iam, [document(statement("s3:Get*"))], ["s3:GetNothing", "S3:getobject", "x:*"])) == [
        "allowed",
        "allowed",
        "implicitDeny",
    ]


def test_a_resource_of_another_type_is_never_allowed(iam: Any) -> None:
    everything = [document(statement("*"))]
    assert decisions(custom(iam, everything, ["s3:GetObject"], ResourceArns=[QUEUE])) == ["implicitDeny"]
    assert decisions(custom(iam, everything, ["s3:ListAllMyBuckets"], ResourceArns=[A])) == ["implicitDeny"]
    assert decisions(custom(iam, everything, ["nobody:Knows"], ResourceArns=[A])) == ["allowed"]


def test_pages_count_actions(iam: Any) -> None:
    names = [f"s3:Get{number}" for number in range(5)]
    given = {"PolicyInputList": [document(statement("*"))], "ActionNames": names, "MaxItems": 2}
    first = iam.simulate_custom_policy(**given)
    assert (first["IsTruncated"], len(first["EvaluationResults"])) == (True, 2)
    pages = iam.get_paginator("simulate_custom_policy").paginate(**{k: v for k, v in given.items() if k != "MaxItems"})
    assert [r["EvalActionName"] for r in pages.build_full_result()["EvaluationResults"]] == names
    rest = iam.simulate_custom_policy(**{**given, "MaxItems": 100}, Marker=first["Marker"])
    assert [r["EvalActionName"] for r in rest["EvaluationResults"]] == names[2:]
    assert refused(iam.simulate_custom_policy, **given, Marker="bm9uZQ==") == ("ValidationError", "Invalid Marker.")


# --- context -----------------------------------------------------------------------------------------------------


def test_a_page_ends_where_there_is_much_to_tell(iam: Any) -> None:
    policy = compact(*[statement("s3:*") for _ in range(200)])
    arns = [f"arn:aws:s3:::simulation/{n}" for n in range(100)]
    given = {"PolicyInputList": [policy], "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"]}
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = iam.simulate_custom_policy(**given, ResourceArns=arns, **more)
        assert len(page["EvaluationResults"]) == 1 + ("Marker" in page and not seen)
        seen += [each["EvalActionName"] for each in page["EvaluationResults"]]
        if not page["IsTruncated"]:
            break
        more = {"Marker": page["Marker"]}
    assert seen == given["ActionNames"]


@pytest.mark.parametrize(
    "policy",
    [
        compact(*[statement("s3:*") for _ in range(1000)]),
        compact(*[statement("s3:*", resource=f"arn:aws:s3:::*{n}?*/never") for n in range(1000)]),
        compact(statement("ec2:*", Condition={"StringEquals": {f"aws:RequestTag/{n}": "a" for n in range(1000)}})),
    ],
    ids=["told", "tried", "keys that are missing"],
)
def test_what_nobody_could_read_is_refused(iam: Any, policy: str) -> None:
    arns = [f"arn:aws:s3:::simulation/{n}" for n in range(300)]
    told = "The policies have too many statements about too many resources to be simulated at once."
    given = {"PolicyInputList": [policy], "ActionNames": ["s3:GetObject"], "ResourceArns": arns}
    assert refused(iam.simulate_custom_policy, **given) == ("InvalidInput", told)


def entry(name: str, kind: str, *values: str) -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": list(values)}


def test_missing_keys_are_those_of_all_statements_unless_something_matched(iam: Any) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red", "AWS:UserId": "x"}}
    policy = document(
        statement("s3:GetObject", Condition=condition),
        statement("sqs:*", "arn:aws:sqs:::${aws:username}"),
        statement("s3:PutObject"),
    )
    read, write = custom(iam, [policy], ["s3:GetObject", "s3:PutObject"])
    assert read["MissingContextValues"] == ["aws:PrincipalTag/team", "AWS:UserId", "aws:username"]
    assert write["MissingContextValues"] == []
    [read] = custom(iam, [policy], ContextEntries=[entry("aws:userid", "string", "y")], ResourceArns=[A])
    assert read["MissingContextValues"] == ["aws:PrincipalTag/team", "aws:username"]
    assert read["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team", "aws:username"]


def test_a_list_stays_a_list_with_one_value(iam: Any) -> None:
    scalar = [document(statement("*", Condition={"StringEquals": {"a:bcd": "x"}}))]
    whole = [document(statement("*", Condition={"ForAllValues:StringEquals": {"a:bcd": "x"}}))]
    one, some = [entry("a:bcd", "string", "x")], [entry("a:bcd", "stringList", "x")]
    assert decisions(custom(iam, scalar, ContextEntries=one)) == ["allowed"]
    assert decisions(custom(iam, scalar, ContextEntries=some)) == ["implicitDeny"]
    assert decisions(custom(iam, whole, ContextEntries=some)) == ["allowed"]


def test_the_callers_keys_are_there_unless_they_are_given(iam: Any) -> None:
    def with_key(key: str, value: str, **more: Any) -> list[str]:
        return decisions(custom(iam, [document(statement("*", Condition={"StringEquals": {key: value}}))], **more))

    assert with_key("aws:userid", "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR") == ["allowed"]
    assert with_key("aws:PrincipalAccount", ACCOUNT) == ["allowed"]
    assert with_key("aws:userid", BOB, CallerArn=BOB) == ["allowed"]
    assert with_key("aws:username", "bob", CallerArn=BOB) == ["allowed"]
    assert with_key("aws:PrincipalArn", BOB, CallerArn=BOB) == ["allowed"]
    own = [entry("AWS:UserName", "string", "eve")]
    assert with_key("aws:username", "bob", CallerArn=BOB, ContextEntries=own) == ["implicitDeny"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ContextKeyName": "a:bcd", "ContextKeyValues": ["x"]}, "Context key a:bcd has invalid type null."),
        (
            {"ContextKeyName": "a:bcd", "ContextKeyType": "string"},
            "Context values for context key a:bcd cannot be null or empty.",
        ),
        ({"ContextKeyType": "string", "ContextKeyValues": ["x"]}, "ContextKeyName cannot be null or empty."),
        (entry("a:bcd", "string", "x", "y"), "Context key string expected a single value, but received 2."),
        (entry("a:bcd", "numeric", " 1 "), "Invalid context value for key a:bcd: expected numeric format."),
        (entry("a:bcd", "numericList", "1", "0x10"), "Invalid context value for key a:bcd: expected numeric format."),
        (entry("a:bcd", "date", "soon"), "Invalid context value for key a:bcd: expected DateTime format."),
        (entry("a:bcd", "ip", "10.0.0"), "Invalid context value for key a:bcd: expected IP address."),
        (entry("a:bcd", "binary", "?"), "Invalid context value for key a:bcd: expected base-64 encoded binary format."),
    ],
)
def test_context_that_cannot_be_read(iam: Any, given: dict[str, Any], message: str) -> None:
    answer = refused(
        iam.simulate_custom_policy, PolicyInputList=[], ActionNames=["s3:GetObject"], ContextEntries=[given]
    )
    assert answer == ("InvalidInput", message)


def test_context_that_can(iam: Any) -> None:
    given = [
        {},
        entry("a:num", "numeric", "1e9999"),
        entry("a:plus", "numeric", "+1"),
        entry("a:date", "date", "2035"),
        entry("a:ips", "ipList", "10.0.0.1", "::1"),
        entry("a:bits", "binary", "QQ=="),
        entry("a:bool", "boolean", "perhaps"),
        entry("abcde", "string", ""),
    ]
    assert decisions(custom(iam, [document(statement("*"))], ContextEntries=given)) == ["allowed"]
    twice = [entry("a:bcd", "string", "x"), entry("A:BCD", "string", "x")]
    assert refusing(custom, iam, [], ContextEntries=twice) == ("InvalidInput", "Duplicate context key: A:BCD.")


# --- boundaries, control and resource policies -------------------------------------------------------------------


def test_a_boundary_is_told_of(iam: Any) -> None:
    limit = [document(statement("s3:PutObject"))]
    got, put = custom(
        iam, [document(statement("s3:*"))], ["s3:GetObject", "s3:PutObject"], PermissionsBoundaryPolicyInputList=limit
    )
    assert (got["EvalDecision"], got["PermissionsBoundaryDecisionDetail"]) == (
        "implicitDeny",
        {"AllowedByPermissionsBoundary": False},
    )
    assert (put["EvalDecision"], put["PermissionsBoundaryDecisionDetail"]) == (
        "allowed",
        {"AllowedByPermissionsBoundary": True},
    )
    assert sources(put) == ["PolicyInputList.1"]
    shut = [document(statement("*"), statement("s3:GetObject", effect="Deny"))]
    [got] = custom(iam, [document(statement("s3:*"))], PermissionsBoundaryPolicyInputList=shut, ResourceArns=[A])
    [specific] = got["ResourceSpecificResults"]
    assert specific["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    [match] = got["MatchedStatements"]
    assert (match["SourcePolicyId"], match["SourcePolicyType"]) == (
        "PermissionsBoundaryPolicyInputList.1",
        "Permissions Boundary Policy",
    )


def test_two_boundaries_are_one_too_many(iam: Any) -> None:
    limits = [document(statement("*"))] * 2
    assert refusing(custom, iam, [], PermissionsBoundaryPolicyInputList=limits)[0] == "InvalidInput"


def test_control_policies_hide_what_lies_below(iam: Any) -> None:
    everything = {"ServiceControlPolicyInputList": [document(statement("*"))]}
    keys = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}
    shut = {"ServiceControlPolicyInputList": [document(statement("*"), statement("s3:Get*", effect="Deny"))]}
    narrow = {"ServiceControlPolicyInputList": [document(statement("*", Condition=keys))]}

    def under(*levels: Any, **more: Any) -> dict[str, Any]:
        [result] = custom(
            iam, [document(statement("*", Condition=keys))], OrderedOrganizationPolicyInputList=list(levels), **more
        )
        return result

    region = [entry("aws:RequestedRegion", "string", "eu-central-1")]
    open_ = under(everything, narrow, ContextEntries=region)
    assert (open_["EvalDecision"], open_["OrganizationsDecisionDetail"]) == (
        "allowed",
        {"AllowedByOrganizations": True},
    )
    for levels, decision in (((everything, shut), "explicitDeny"), ((everything, narrow), "implicitDeny")):
        closed = under(*levels)
        assert (closed["EvalDecision"], closed["MatchedStatements"], closed["MissingContextValues"]) == (
            decision,
            [],
            [],
        )
        assert closed["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}


def on_queue(who: Any, **more: Any) -> str:
    return document({**statement("sqs:*", QUEUE), "Principal": who, **more})


def test_a_resource_policy_needs_a_caller_and_places(iam: Any) -> None:
    def with_policy(policy: str = on_queue("*"), **more: Any) -> tuple[str, str]:
        return refusing(custom, iam, [], ["sqs:SendMessage"], ResourcePolicy=policy, **more)

    assert with_policy(ResourceArns=[QUEUE]) == ("InvalidInput", "Invalid caller - Caller cannot be null or empty.")
    for caller in (f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", f"arn:aws:iam::{ACCOUNT}:root"):
        assert with_policy(ResourceArns=[QUEUE], CallerArn=caller) == (
            "InvalidInput",
            "Invalid caller - Caller must be an IAM user, role or group in this context.",
        )
    assert with_policy(CallerArn=BOB) == (
        "InvalidInput",
        "Invalid Entity Arn: * does not clearly define entity type and name.",
    )
    anywhere = document({**statement("sqs:*"), "Principal": "*"})
    assert with_policy(anywhere, CallerArn=BOB, ResourceArns=[QUEUE]) == (
        "InvalidInput",
        "ResourceNames are not in a valid ARN format: *.",
    )
    assert with_policy(document(statement("sqs:*", QUEUE)), CallerArn=BOB, ResourceArns=[QUEUE])[0] == "InvalidInput"
    assert with_policy(CallerArn=BOB, ResourceArns=[QUEUE], ResourceOwner=ACCOUNT) == (
        "InvalidInput",
        "Invalid Resource Owner.",
    )


@pytest.mark.parametrize("caller", ["user/bob", "role/r", "group/g"])
def test_a_grant_to_the_account_is_enough_within_it(iam: Any, caller: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:{caller}"
    limit = [document(statement("s3:*"))]
    given = {"CallerArn": arn, "ResourceArns": [QUEUE], "ResourcePolicy": on_queue({"AWS": ACCOUNT})}
    [result] = custom(iam, [], ["sqs:SendMessage"], PermissionsBoundaryPolicyInputList=limit, **given)
    assert (result["EvalDecision"], result["EvalDecisionDetails"]) == ("allowed", {})
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    [match] = result["MatchedStatements"]
    assert (match["SourcePolicyId"], match["SourcePolicyType"]) == ("ResourcePolicy", "Resource Policy")


def test_between_accounts_each_side_is_told(iam: Any) -> None:
    stranger = "arn:aws:iam::999999999999:user/eve"
    given = {"CallerArn": stranger, "ResourceArns": [QUEUE], "ResourcePolicy": on_queue({"AWS": stranger})}
    [result] = custom(iam, [], ["sqs:SendMessage"], **given)
    sides = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert (result["EvalDecision"], result["EvalDecisionDetails"]) == ("implicitDeny", sides)
    assert result["ResourceSpecificResults"][0]["EvalDecisionDetails"] == sides
    [result] = custom(iam, [document(statement("sqs:*"))], ["sqs:SendMessage"], **given)
    assert (result["EvalDecision"], sources(result)) == ("allowed", ["PolicyInputList.1", "ResourcePolicy"])


def test_a_buckets_owner_is_the_one_that_is_named(iam: Any) -> None:
    policy = document({**statement("s3:*", A), "Principal": "*"})
    given = {"CallerArn": BOB, "ResourceArns": [A], "ResourcePolicy": policy}
    assert decisions(custom(iam, [], **given)) == ["allowed"]
    [result] = custom(iam, [], **given, ResourceOwner="arn:aws:iam::999999999999:root")
    assert (result["EvalDecision"], len(result["EvalDecisionDetails"])) == ("implicitDeny", 2)


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ResourceArns": ["bucket"]}, "ResourceNames are not in a valid ARN format: bucket."),
        ({"ResourceArns": [A, "*"]}, "ResourceNames are not in a valid ARN format: *."),
        ({"ActionNames": ["GetObject"]}, "The action is invalid since it is missing names"),
        (
            {"ActionNames": ["s3:GetObject", "x:Y"], "ResourceArns": [A]},
            "Invalid Input Actions: [s3:GetObject] and [x:Y] require different authorization information.",
        ),
        (
            {"ResourceHandlingOption": "EC2-VPC-EBS", "ResourceArns": [A]},
            "Invalid input resource handling options. Action does not support resource handling options: s3:GetObject.",
        ),
        ({"PolicyInputList": ["{}"]}, "Syntax errors in policy."),
        ({"PolicyInputList": [document({**statement("*"), "Principal": "*"})]}, None),
    ],
)
def test_what_makes_no_simulation(iam: Any, given: dict[str, Any], message: str | None) -> None:
    code, said = refused(
        iam.simulate_custom_policy, **{"PolicyInputList": [], "ActionNames": ["s3:GetObject"], **given}
    )
    assert code == "InvalidInput"
    assert message is None or said == message


def test_a_scenario_names_resources_and_decides_nothing(iam: Any) -> None:
    instance = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0"
    for option in ("EC2-VPC-InstanceStore", "EC2-VPC-EBS-Subnet"):
        [result] = custom(
            iam,
            [document(statement("ec2:*"))],
            ["ec2:RunInstances"],
            ResourceArns=[instance],
            ResourceHandlingOption=option,
        )
        assert result["EvalDecision"] == "allowed"


# --- principals --------------------------------------------------------------------------------------------------


@pytest.fixture
def bob(iam: Any) -> str:
    """A user with policies of every provenance, one of them attached twice, and a boundary."""
    shared = iam.create_policy(PolicyName="shared", Path="/p/", PolicyDocument=document(statement("s3:DeleteObject")))
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=document(statement(["s3:*", "ec2:*"])))["Policy"][
        "Arn"
    ]
    iam.create_user(UserName="bob", PermissionsBoundary=limit)
    iam.create_group(GroupName="all")
    iam.add_user_to_group(GroupName="all", UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document(statement("s3:GetObject", A)))
    iam.put_group_policy(GroupName="all", PolicyName="theirs", PolicyDocument=document(statement("s3:PutObject", B)))
    arn: str = shared["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.attach_group_policy(GroupName="all", PolicyArn=arn)
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    return arn


def test_a_users_policies_are_named_by_owner(iam: Any, bob: str) -> None:
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    for arn in (BOB, BOB.replace("user/", "user/another/path/")):
        results = principal(iam, arn, actions, ResourceArns=[A, B])
        assert [sources(result) for result in results] == [["user_bob_own"], ["group_all_theirs"], ["shared"]]
        assert decisions(results) == ["implicitDeny", "implicitDeny", "allowed"]
    [described] = principal(iam, BOB, ["ec2:DescribeInstances"])
    assert (described["EvalDecision"], sources(described)) == ("allowed", ["AmazonEC2ReadOnlyAccess"])
    assert "OrganizationsDecisionDetail" not in described


def test_groups_and_roles_can_be_simulated(iam: Any, bob: str) -> None:
    [result] = principal(iam, f"arn:aws:iam::{ACCOUNT}:group/all", ["s3:PutObject"], ResourceArns=[B])
    assert (result["EvalDecision"], sources(result)) == ("allowed", ["group_all_theirs"])
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="mine", PolicyDocument=document(statement("s3:*")))
    [result] = principal(iam, role)
    assert (result["EvalDecision"], sources(result)) == ("allowed", ["role_app_mine"])
    iam.delete_role_policy(RoleName="app", PolicyName="mine")
    assert decisions(principal(iam, role)) == ["implicitDeny"]


def test_given_policies_come_on_top_and_a_given_boundary_instead(iam: Any, bob: str) -> None:
    extra = [document(statement("sqs:*"))]
    [result] = principal(iam, BOB, ["sqs:SendMessage"], PolicyInputList=extra)
    assert (result["EvalDecision"], result["PermissionsBoundaryDecisionDetail"]) == (
        "implicitDeny",
        {"AllowedByPermissionsBoundary": False},
    )
    [result] = principal(iam, BOB, ["sqs:SendMessage"], PolicyInputList=extra, PermissionsBoundaryPolicyInputList=extra)
    assert (result["EvalDecision"], sources(result)) == ("allowed", ["PolicyInputList.1"])


def test_the_caller_is_the_source_unless_another_is_named(iam: Any, bob: str) -> None:
    own = [document(statement("s3:Put*", "arn:aws:s3:::homes/${aws:username}"))]
    [result] = principal(iam, BOB, ["s3:PutObject"], PolicyInputList=own, ResourceArns=["arn:aws:s3:::homes/bob"])
    assert result["EvalDecision"] == "allowed"
    eve = f"arn:aws:iam::{ACCOUNT}:user/eve"
    given = {"PolicyInputList": own, "ResourceArns": ["arn:aws:s3:::homes/bob"], "CallerArn": eve}
    assert decisions(principal(iam, BOB, ["s3:PutObject"], **given)) == ["implicitDeny"]
    [result] = principal(
        iam,
        f"arn:aws:iam::{ACCOUNT}:group/all",
        ["sqs:SendMessage"],
        ResourceArns=[QUEUE],
        ResourcePolicy=on_queue("*"),
    )
    assert result["EvalDecision"] == "allowed"


def excluding(iam: Any, *identifiers: Any, **more: Any) -> list[str]:
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "ec2:DescribeInstances"]
    return decisions(principal(iam, BOB, actions, PolicyExclusionList=list(identifiers), **more))


def named(name: str, kind: str, owner: str) -> dict[str, Any]:
    return {"InlinePolicyIdentifier": {"PolicyName": name, "AttachmentType": kind, "AttachmentName": owner}}


YES, NO = "allowed", "implicitDeny"


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ({"PolicyType": "inline"}, [NO, NO, YES, YES]),
        ({"PolicyType": "user-managed"}, [YES, YES, NO, YES]),
        ({"PolicyType": "aws-managed"}, [YES, YES, YES, NO]),
        ({"PolicyType": "scp"}, [YES, YES, YES, YES]),
        ({"PolicyType": "rcp"}, [YES, YES, YES, YES]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p/shared"}, [YES, YES, NO, YES]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/shared"}, [YES, YES, NO, YES]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/q/shared"}, [YES, YES, YES, YES]),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p/sh*r?d"}, [YES, YES, NO, YES]),
        ({"PolicyArn": "arn:aws:iam::aws:policy/AmazonEC2*"}, [YES, YES, YES, NO]),
        (named("OWN", "user", "bob"), [NO, YES, YES, YES]),
        (named("own", "user", "b*"), [NO, YES, YES, YES]),
        (named("own", "group", "bob"), [YES, YES, YES, YES]),
        (named("theirs", "group", "a?l"), [YES, NO, YES, YES]),
    ],
)
def test_exclusions(iam: Any, bob: str, identifier: dict[str, Any], expected: list[str]) -> None:
    everywhere = {"ContextEntries": [], "PolicyInputList": []}
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document(statement("s3:GetObject")))
    iam.put_group_policy(GroupName="all", PolicyName="theirs", PolicyDocument=document(statement("s3:PutObject")))
    assert excluding(iam, identifier, **everywhere) == expected


def test_a_boundary_is_excluded_by_its_type_alone(iam: Any, bob: str) -> None:
    extra = {"PolicyInputList": [document(statement("sqs:*"))]}
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    [result] = principal(iam, BOB, ["sqs:SendMessage"], **extra, PolicyExclusionList=[{"PolicyArn": arn}])
    assert result["EvalDecision"] == "implicitDeny"
    boundary = [{"PolicyType": "permission-boundary"}]
    [result] = principal(iam, BOB, ["sqs:SendMessage"], **extra, PolicyExclusionList=boundary)
    assert result["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in result


@pytest.mark.parametrize(
    "identifier",
    [
        {"PolicyArn": "arn:aws:iam::aws:role/some-role"},
        {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/*/shared"},
        {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p/*s*"},
        named("own", "user", "*b*"),
        {"PolicyType": "inline", "PolicyArn": "arn:aws:iam::aws:policy/AmazonEC2*"},
    ],
)
def test_identifiers_that_cannot_be(iam: Any, bob: str, identifier: dict[str, Any]) -> None:
    assert refusing(excluding, iam, identifier)[0] == "InvalidInput"


def test_a_bare_wildcard_is_no_name(iam: Any, bob: str) -> None:
    assert refusing(excluding, iam, named("own", "user", "*"))[0] == "ValidationError"


def test_sources_that_are_none(iam: Any) -> None:
    assert refusing(principal, iam, BOB) == ("NoSuchEntity", "The user with name bob cannot be found.")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/session"
    assert refusing(principal, iam, session) == (
        "InvalidInput",
        f"Invalid Entity Arn: {session} does not clearly define entity type and name.",
    )


def test_who_may_simulate_whom(iam: Any, user: Any) -> None:
    iam.create_user(UserName="bob")
    alice_arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    alice = user("alice", statement("iam:SimulatePrincipalPolicy", BOB))("iam")
    assert decisions(principal(alice, BOB)) == ["implicitDeny"]
    assert refusing(principal, alice, alice_arn) == denied(alice_arn, "SimulatePrincipalPolicy", "user alice")
    assert refusing(custom, alice, []) == denied(alice_arn, "SimulateCustomPolicy", "*")
    assert refusing(principal, alice, f"arn:aws:iam::{ACCOUNT}:user/nobody")[0] == "AccessDenied"
