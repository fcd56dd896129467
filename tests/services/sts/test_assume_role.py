"""AssumeRole: who may, for how long, along which chain."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.roles import make_role, permit, role_arn, trust, trusting, user_arn
from tests.services.sts.test_session_token import lasts


def denial(who: str, role: str, action: str = "AssumeRole") -> tuple[str, str]:
    return "AccessDenied", f"User: {who} is not authorized to perform: sts:{action} on resource: {role}"


def test_the_answer_names_the_session_and_has_working_credentials(iam, server, bob):
    arn = make_role(iam, "App", trusting(user_arn("bob")), Path="/team/")
    role_id = iam.get_role(RoleName="App")["Role"]["RoleId"]
    permit(iam, "App", "iam:GetRole")
    answer = bob("sts").assume_role(RoleArn=arn, RoleSessionName="nightly+=,.@-_1")
    assert set(answer) == {"Credentials", "AssumedRoleUser", "ResponseMetadata"}
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:nightly+=,.@-_1",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/nightly+=,.@-_1",
    }
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert 3540 < lasts(credentials) <= 3600
    client = server.client("iam", credentials)
    assert client.get_role(RoleName="App")["Role"]["Arn"] == arn
    assert refused(client.list_roles)[0] == "AccessDenied"


@pytest.mark.parametrize(
    "arn", ["not an arn, but long enough", "arn:aws:iam::123456789012:", "arn::iam::1:role/x-----"]
)
def test_the_shape_of_the_arn_comes_first(sts, arn):
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="here") == ("ValidationError", f"{arn} is invalid")


def test_the_session_name_is_checked_and_told(sts):
    code, message = refused(sts.assume_role, RoleArn=role_arn("App"), RoleSessionName="Session1:2")
    assert code == "ValidationError"
    assert message == (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )


def test_root_assumes_no_role(iam, sts):
    arn = make_role(iam, "App", trust({"AWS": ACCOUNT}))
    for role in (arn, role_arn("Absent")):
        assert refused(sts.assume_role, RoleArn=role, RoleSessionName="here") == (
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
        )


def test_who_may_assume_a_role_of_its_account(iam, user):
    """Named itself, a user needs nothing else; through its account it needs a policy of its own."""
    bob, eve = user("bob")("sts"), user("eve", statement("sts:AssumeRole"))("sts")
    named = make_role(iam, "Named", trust({"AWS": user_arn("bob")}))
    account = make_role(iam, "Account", trust({"AWS": ACCOUNT}))
    bob.assume_role(RoleArn=named, RoleSessionName="here")
    eve.assume_role(RoleArn=account, RoleSessionName="here")
    for client, who, arn in ((bob, "bob", account), (eve, "eve", named)):
        assert refused(client.assume_role, RoleArn=arn, RoleSessionName="here") == denial(user_arn(who), arn)


def test_a_role_that_is_not_there_is_refused_like_any_other(iam, user):
    eve = user("eve", statement("sts:AssumeRole"))("sts")
    make_role(iam, "App", trusting(user_arn("eve")), Path="/team/")
    strange = (
        "arn:a:b:::x/y-----------",
        f"arn:aws:iam::{ACCOUNT}:user/eve",
        role_arn("App"),
        role_arn("App", "9" * 12),
    )
    for arn in (role_arn("Absent"), role_arn("team/app"), *strange):
        assert refused(eve.assume_role, RoleArn=arn, RoleSessionName="here") == denial(user_arn("eve"), arn)


def test_explicit_denials_tell_where(iam, user):
    eve = user("eve", statement("sts:AssumeRole", effect="Deny"))("sts")
    arn = make_role(iam, "App", trusting(user_arn("eve")))
    code, message = refused(eve.assume_role, RoleArn=arn, RoleSessionName="here")
    assert (code, message) == (
        "AccessDenied",
        f"{denial(user_arn('eve'), arn)[1]} with an explicit deny in an identity-based policy",
    )


def test_the_external_id_is_for_the_trust_policy_to_demand(iam, bob):
    client = bob("sts")
    arn = make_role(iam, "App", trusting(user_arn("bob"), StringEquals={"sts:ExternalId": "secret:1"}))
    client.assume_role(RoleArn=arn, RoleSessionName="here", ExternalId="secret:1")
    for given in ({}, {"ExternalId": "other"}):
        assert refused(client.assume_role, RoleArn=arn, RoleSessionName="here", **given) == denial(user_arn("bob"), arn)
    assert refused(client.assume_role, RoleArn=arn, RoleSessionName="here", ExternalId="x")[0] == "ValidationError"


def test_session_name_and_tags_of_the_role_are_condition_keys(iam, user):
    blue = {"StringEquals": {"iam:ResourceTag/team": "blue", "sts:RoleSessionName": "${aws:username}"}}
    bob = user("bob", statement("sts:AssumeRole", Condition=blue))("sts")
    arns = {
        colour: make_role(iam, colour, trust({"AWS": ACCOUNT}), Tags=[{"Key": "Team", "Value": colour}])
        for colour in ("blue", "red")
    }
    bob.assume_role(RoleArn=arns["blue"], RoleSessionName="bob")
    assert refused(bob.assume_role, RoleArn=arns["blue"], RoleSessionName="eve")[0] == "AccessDenied"
    assert refused(bob.assume_role, RoleArn=arns["red"], RoleSessionName="bob")[0] == "AccessDenied"


def test_sessions_last_as_long_as_the_role_allows(iam, bob, app):
    client = bob("sts")
    assert lasts(client.assume_role(RoleArn=app, RoleSessionName="here", DurationSeconds=900)["Credentials"]) <= 900
    assert refused(client.assume_role, RoleArn=app, RoleSessionName="here", DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    iam.update_role(RoleName="App", MaxSessionDuration=43200)
    answer = client.assume_role(RoleArn=app, RoleSessionName="here", DurationSeconds=43200)
    assert lasts(answer["Credentials"]) > 43000
    for seconds in (899, 43201):
        code, _ = refused(client.assume_role, RoleArn=app, RoleSessionName="here", DurationSeconds=seconds)
        assert code == "ValidationError"


def test_a_chain_of_roles_lasts_an_hour(iam, server, bob, app, assumed):
    long = make_role(iam, "Long", trusting(app, user_arn("bob")), MaxSessionDuration=43200)
    short = make_role(iam, "Short", trusting(app))
    token = server.client("sts", bob("sts").get_session_token()["Credentials"])
    session = assumed(bob("sts"), app)("sts")
    for client in (session, token):
        client.assume_role(RoleArn=long, RoleSessionName="next", DurationSeconds=3600)
        assert refused(client.assume_role, RoleArn=long, RoleSessionName="next", DurationSeconds=3601) == (
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    assert refused(session.assume_role, RoleArn=short, RoleSessionName="next", DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def test_a_session_may_be_trusted_by_its_own_arn(iam, bob, app, assumed):
    session_arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/App/here"
    arn = make_role(iam, "Next", trust({"AWS": session_arn}))
    assumed(bob("sts"), app)("sts").assume_role(RoleArn=arn, RoleSessionName="next")
    other = assumed(bob("sts"), app, RoleSessionName="there")("sts")
    assert refused(other.assume_role, RoleArn=arn, RoleSessionName="next")[0] == "AccessDenied"


def test_changed_trust_leaves_sessions_alone_and_a_deleted_role_ends_them(iam, bob, app, assumed):
    session = assumed(bob("sts"), app)("sts")
    iam.update_assume_role_policy(RoleName="App", PolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    assert refused(bob("sts").assume_role, RoleArn=app, RoleSessionName="here") == denial(user_arn("bob"), app)
    session.get_caller_identity()
    iam.delete_role(RoleName="App")
    make_role(iam, "App", trusting(user_arn("bob")))
    assert refused(session.get_caller_identity)[0] == "InvalidClientTokenId"


def test_the_source_identity_stays_along_the_chain(iam, server, bob, app, assumed):
    first = bob("sts").assume_role(RoleArn=app, RoleSessionName="here", SourceIdentity="bob@home")
    assert first["SourceIdentity"] == "bob@home"
    session = server.client("sts", first["Credentials"])
    own = {"StringEquals": {"sts:SourceIdentity": "bob@home"}}
    following = make_role(iam, "Next", json.dumps({**json.loads(trusting(app, **own))}))
    for given in ({}, {"SourceIdentity": "bob@home"}):
        answer = session.assume_role(RoleArn=following, RoleSessionName="next", **given)
        assert answer["SourceIdentity"] == "bob@home"
    assert refused(session.assume_role, RoleArn=following, RoleSessionName="next", SourceIdentity="eve") == (
        "ValidationError",
        "The source identity is already set for this assume role session",
    )
    # Who may be assumed but not inherit an identity refuses the whole.
    iam.update_assume_role_policy(RoleName="Next", PolicyDocument=trust({"AWS": app}))
    who = first["AssumedRoleUser"]["Arn"]
    assert refused(session.assume_role, RoleArn=following, RoleSessionName="next") == denial(
        who, following, "SetSourceIdentity"
    )


def test_the_source_identity_is_known_to_later_requests(iam, bob, app, assumed):
    condition = {"StringEquals": {"aws:SourceIdentity": "bob"}}
    document = {"Version": "2012-10-17", "Statement": statement("iam:ListRoles", Condition=condition)}
    iam.put_role_policy(RoleName="App", PolicyName="own", PolicyDocument=json.dumps(document))
    assumed(bob("sts"), app, SourceIdentity="bob")("iam").list_roles()
    assert refused(assumed(bob("sts"), app)("iam").list_roles)[0] == "AccessDenied"


def test_contexts_are_refused(bob, app):
    client = bob("sts")
    asked = {"RoleArn": app, "RoleSessionName": "here"}
    context = {"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "x" * 20}
    other = {**context, "ProviderArn": "arn:aws:iam::aws:contextProvider/Other"}
    for wrong in ([context], [other]):
        assert refused(client.assume_role, ProvidedContexts=wrong, **asked)[0] in ("ValidationError", "AccessDenied")
    assert refused(client.assume_role, MinimumSessionTokenSize=10, **asked)[0] == "InvalidInput"


def test_the_token_of_another_session_opens_nothing(server, bob, app):
    first, second = (
        bob("sts").assume_role(RoleArn=app, RoleSessionName=name)["Credentials"] for name in ("first", "second")
    )
    mixed = {**first, "SessionToken": second["SessionToken"]}
    assert refused(server.client("sts", mixed).get_caller_identity)[0] == "InvalidClientTokenId"
    del first["SessionToken"]
    assert refused(server.client("sts", first).get_caller_identity)[0] == "InvalidClientTokenId"


def test_credentials_expire_when_they_say(bob, app):
    before = datetime.now(UTC).replace(microsecond=0)
    ends = bob("sts").assume_role(RoleArn=app, RoleSessionName="here", DurationSeconds=900)["Credentials"]["Expiration"]
    assert 900 <= (ends - before).total_seconds() <= 930
