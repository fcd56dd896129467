"""Trust policies: what may be stored, how it is kept, whom it goes on naming."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.policy import Kind, parse
from iamd.services.iam.quotas import Quotas
from iamd.services.iam.trust import trust_policy
from iamd.wire.errors import MalformedPolicyDocument
from tests.live import ACCOUNT
from tests.services.iam.support import refused
from tests.services.roles import EC2, make_role, role_arn, trust, trusting, user_arn

STRANGER = "999999999999"


def stored(iam, role):
    return iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]


def principal(iam, role):
    return stored(iam, role)["Statement"][0]["Principal"]


def test_the_answer_to_creation_echoes_and_later_answers_are_normalised(iam):
    sent = {
        "Statement": {
            "Condition": {"StringEquals": {"sts:ExternalId": ["x"], "aws:PrincipalTag/a": ["1", "2"]}},
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": ["ec2.amazonaws.com"], "AWS": [ACCOUNT, STRANGER]},
            "Effect": "Allow",
            "Sid": "",
        },
        "Version": "2012-10-17",
    }
    created = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(sent))["Role"]
    assert created["AssumeRolePolicyDocument"] == sent
    kept = stored(iam, "app")
    assert kept == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "",
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com", "AWS": [ACCOUNT, STRANGER]},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "x", "aws:PrincipalTag/a": ["1", "2"]}},
            }
        ],
    }
    assert list(kept) == ["Version", "Statement"]
    assert list(kept["Statement"][0]) == ["Sid", "Effect", "Principal", "Action", "Condition"]
    assert iam.list_roles()["Roles"][0]["AssumeRolePolicyDocument"] == kept


def test_escapes_in_a_document_come_back_as_they_went(iam):
    condition = {"StringLike": {"aws:PrincipalArn": "arn%3Aaws%3Aiam%3A%3A*+ x"}}
    sent = trust(EC2, Condition=condition)
    for answer in (iam.create_role(RoleName="app", AssumeRolePolicyDocument=sent), iam.get_role(RoleName="app")):
        assert answer["Role"]["AssumeRolePolicyDocument"] == json.loads(sent)
    assert iam.list_roles()["Roles"][0]["AssumeRolePolicyDocument"] == json.loads(sent)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"Version":"2012-10-17",}', "This policy contains invalid Json"),
        (trust({"AWS": user_arn("nobody")}), f'Invalid principal in policy: "AWS":"{user_arn("nobody")}"'),
        (trust({"AWS": role_arn("nothing")}), f'Invalid principal in policy: "AWS":"{role_arn("nothing")}"'),
        (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"}), None),
        (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}), None),
        (trust({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/nothing/s"}), None),
        (trust({"AWS": f"arn:aws-cn:iam::{STRANGER}:root"}), None),
        (trust({"AWS": "AIDAAAAAAAAAAAAAAAAAA"}), None),
        (trust({"AWS": "bob"}), None),
        (trust(EC2, "iam:PassRole"), "AssumeRole policy may only specify STS AssumeRole actions."),
        ("{}", None),
    ],
)
def test_malformed_trust_is_refused(iam, document, message):
    code, said = refused(iam.create_role, RoleName="app", AssumeRolePolicyDocument=document)
    assert code == "MalformedPolicyDocument"
    assert message in (None, said)
    make_role(iam, "app", trust(EC2))
    assert refused(iam.update_assume_role_policy, RoleName="app", PolicyDocument=document) == (code, said)
    assert principal(iam, "app") == EC2


def test_a_role_cannot_trust_itself_before_it_exists(iam):
    code, _ = refused(iam.create_role, RoleName="app", AssumeRolePolicyDocument=trust({"AWS": role_arn("app")}))
    assert code == "MalformedPolicyDocument"
    make_role(iam, "app", trust(EC2))
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=trust({"AWS": role_arn("app")}))
    assert principal(iam, "app") == {"AWS": role_arn("app")}


@pytest.mark.parametrize(
    "who",
    [
        "*",
        ACCOUNT,
        f"arn:aws:iam::{ACCOUNT}:root",
        STRANGER,
        f"arn:aws:iam::{STRANGER}:root",
        user_arn("someone", STRANGER),
        role_arn("path/thing", STRANGER),
        f"arn:aws:sts::{STRANGER}:assumed-role/thing/session",
        f"arn:aws:sts::{ACCOUNT}:federated-user/fred",
    ],
)
def test_accounts_and_strangers_are_trusted_as_written(iam, who):
    make_role(iam, "app", trust({"AWS": who}))
    assert principal(iam, "app") == {"AWS": who}


def test_who_is_gone_shows_as_its_id_and_a_namesake_is_not_trusted(iam, sts, user):
    alice = user("alice")
    alice_id = iam.get_user(UserName="alice")["User"]["UserId"]
    arn = make_role(iam, "app", trusting(user_arn("alice"), ACCOUNT))
    alice("sts").assume_role(RoleArn=arn, RoleSessionName="here")
    for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="alice")
    assert principal(iam, "app") == {"AWS": [alice_id, ACCOUNT]}
    alice = user("alice")
    assert principal(iam, "app") == {"AWS": [alice_id, ACCOUNT]}
    assert refused(alice("sts").assume_role, RoleArn=arn, RoleSessionName="here")[0] == "AccessDenied"
    # What AWS shows cannot be saved again: the id is nobody's any more.
    again = json.dumps(stored(iam, "app"))
    assert refused(iam.update_assume_role_policy, RoleName="app", PolicyDocument=again) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{alice_id}"',
    )


def test_who_is_renamed_stays_trusted(iam, user):
    alice = user("alice")
    arn = make_role(iam, "app", trusting(user_arn("alice")))
    iam.update_user(UserName="alice", NewUserName="alicia", NewPath="/team/")
    assert principal(iam, "app") == {"AWS": user_arn("team/alicia")}
    alice("sts").assume_role(RoleArn=arn, RoleSessionName="here")


def test_a_trusted_session_goes_with_its_role(iam):
    make_role(iam, "first", trust(EC2))
    first_id = iam.get_role(RoleName="first")["Role"]["RoleId"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/first/nightly"
    make_role(iam, "second", trust({"AWS": session}))
    assert principal(iam, "second") == {"AWS": session}
    iam.delete_role(RoleName="first")
    make_role(iam, "first", trust(EC2))
    assert principal(iam, "second") == {"AWS": f"{first_id}:nightly"}


def test_only_principals_are_rewritten(iam, user):
    user("alice")
    condition = {"ArnNotEquals": {"aws:PrincipalArn": user_arn("alice")}}
    make_role(iam, "app", trust({"AWS": user_arn("alice")}, Condition=condition))
    iam.update_user(UserName="alice", NewUserName="alicia")
    assert stored(iam, "app")["Statement"][0]["Condition"] == condition


def test_the_quota_counts_no_white_space(iam):
    def of_size(characters: int) -> str:
        empty = trust(EC2, Sid="")
        return empty.replace('"Sid": ""', f'"Sid": "{"s" * (characters - len(empty.replace(" ", "")))}"')

    limit = Quotas().trust_policy_size
    make_role(iam, "full", of_size(limit) + " " * 500)
    too_long = ("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {limit}")
    document = of_size(limit + 1)
    assert refused(iam.create_role, RoleName="more", AssumeRolePolicyDocument=document) == too_long
    assert refused(iam.update_assume_role_policy, RoleName="full", PolicyDocument=document) == too_long


NOWHERE = SimpleNamespace(realm=SimpleNamespace(records=lambda account_id: None, quotas=Quotas()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def one_or_more(strategy):
    return strategy | st.lists(strategy, min_size=1, max_size=3)


PRINCIPALS = one_or_more(st.sampled_from(["*", STRANGER, user_arn("someone", STRANGER)]))
ELEMENTS = {
    "Sid": st.text("abc", max_size=3),
    "Effect": st.sampled_from(["Allow", "Deny"]),
    "Principal": st.fixed_dictionaries({}, optional={"AWS": PRINCIPALS, "Service": st.just("ec2.amazonaws.com")}),
    "Action": one_or_more(st.sampled_from(["sts:AssumeRole", "sts:TagSession", "sts:*"])),
    "Condition": st.dictionaries(
        st.sampled_from(["StringEquals", "ForAnyValue:StringLike", "Bool"]),
        st.dictionaries(st.sampled_from(["sts:ExternalId", "aws:TagKeys"]), one_or_more(st.just("true")), max_size=2),
        max_size=2,
    ),
}
STATEMENTS = st.fixed_dictionaries({name: strategy | JSON for name, strategy in ELEMENTS.items()})


@given(JSON | st.fixed_dictionaries({"Version": st.just("2012-10-17"), "Statement": one_or_more(STATEMENTS) | JSON}))
def test_whatever_is_sent_is_refused_or_stored_with_the_same_meaning(document):
    text = json.dumps(document)
    try:
        stored, trusted = trust_policy(NOWHERE, text)
    except MalformedPolicyDocument:
        return
    assert trusted == ()
    assert trust_policy(NOWHERE, stored) == (stored, ())
    assert meaning(stored) == meaning(text)


@given(st.lists(st.fixed_dictionaries(ELEMENTS), min_size=1, max_size=3))
def test_what_is_stored_means_what_was_sent(statements):
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    try:
        stored, _ = trust_policy(NOWHERE, text)
    except MalformedPolicyDocument:
        return
    assert meaning(stored) == meaning(text)


def meaning(text):
    statements = parse(text, Kind.TRUST).statements
    return [(each.sid, each.allow, each.principals, each.actions, each.conditions) for each in statements]
