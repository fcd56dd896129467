"""Session policies: they narrow, and there is little room for them."""

from __future__ import annotations

import json
import random
import string

import pytest

from iamd.services.sts.session_policies import SessionPolicies, packed_size
from iamd.wire.errors import PackedPolicyTooLarge
from tests.live import ACCOUNT
from tests.services.iam.documents import document, statement
from tests.services.iam.support import refused
from tests.services.roles import permit

LIST_ROLES = document(statement("iam:ListRoles"))
READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def noise(length: int, seed: int = 1) -> str:
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=length))


def test_an_inline_policy_narrows_the_session(iam, bob, app, assumed):
    permit(iam, "App", "iam:ListRoles", "iam:ListUsers")
    session = assumed(bob("sts"), app, Policy=document(statement(["iam:ListRoles", "iam:ListGroups"])))("iam")
    session.list_roles()
    assert refused(session.list_users) == (
        "AccessDenied",
        (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/App/here is not authorized to perform: iam:ListUsers on resource: "
            f"arn:aws:iam::{ACCOUNT}:user/ because no session policy allows the iam:ListUsers action"
        ),
    )
    assert refused(session.list_groups)[0] == "AccessDenied"


def test_managed_policies_narrow_it_and_act_by_their_present_version(iam, bob, app, assumed):
    permit(iam, "App", "iam:*")
    own = iam.create_policy(PolicyName="own", PolicyDocument=LIST_ROLES)["Policy"]["Arn"]
    session = assumed(bob("sts"), app, PolicyArns=[{"arn": own}])("iam")
    session.list_roles()
    assert refused(session.list_users)[0] == "AccessDenied"
    document_ = document(statement("iam:ListUsers"))
    iam.create_policy_version(PolicyArn=own, PolicyDocument=document_, SetAsDefault=True)
    session.list_users()
    assert refused(session.list_roles)[0] == "AccessDenied"
    both = assumed(bob("sts"), app, PolicyArns=[{"arn": own}, {"arn": READ_ONLY}], Policy=LIST_ROLES)("iam")
    both.list_groups()
    assert refused(both.create_group, GroupName="g")[0] == "AccessDenied"


def test_a_managed_policy_that_is_deleted_allows_nothing(iam, bob, app, assumed):
    permit(iam, "App", "iam:*")
    own = iam.create_policy(PolicyName="own", PolicyDocument=LIST_ROLES)["Policy"]["Arn"]
    session = assumed(bob("sts"), app, PolicyArns=[{"arn": own}])("iam")
    iam.delete_policy(PolicyArn=own)
    assert refused(session.list_roles)[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument", None),
        ({"Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}'}, "MalformedPolicyDocument", None),
        (
            {"PolicyArns": [{"arn": "not an arn at all, sorry"}]},
            "ValidationError",
            "Invalid ARN:  Could not be parsed!",
        ),
        (
            {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]},
            "ValidationError",
            f"Policy arn:aws:iam::{ACCOUNT}:policy/none does not exist or is not attachable.",
        ),
        ({"PolicyArns": [{"arn": f"{READ_ONLY}{number}"} for number in range(11)]}, "ValidationError", None),
    ],
)
def test_impossible_policies_are_refused(bob, app, asked, code, message):
    answer = refused(bob("sts").assume_role, RoleArn=app, RoleSessionName="here", **asked)
    assert answer[0] == code
    assert message in (None, answer[1])


def test_the_share_of_the_room_is_told_when_there_is_something_in_it(bob, app):
    client, asked = bob("sts"), {"RoleArn": app, "RoleSessionName": "here"}
    assert "PackedPolicySize" not in client.assume_role(**asked)
    small = client.assume_role(**asked, Policy=LIST_ROLES)["PackedPolicySize"]
    more = client.assume_role(**asked, Policy=LIST_ROLES, Tags=[{"Key": "team", "Value": noise(100)}])
    assert 0 < small < more["PackedPolicySize"] <= 100


def test_too_much_is_refused(bob, app):
    client, asked = bob("sts"), {"RoleArn": app, "RoleSessionName": "here"}
    long = document(statement("s3:*", f"arn:aws:s3:::{'a' * 2048}"))
    code, message = refused(client.assume_role, **asked, Policy=long)
    assert code == "PackedPolicyTooLarge"
    assert (
        message
        == f"Packed policy consumes {-(-len(long) * 100 // 2048)}% of allotted space, please use smaller policy."
    )
    dense = json.dumps({**json.loads(LIST_ROLES), "Id": noise(900)})
    assert refused(client.assume_role, **asked, Policy=dense)[0] == "PackedPolicyTooLarge"
    tags = [{"Key": f"k{number}", "Value": noise(250, number)} for number in range(5)]
    code, message = refused(client.assume_role, **asked, Tags=tags)
    assert code == "PackedPolicyTooLarge"
    assert message.startswith("Packed size of session tags consumes ")
    assert message.endswith("% of allotted space.")


def test_an_ordinary_policy_fills_the_plain_room_before_it_is_refused():
    """2,048 characters of a policy that repeats itself fit exactly; one more does not."""
    assert packed_size(SessionPolicies("a" * 2048), ()) == 100
    with pytest.raises(PackedPolicyTooLarge):
        packed_size(SessionPolicies("a" * 2049), ())
    assert packed_size(SessionPolicies(), ()) is None
