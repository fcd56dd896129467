"""Access from inside: within an account, between accounts, under control policies."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis import internal
from iamd.analysis.access import Holder
from iamd.analysis.internal import Guarded
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load

OWN, TABLE = "123456789012", "arn:aws:dynamodb:us-east-1:123456789012:table/t"
ALICE = f"arn:aws:iam::{OWN}:user/alice"


def attached(*statements: Any, kind: Kind = Kind.IDENTITY) -> Attached:
    return Attached("p", load(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind))


def allow(action: Any, resource: str = TABLE, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_a_member_of_another_account_needs_both_sides() -> None:
    other = Principal.from_text("arn:aws:iam::210987654321:role/app")
    holder = Holder(other, Layers(identity=(attached(allow("dynamodb:*", "*")),)))
    assert internal.given(holder, Guarded(TABLE, OWN)) == {}
    shared = attached(allow("dynamodb:GetItem", Principal={"AWS": "210987654321"}), kind=Kind.RESOURCE)
    assert internal.given(holder, Guarded(TABLE, OWN, shared)) == {(): ("dynamodb:GetItem",)}
    above = attached(allow("*", "*"), {**allow("dynamodb:*", "*"), "Effect": "Deny"}, kind=Kind.SCP)
    bound = Holder(other, Layers(identity=holder.layers.identity, scps=((above,),)))
    assert internal.given(bound, Guarded(TABLE, OWN, shared)) == {}


def test_what_is_under_a_resource_counts() -> None:
    holder = Holder(
        Principal.from_text(ALICE), Layers(identity=(attached(allow("dynamodb:Query", f"{TABLE}/index/a")),))
    )
    assert internal.given(holder, Guarded(TABLE, OWN)) == {(): ("dynamodb:Query",)}
    assert internal.given(holder, Guarded(f"{TABLE}2", OWN)) == {}


def test_a_part_that_is_named_with_wildcards_counts() -> None:
    who, bucket = Principal.from_text(ALICE), Guarded("arn:aws:s3:::app-prod", OWN)
    for name in ("*/secret", "*-prod/logs/*", "app-p??d/x", "app*/secret"):
        holder = Holder(who, Layers(identity=(attached(allow("s3:GetObject", f"arn:aws:s3:::{name}")),)))
        assert internal.given(holder, bucket) == {(): ("s3:GetObject",)}, name
    holder = Holder(who, Layers(identity=(attached(allow("s3:GetObject", "arn:aws:s3:::dev-*/logs/*")),)))
    assert internal.given(holder, bucket) == {}


def test_denials_of_many_parts_hide_no_part_that_is_allowed() -> None:
    parts = [f"{TABLE}/index/{number}" for number in range(50)]
    denials = [{**allow("dynamodb:*", part), "Effect": "Deny"} for part in parts]
    above = attached(allow("*", "*"), *denials, kind=Kind.SCP)
    own = attached(*(allow("dynamodb:Query", part) for part in parts), allow("dynamodb:Query", f"{TABLE}/index/a"))
    holder = Holder(Principal.from_text(ALICE), Layers(identity=(own,), scps=((above,),)))
    assert internal.given(holder, Guarded(TABLE, OWN)) == {(): ("dynamodb:Query",)}


_STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["dynamodb:*", "dynamodb:Get*", ["dynamodb:PutItem", "dynamodb:Query"], "s3:*"]),
    st.sampled_from(["*", TABLE, f"{TABLE}/*", f"{TABLE}/index/a", f"{TABLE}2"]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(_STATEMENTS, min_size=1, max_size=4))
def test_what_is_told_is_what_the_engine_allows_on_the_resource(statements: list[Any]) -> None:
    holder = Holder(Principal.from_text(ALICE), Layers(identity=(attached(*statements),)))
    told = {action for actions in internal.given(holder, Guarded(TABLE, OWN)).values() for action in actions}
    for action in ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteTable"):  # on tables alone
        request = Request(holder.principal, action, TABLE, OWN)
        assert (action in told) is decide(request, holder.layers).allowed
