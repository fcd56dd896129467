"""What was decided for a call is kept with its event, as far as the event does not tell it anyway."""

from __future__ import annotations

from typing import Any

from iamd.audit import ApiEvent, record
from iamd.audit.asked import SessionPolicies, recorded
from iamd.audit.stored import opened
from iamd.guard.ask import Ask
from iamd.guard.context import request_context
from tests.audit.test_event import ACCOUNT, ALICE, NOW, admin

ALICES = f"arn:aws:iam::{ACCOUNT}:user/Alice"
SESSION_POLICY = '{"Version":"2012-10-17","Statement":[]}'


def event(*asks: Ask, **fields: Any) -> ApiEvent:
    given: dict[str, Any] = {"who": ALICE, "asked": asks, **fields}
    return ApiEvent(ACCOUNT, NOW, "iam.amazonaws.com", "GetUser", "us-east-1", "r", True, **given)


def test_what_was_asked_is_kept() -> None:
    told = request_context(ALICE, NOW, "192.0.2.1", True, "boto3", "us-east-1")
    tags = {"aws:resourcetag/team": "red", "iam:resourcetag/team": "red"}
    own = {**told, "aws:principaltag/a": "b", "aws:tagkeys": ("x", "y"), "aws:resourceaccount": ACCOUNT, **tags}
    pass_role = Ask("iam:PassRole", "arn:r", "210987654321", policy="{}", context=told)
    first, second = opened(event(Ask("iam:GetUser", ALICES, ACCOUNT, context=own), pass_role).encode()).asked
    assert (first.action, first.resource, first.account_id, first.had_policy) == ("", ALICES, "", False)
    assert first.context == {"aws:principaltag/a": "b", "aws:tagkeys": ("x", "y"), "aws:resourcetag/team": "red"}
    assert {key: recorded(first, key) for key in (*tags, "aws:tagkeys", "aws:sourceip")} == {
        **tags,
        "aws:tagkeys": ("x", "y"),
        "aws:sourceip": None,
    }
    assert (second.action, second.account_id, second.had_policy) == ("iam:PassRole", "210987654321", True)
    assert second.context == {}


def test_the_policies_of_a_session_are_kept_with_its_calls() -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    who = admin(policy=SESSION_POLICY, policy_arns=(arn,))
    assert opened(event(who=who).encode()).session_policies == SessionPolicies(SESSION_POLICY, (arn,))
    assert opened(event(who=admin()).encode()).session_policies is None


def test_cloudtrail_is_told_nothing_of_it() -> None:
    asked = event(Ask("iam:GetUser", ALICES, ACCOUNT))
    asked.event_id = "e"
    plain = event(event_id="e")
    assert record(ACCOUNT, NOW, "e", asked.encode()) == record(ACCOUNT, NOW, "e", plain.encode())
