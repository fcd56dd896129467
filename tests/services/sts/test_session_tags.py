"""Session tags: limits, inheritance, what they are to policies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.services.sts.session_tags import session_tags
from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.roles import make_role, trust, trusting, user_arn


def tags(**values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"Tags": tags(Team="a", team="b")},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            {"Tags": tags(team="a"), "TransitiveTagKeys": ["team", "other"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            {"TransitiveTagKeys": ["team"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            {"Tags": [{"Key": "AWS:x", "Value": ""}]},
            "Tag keys that begin with aws: are reserved for use by AWS: AWS:x",
        ),
    ],
)
def test_impossible_tags_are_refused(bob, app, asked, message):
    assert refused(bob("sts").assume_role, RoleArn=app, RoleSessionName="here", **asked) == (
        "InvalidParameterValue",
        message,
    )


def test_fifty_tags_at_most(bob, app):
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    asked = {"RoleArn": app, "RoleSessionName": "here"}
    bob("sts").assume_role(**asked, Tags=many[:50])
    assert refused(bob("sts").assume_role, **asked, Tags=many)[0] == "ValidationError"


def test_tagging_takes_permission_in_the_trust_policy(iam, bob):
    arn = make_role(iam, "Plain", trust({"AWS": user_arn("bob")}))
    bob("sts").assume_role(RoleArn=arn, RoleSessionName="here")
    assert refused(bob("sts").assume_role, RoleArn=arn, RoleSessionName="here", Tags=tags(team="a")) == (
        "AccessDenied",
        f"User: {user_arn('bob')} is not authorized to perform: sts:TagSession on resource: {arn}",
    )


def test_requested_tags_are_condition_keys(iam, bob):
    conditions = {
        "StringEquals": {"aws:RequestTag/team": "a"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team"], "sts:TransitiveTagKeys": ["Team"]},
    }
    client = bob("sts")
    asked = {"RoleArn": make_role(iam, "Tagged", trusting(user_arn("bob"), **conditions)), "RoleSessionName": "here"}
    client.assume_role(Tags=tags(Team="a"), TransitiveTagKeys=["Team"], **asked)
    assert refused(client.assume_role, Tags=tags(Team="b"), **asked)[0] == "AccessDenied"
    assert refused(client.assume_role, Tags=tags(Team="a", more=""), **asked)[0] == "AccessDenied"
    assert refused(client.assume_role, **asked)[0] == "AccessDenied"


def test_session_tags_overrule_the_roles(iam, bob, app, assumed):
    iam.tag_role(RoleName="App", Tags=tags(Team="role", stage="role"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "session", "aws:PrincipalTag/stage": "role"}}
    document = {"Version": "2012-10-17", "Statement": statement("iam:ListRoles", Condition=condition)}
    iam.put_role_policy(RoleName="App", PolicyName="own", PolicyDocument=json.dumps(document))
    assumed(bob("sts"), app, Tags=tags(TEAM="session"))("iam").list_roles()
    assert refused(assumed(bob("sts"), app)("iam").list_roles)[0] == "AccessDenied"


def test_transitive_tags_are_inherited_and_fixed(iam, bob, app, assumed):
    first = assumed(bob("sts"), app, Tags=tags(Team="a", own="b"), TransitiveTagKeys=["TEAM"])("sts")
    following = make_role(iam, "Next", trusting(app), Tags=tags(team="role"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "a"}, "Null": {"aws:PrincipalTag/own": "true"}}
    document = {"Version": "2012-10-17", "Statement": statement("iam:ListRoles", Condition=condition)}
    iam.put_role_policy(RoleName="Next", PolicyName="own", PolicyDocument=json.dumps(document))
    second = assumed(first, following)
    second("iam").list_roles()
    for client, role in ((first, following), (second("sts"), make_role(iam, "Last", trusting(following)))):
        for key in ("team", "TEAM"):
            given = {"RoleArn": role, "RoleSessionName": "last", "Tags": [{"Key": key, "Value": "c"}]}
            assert refused(client.assume_role, **given) == (
                "InvalidParameterValue",
                (
                    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                    "from the calling session."
                ),
            )
    first.assume_role(RoleArn=following, RoleSessionName="next", Tags=tags(own="c"))


def test_inherited_tags_take_permission_too(iam, bob, app, assumed):
    first = assumed(bob("sts"), app, Tags=tags(Team="a"), TransitiveTagKeys=["Team"])("sts")
    arn = make_role(iam, "Plain", trust({"AWS": app}))
    assert refused(first.assume_role, RoleArn=arn, RoleSessionName="next") == (
        "AccessDenied",
        (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/App/here is not authorized to perform: "
            f"sts:TagSession on resource: {arn}"
        ),
    )


KEYS = st.dictionaries(st.text("abcDEF", min_size=1, max_size=3), st.text(max_size=3), max_size=6)


@given(KEYS)
def test_without_a_chain_the_tags_are_those_given(values):
    if len({key.lower() for key in values}) < len(values):
        return
    made = session_tags(None, tags(**values), [key.upper() for key in values])
    assert dict(made.tags) == values
    assert set(made.transitive) == set(values)
