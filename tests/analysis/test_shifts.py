"""What access changed: whatever is listed has been decided so, and nothing that was decided otherwise is left out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.access import Holder, Reach, covers
from iamd.analysis.shifts import Shift, State, actions_of, changed_policies, shifts
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load

USER = Principal.from_text("arn:aws:iam::111122223333:user/ann")
KNOWN = {
    "s3:GetObject": True,
    "s3:PutObject": True,
    "s3:ListAllMyBuckets": False,
    "sqs:SendMessage": True,
    "own:Do": True,
}
RESOURCES = ["*", "arn:aws:s3:::*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/secret", "arn:aws:sqs:eu-west-1:111122223333:q"]

statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.lists(st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "own:Do"]), min_size=1, max_size=2),
        "Resource": st.sampled_from(RESOURCES),
    }
)
documents = st.lists(statements, min_size=1, max_size=3)
worlds = st.tuples(st.lists(documents, max_size=2), st.one_of(st.none(), documents), st.one_of(st.none(), documents))


def attached(name: str, given: list[dict[str, Any]], kind: Kind) -> Attached:
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": given}), kind))


def layers(identity: list[Any], boundary: Any, scp: Any) -> Layers:
    return Layers(
        identity=tuple(attached(f"p{at}", each, Kind.IDENTITY) for at, each in enumerate(identity)),
        boundaries=() if boundary is None else (attached("boundary", boundary, Kind.BOUNDARY),),
        scps=() if scp is None else ((attached("scp", scp, Kind.SCP),),),
    )


def allowed(of: Layers, action: str, resource: str) -> bool:
    return decide(Request(USER, action, resource), of).allowed


def told(old: Layers, new: Layers) -> list[Shift]:
    actions = actions_of(changed_policies(old, new), KNOWN)
    return list(shifts(State(Holder(USER, old), Reach()), State(Holder(USER, new), Reach()), actions))


@settings(max_examples=150, deadline=None)
@given(before=worlds, after=worlds)
def test_what_is_told_is_what_is_decided(before: Any, after: Any) -> None:
    old, new = layers(*before), layers(*after)
    found = told(old, new)
    for shift in found:
        for resource in shift.resources:
            assert allowed(old, shift.action, resource) is (shift.before is not None)
            assert allowed(new, shift.action, resource) is (shift.after is not None)
        assert shift.gained is (shift.after is not None)
    named = {resource for world in (before, after) for each in _statements(world) for resource in [each["Resource"]]}
    for action, has_resources in KNOWN.items():
        for resource in {"*", *(named if has_resources else ())}:
            now = allowed(new, action, resource)
            if allowed(old, action, resource) is not now:
                assert any(
                    shift.action == action
                    and shift.gained is now
                    and any(covers(each, resource) for each in shift.resources)
                    for shift in found
                ), (action, resource)


def _statements(world: Any) -> list[Any]:
    identity, boundary, scp = world
    return [*(each for document in identity for each in document), *(boundary or ()), *(scp or ())]


def test_a_principal_that_comes_or_goes_gains_or_loses_all() -> None:
    own = layers([[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]], None, None)
    there, nobody = State(Holder(USER, own), Reach()), State(None, Reach())
    actions = actions_of(changed_policies(Layers(), own), KNOWN)
    assert actions == {"s3:GetObject": True}
    (gained,), (lost,) = shifts(nobody, there, actions), shifts(there, nobody, actions)
    assert gained == Shift("s3:GetObject", ("arn:aws:s3:::b/*",), None, "")
    assert lost == Shift("s3:GetObject", ("arn:aws:s3:::b/*",), "", None)
