"""Principals as they are read, and how closely a policy names them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from iamd.policy import Attached, Kind, Layer, Layers, Principal, PrincipalKind, Request, decide, load

ACCOUNT, OTHER = "111122223333", "444455556666"
CANONICAL = "c" * 64
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/x/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/x/alice"
SESSION = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/app/run"
CAROL = f"arn:aws:sts::{ACCOUNT}:federated-user/carol"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KINDS = PrincipalKind


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("*", {"account": OTHER}, Principal(KINDS.ANONYMOUS, "*", OTHER, canonical_user=CANONICAL)),
        ("service:x.example", {"account": OTHER}, Principal(KINDS.SERVICE, "x.example", OTHER, "x.example", service="x.example")),
        (f"federated:{PROVIDER}", {}, Principal(KINDS.FEDERATED, PROVIDER, ACCOUNT, PROVIDER)),
        ("federated:issuer", {"account": OTHER}, Principal(KINDS.FEDERATED, "issuer", OTHER, "issuer")),
        (ROOT, {"account": ACCOUNT}, Principal(KINDS.ROOT, ROOT, ACCOUNT, "root", canonical_user=CANONICAL)),
        (USER, {}, Principal(KINDS.USER, USER, ACCOUNT, "alice", canonical_user=CANONICAL, unique_id="ID")),
        (ROLE, {}, Principal(KINDS.ROLE, ROLE, ACCOUNT, "app", ROLE, canonical_user=CANONICAL, unique_id="ID")),
        (
            SESSION,
            {},
            Principal(
                KINDS.SESSION,
                SESSION,
                ACCOUNT,
                "run",
                f"arn:aws-cn:iam::{ACCOUNT}:role/app",
                canonical_user=CANONICAL,
                unique_id="ID",
            ),
        ),
        (
            SESSION,
            {"session_issuer": ROLE},
            Principal(KINDS.SESSION, SESSION, ACCOUNT, "run", ROLE, canonical_user=CANONICAL, unique_id="ID"),
        ),
        (
            CAROL,
            {"session_issuer": USER},
            Principal(
                KINDS.FEDERATED_USER,
                CAROL,
                ACCOUNT,
                "carol",
                issuer_arn=USER,
                canonical_user=CANONICAL,
                unique_id="ID",
            ),
        ),
    ],
)  # fmt: skip
def test_principals_are_read_in_full(text: str, given: dict[str, str], expected: Principal) -> None:
    more = {"canonical_user": CANONICAL, "unique_id": "ID", **given}
    assert Principal.from_text(text, **more) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alice", "principal `alice` is neither an ARN, `*`, `service:NAME` nor `federated:PROVIDER`"),
        ("arn:aws:iam::x:root", "is neither an ARN"),
        (f"arn:aws:sts::{ACCOUNT}:user/alice", "is no root user, user, role, role session or federated user"),
        (f"arn:aws:sts::{ACCOUNT}:role/app", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:root", "is no root user"),
        (f"arn:aws:s3::{ACCOUNT}:root", "is no root user"),
        (f"arn:aws:iam::{ACCOUNT}:assumed-role/app/run", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run/more", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/app/", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:other/app/run", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:other/app", "is no root user"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/", "is no root user"),
        (f"arn:aws:iam::{ACCOUNT}:federated-user/carol", "is no root user"),
    ],
)
def test_what_is_no_principal_is_said_so(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("*", r"\*")):
        Principal.from_text(text)


def test_a_principal_is_of_its_own_account() -> None:
    with pytest.raises(ValueError, match=f"principal `{USER}` is not of account `{OTHER}`"):
        Principal.from_text(USER, account=OTHER)


def attached(kind: Kind, **elements: Any) -> Attached:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **elements}
    return Attached("p", load(json.dumps({"Version": "2012-10-17", "Statement": statement}), kind))


@pytest.mark.parametrize(
    ("who", "unique_id", "named", "bypasses"),
    [
        (USER, "AIDAEXAMPLE", "AIDAEXAMPLE", True),
        (USER, None, USER, True),
        (SESSION, "AROAEXAMPLE", SESSION, True),
        (SESSION, "AROAEXAMPLE", "AROAEXAMPLE", False),
        (ROLE, "AROAEXAMPLE", "AROAEXAMPLE", False),
        (ROLE, None, ROLE, False),
    ],
)
def test_who_is_named_itself_is_beyond_a_boundary_and_who_is_named_by_role_is_not(
    who: str, unique_id: str | None, named: str, bypasses: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource.html"""
    request = Request(Principal.from_text(who, unique_id=unique_id), "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT)
    granted = Layers(resource=attached(Kind.RESOURCE, Principal={"AWS": named}))
    assert decide(request, granted).allowed
    narrow = Layers(boundaries=(attached(Kind.BOUNDARY, Action="ec2:*"),), resource=granted.resource)
    assert decide(request, narrow).layer is (Layer.RESOURCE if bypasses else Layer.BOUNDARY)
    stranger = Request(Principal.from_text(who.replace("/", "/x"), unique_id="AXXX"), "s3:GetObject", "*", ACCOUNT)
    assert not decide(stranger, granted).allowed


def test_an_endpoint_spares_whom_it_says_but_nobody_with_a_boundary() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    door = json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ACCOUNT]}, "Action": "*", "Resource": "*"},
            ]
        }
    )
    free = Layers(identity=(attached(Kind.IDENTITY),), endpoint=(Attached("door", load(door, Kind.ENDPOINT)),))
    bounded = replace(free, boundaries=(attached(Kind.BOUNDARY),), plans={})
    for layers, who, allowed in ((free, USER, True), (free, USER + "2", False), (bounded, USER, False)):
        request = Request(Principal.from_text(who), "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT)
        assert decide(request, layers).allowed is allowed


@pytest.mark.parametrize("account", [ACCOUNT, ROOT])
@pytest.mark.parametrize(("issuer", "spared"), [(ROOT, True), (USER, False)])
def test_an_account_by_its_digits_is_the_account_by_its_root_user(account: str, issuer: str, spared: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts"""
    carol = Principal.from_text(CAROL, session_issuer=issuer)
    guard = attached(Kind.RESOURCE, Effect="Deny", NotPrincipal={"AWS": account})
    layers = Layers(identity=(attached(Kind.IDENTITY),), session=(attached(Kind.SESSION),), resource=guard)
    assert decide(Request(carol, "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT), layers).allowed is spared
