from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.analysis.checks import no_new_access
from iamd.analysis.references import compared, is_trust
from iamd.analysis.symbolic import Undecided
from iamd.policy import MalformedPolicy

ROLE = "arn:aws:iam::111111111111:role/"
GITHUB = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"


def trust(action: str = "sts:AssumeRole", effect: str = "Allow", **principal: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Principal": principal}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def passes(new: list[dict[str, Any]], reference: list[dict[str, Any]]) -> bool:
    return no_new_access(*compared(text(*new), text(*reference))).passed


@pytest.mark.parametrize(
    ("reference", "within", "beyond"),
    [
        ([trust(AWS=ROLE + "ci/*")], [trust(AWS=ROLE + "ci/web")], [trust(AWS=ROLE + "web")]),
        ([trust(AWS="arn:aws:iam::*:role/ci")], [trust(AWS="arn:aws:iam::2" + "2" * 11 + ":role/ci")], [trust(AWS="1" * 12)]),
        ([trust(AWS=[ROLE + "ci/*", "2" * 12])], [trust(AWS=[ROLE + "ci/web", f"arn:aws:iam::{'2' * 12}:root"])], [trust(AWS="3" * 12)]),
        ([trust(Service="*")], [trust(Service="ec2.amazonaws.com")], [trust(AWS=ROLE + "web")]),
        ([trust("sts:AssumeRoleWithWebIdentity", Federated="*")], [trust("sts:AssumeRoleWithWebIdentity", Federated=GITHUB)], [trust(AWS="1" * 12)]),
        ([trust("sts:*", AWS="*"), trust(effect="Deny", AWS=ROLE + "ci/*")], [trust(AWS=ROLE + "web")], [trust(AWS=ROLE + "ci/web")]),
        ([{**trust(AWS=ROLE + "*"), "Condition": {"ArnLike": {"aws:PrincipalArn": ROLE + "a*"}}}], [trust(AWS=ROLE + "ab")], [trust(AWS=ROLE + "b")]),
    ],
)  # fmt: skip
def test_principals_of_references_may_have_wildcards(reference: Any, within: Any, beyond: Any) -> None:
    assert passes(within, reference)
    assert not passes(beyond, reference)


def test_policies_that_are_checked_have_no_wildcards_in_principals() -> None:
    for principal in (ROLE + "*", "arn:aws:iam::11111111111?:root"):
        with pytest.raises(MalformedPolicy, match="Invalid principal"):
            passes([trust(AWS=principal)], [trust(AWS="1" * 12)])


def test_wildcards_in_sessions_are_not_guessed_about() -> None:
    with pytest.raises(Undecided, match="name the role"):
        passes([trust(AWS="1" * 12)], [trust(AWS="arn:aws:sts::111111111111:assumed-role/ci/*")])


@pytest.mark.parametrize("denied", ["arn:aws:iam::*:root", "11111111111?", "arn:aws:*::111111111111:*", "*:role/ci"])
def test_wildcards_that_take_away_from_accounts_are_not_guessed_about(denied: str) -> None:
    with pytest.raises(Undecided, match="name the accounts"):
        passes([trust(AWS="1" * 12)], [trust(AWS="*"), trust(effect="Deny", AWS=denied)])


def test_wildcards_in_what_a_reference_leaves_out_are_not_guessed_about() -> None:
    spared = {"Effect": "Allow", "Action": "s3:GetObject", "NotPrincipal": {"AWS": "arn:aws:iam::*:role/ci"}}
    new = {**trust("s3:GetObject", AWS=ROLE + "ci"), "Resource": "*"}
    with pytest.raises(Undecided, match="name the principals"):
        passes([new], [{**spared, "Resource": "*"}])


def test_all_services_are_more_than_those_that_a_reference_does_not_leave_out() -> None:
    spared = {"Effect": "Allow", "Action": "s3:GetObject", "NotPrincipal": {"Service": "ec2.amazonaws.com"}}
    assert not passes([{**trust("s3:GetObject", Service="*"), "Resource": "*"}], [{**spared, "Resource": "*"}])


def test_trust_policies_tell_no_resources_and_actions_of_sts_alone() -> None:
    assert is_trust(text(trust()), text({"Effect": "Allow", "NotAction": "sts:AssumeRole", "Principal": "*"}))
    for other in ({**trust(), "Resource": "*"}, trust("ecr:GetImage"), {"Effect": "Allow", "Principal": "*"}):
        assert not is_trust(text(other))


@pytest.mark.parametrize(
    "other", ["", "[", "[]", '{"Statement": 1}', '{"Statement": {"Principal": {"Service": "*"}}}', "[" * 9999]
)
def test_what_is_no_policy_is_refused(other: str) -> None:
    for pair in ((text(trust(AWS="1" * 12)), other), (other, text(trust(AWS="1" * 12)))):
        with pytest.raises(MalformedPolicy):
            compared(*pair)


_NOBODY = (
    *("", "x", "x:y", "1" * 11, "\u0661" * 12, "federated:x", "service:", "arn:::::", "arn:aws:iam::1:role/ci"),
    *(f"arn:aws:iam::{'1' * 12}:role/", f"arn:aws:sts::{'1' * 12}:assumed-role/ci"),
)


@pytest.mark.parametrize("nobody", _NOBODY)
def test_a_text_that_names_nobody_gives_nothing(nobody: str) -> None:
    for type_ in ("AWS", "Service", "Federated", "CanonicalUser"):
        passes([trust(**{type_: nobody})], [trust(AWS="2" * 12)])
        assert not passes([trust(AWS="2" * 12)], [trust(**{type_: nobody})])
    assert passes([trust(AWS=nobody)], [trust(AWS="2" * 12)])


def test_policies_that_name_very_many_are_not_compared() -> None:
    ids = [f"AROA{at:017d}" for at in range(60)]
    roles = [f"{ROLE}r{at}" for at in range(60)]
    sessions = [f"arn:aws:sts::111111111111:assumed-role/r{at}/s{at}" for at in range(60)]
    wide = {**trust("s3:*", AWS=[*ids, *roles, *sessions]), "Resource": "*"}
    with pytest.raises(Undecided, match="too many principals"):
        passes([wide], [{**trust("s3:*", AWS="*"), "Resource": "*"}])
    assert passes([trust(AWS=roles)], [trust(AWS="1" * 12)])
