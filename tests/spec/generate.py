"""Requests with policies of every layer, drawn from small alphabets so that things meet.

All choices are made through one strategy, small numbers: thousands of requests are drawn, and a strategy built anew for
each choice takes ten times as long as the two evaluators together.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

Json = dict[str, Any]
ACCOUNT, OTHER = "111122223333", "444455556666"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/carol"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
SERVICE = "lambda.amazonaws.com"

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
LINKED_TARGET = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/y.amazonaws.com/AWSServiceRoleForY"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"

CALLERS = {
    ALICE: None,
    SESSION: ROLE,
    ROLE: None,
    FEDERATED: ALICE,
    ROOT: None,
    LINKED: None,
    f"service:{SERVICE}": None,
    f"federated:{PROVIDER}": None,
    "*": None,
}
NAMED = [ALICE, ROLE, SESSION, FEDERATED, ROOT, ACCOUNT, OTHER, "*", f"arn:aws:iam::{OTHER}:user/bob"]
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "S3:getobject", "ec2:RunInstances"]
TRUSTS = ("sts:AssumeRole", "sts:TagSession")  # the resource policy is a trust policy, which names no resources
SPECIAL = {
    "sts:AssumeRole": [TARGET, LINKED_TARGET],
    "sts:TagSession": [TARGET],
    "sts:AssumeRoot": [ROOT, f"arn:aws:iam::{OTHER}:root"],
    "kms:Decrypt": [KEY],
    "kms:RetireGrant": [KEY],
    "kms:CreateKey": ["*"],
    "s3:PutBucketPolicy": ["arn:aws:s3:::bucket"],
}
ACTION_PATTERNS = ["*", "s3:*", "s3:Get*", "s3:*Object", "S3:GETOBJECT", "s3:?etObject", "sqs:SendMessage", "ec2:*"]
ACTION_PATTERNS += ["sts:*", "kms:*", "sts:Assume*", "*:*", "s?:Get*", "?3:*object", "*s:*:x"]
RESOURCES = [
    "*",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/a/b.txt",
    "arn:aws:s3:::bucket/alice/x*y",
    f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs",
    "arn:aws:s3:::bucket/\U0001f600",
    f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:jobs",
]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/?/b*",
    "arn:aws:s3:::b*t/*.txt",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/home, 'a'}/*",
    "arn:aws:s3:::bucket/alice/x${*}y",
    "arn:aws:s3:::bucket/??",
    "arn:aws:sqs",
    "arn:aws:sqs:*:*:jobs",
    f"arn:aws:sqs:*{ACCOUNT}:jobs",
    "arn:aws:lambda:*:function:jobs",
    "arn:aws:lambda:*:function:${aws:none, 'jobs'}",
    "arn:aws:lambda:?*:function:jobs",
    "arn:aws:lambda:eu*1:*1:*:jobs",
    "arn:aws:*:jobs",
]
TEXTS = ["alice", "ALICE", "al*", "a?ice", "${aws:username}", "${aws:none}", "${aws:none, 'alice'}", "${*}", "", "*"]
OPERANDS: dict[str, list[Any]] = {
    "String": TEXTS,
    "Numeric": ["1", "1.0", 10, "-2.5", "1e1", "many"],
    "Date": ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2026-01-01", "2026", "1767225600", "soon"],
    "Bool": ["true", "false", True, "TRUE", "what"],
    "Arn": ["arn:aws:s3:::bucket", "arn:aws:*:::b*", "arn:aws:s3:*:*:*", "arn:aws:iam::*:user/${aws:username}", "*"],
    "Ip": ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "10.0.0.0/33"],
    "Binary": ["QQ==", "QUI=", "", "Q"],
    "Null": ["true", "false", True],
}
OPERANDS["Arn"] += ["bucket"]
OPERATORS: dict[str, list[str]] = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
    "Date": ["DateEquals", "DateNotEquals", "DateLessThanEquals", "DateGreaterThan"],
    "Bool": ["Bool"],
    "Arn": ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Binary": ["BinaryEquals"],
    "Null": ["Null"],
}
OPERATORS["String"] += ["StringLike", "StringNotLike"]
OPERATORS["Numeric"] += ["NumericLessThanEquals", "NumericGreaterThan"]
OPERATORS["Date"] += ["DateLessThan", "DateGreaterThanEquals"]
KEYS = {
    "String": "aws:PrincipalTag/Team",
    "Numeric": "s3:max-keys",
    "Date": "aws:CurrentTime",
    "Bool": "aws:SecureTransport",
    "Arn": "aws:SourceArn",
    "Ip": "aws:SourceIp",
    "Binary": "k:Binary",
    "Null": "aws:TagKeys",
}
VALUES: dict[str, list[str]] = {
    "String": ["alice", "Alice", "al*", "*", "", "\u03a3\u03c2", "a\U0001f600e"],
    "Numeric": ["1", "10", "9.99", "none"],
    "Date": ["2026-01-01T00:00:00Z", "2026-06-01T12:30:00+02:00", "1767225600", "soon"],
    "Bool": ["true", "false", "True", "no"],
    "Arn": ["arn:aws:s3:::bucket", f"arn:aws:iam::{ACCOUNT}:user/alice", "bucket"],
    "Ip": ["10.1.2.3", "::ffff:10.9.9.9", "2001:db8::1", "AWS Internal"],
    "Binary": ["QQ==", "QUI=", ""],
    "Null": ["a", "alice"],
}
FAMILIES = sorted(KEYS)
CALLING = sorted(CALLERS)
SPECIALLY = sorted(SPECIAL)

T = TypeVar("T")
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
Near = tuple[
    str, str, str
]  # the caller, the action and the resource that a statement is to be about, more often than not
FAR: Near = ("*", "*", "*")


@cache
def below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def pick(draw: st.DrawFn, items: Sequence[T]) -> T:
    return items[draw(below(len(items)))]


def chance(draw: st.DrawFn, of: int) -> bool:
    """One in so many."""
    return draw(below(of)) == of - 1


def some(draw: st.DrawFn, items: Sequence[Any], near: Sequence[Any] = ()) -> Any:
    """An item, or a list of one or two; every other time of the near ones."""
    form = draw(below(6 if near else 3))
    of = near if form >= 3 else items
    return pick(draw, of) if form % 3 == 0 else [pick(draw, of) for _ in range(form % 3)]


def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for family in {pick(draw, FAMILIES) for _ in range(pick(draw, (0, 0, 0, 1, 2)))}:
        name = pick(draw, OPERATORS[family])
        if family != "Null":
            name = pick(draw, ("", "", "ForAllValues:", "ForAnyValue:")) + name + pick(draw, ("", "", "IfExists"))
        operands = [] if chance(draw, 10) else some(draw, OPERANDS[family])
        block[name] = {pick(draw, (KEYS[family], KEYS[family].upper())): operands}
    return block


def who(draw: st.DrawFn, caller: str) -> Any:
    """What a Principal element holds."""
    issuer = CALLERS.get(caller)
    near = [each for each in (caller, issuer, ACCOUNT) if each is not None and each.startswith(("arn", ACCOUNT))]
    named: dict[str, Any] = {}
    if chance(draw, 2):
        named["AWS"] = some(draw, NAMED, near)
    for type_, value in (("Service", SERVICE), ("Federated", PROVIDER), ("CanonicalUser", CANONICAL)):
        if chance(draw, 4):
            named[type_] = value
    return named or "*"


def made_statement(draw: st.DrawFn, principals: bool, near: Near, effects: Sequence[str] = ("Allow", "Deny")) -> Json:
    caller, action, resource = near
    made: Json = {"Effect": pick(draw, effects)}
    empty = draw(below(60))  # one of the elements, now and then
    made["NotAction" if chance(draw, 5) else "Action"] = some(draw, ACTION_PATTERNS, (action, "*"))
    made["NotResource" if chance(draw, 5) else "Resource"] = some(draw, RESOURCE_PATTERNS, (resource, "*"))
    if principals:
        made["NotPrincipal" if chance(draw, 6) else "Principal"] = who(draw, caller)
    for at, element in enumerate(("Action", "Resource", "Principal")):
        if at == empty:
            name = element if element in made else "Not" + element
            if name in made:
                made[name] = {"AWS": []} if element == "Principal" else []
    if block := conditions(draw):
        made["Condition"] = block
    return made


@st.composite
def statement(draw: st.DrawFn, principals: bool = False, effects: tuple[str, ...] = ("Allow", "Deny")) -> Json:
    return made_statement(draw, principals, FAR, effects)


def made_document(draw: st.DrawFn, principals: bool = False, near: Near = FAR) -> Json:
    effects = ("Allow", "Allow", "Deny")
    statements = [made_statement(draw, principals, near, effects) for _ in range(pick(draw, (1, 1, 2, 3)))]
    made: Json = {"Statement": statements}
    version = pick(draw, ("2012-10-17", "2012-10-17", "2008-10-17", None))
    return made if version is None else {"Version": version, **made}


@st.composite
def document(draw: st.DrawFn, principals: bool = False) -> Json:
    return made_document(draw, principals)


def levels(draw: st.DrawFn, near: Near, principals: bool = False) -> list[Json]:
    whole = copy.deepcopy(FULL)
    if principals:
        whole["Statement"][0]["Principal"] = "*"

    def policy() -> Json:
        return {"name": "p", "document": made_document(draw, principals, near) if chance(draw, 3) else whole}

    return [
        {"target": "r", "policies": [policy() for _ in range(pick(draw, (1, 2)))]} for _ in range(pick(draw, (0, 1, 2)))
    ]


def context(draw: st.DrawFn) -> Json:
    """Values of the keys that conditions and variables ask for, some absent, some of several values."""
    made: Json = {}
    for family, key in KEYS.items():
        form = draw(below(5))
        values = VALUES[family]
        if form < 3:
            spelled = key.lower() if form == 1 else key
            made[spelled] = pick(draw, values) if form else [pick(draw, values) for _ in range(draw(below(3)))]
    username = pick(draw, (None, None, "alice", "alice", ["alice"], []))
    return made if username is None else {**made, "aws:username": username}


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """A request as `iamd evaluate --jsonl` takes it."""
    principal = pick(draw, CALLING)
    action, resource = pick(draw, ACTIONS), pick(draw, RESOURCES)
    if chance(draw, 4):
        action = pick(draw, SPECIALLY)
        resource = pick(draw, SPECIAL[action])
    near = (principal, action, resource)

    def documents(most: int, principals: bool = False) -> list[Json]:
        return [made_document(draw, principals, near) for _ in range(draw(below(most + 1)))]

    made: Json = {"principal": principal, "action": action, "resource": resource, "context": context(draw)}
    made["identityPolicies"] = [{"name": f"p{at}", "document": each} for at, each in enumerate(documents(2))]
    made["permissionsBoundaries"] = documents(1)
    made["sessionPolicies"] = documents(1) if "sts" in principal else []
    made["serviceControlPolicies"] = levels(draw, near)
    made["resourceControlPolicies"] = levels(draw, near, principals=True) if chance(draw, 3) else []
    made["endpointPolicies"] = documents(1, principals=True) if chance(draw, 2) else []
    if owner := pick(draw, (ACCOUNT, ACCOUNT, OTHER, None)):
        made["resourceAccount"] = owner
    if principal.startswith("arn:") and chance(draw, 4):
        made["principalCanonicalUser"] = CANONICAL
    if CALLERS[principal]:
        made["sessionIssuer"] = CALLERS[principal]
    if chance(draw, 2):
        made["resourcePolicy"] = made_document(draw, True, near)
        if action in TRUSTS:
            unbound(made["resourcePolicy"])
    if chance(draw, 5):
        made["managementAccount"] = pick(draw, (ACCOUNT, OTHER))
    return made


def unbound(trust: Json) -> None:
    """Take the resources away, which trust policies do not name."""
    for each in trust["Statement"]:
        each.pop("Resource", None)
        each.pop("NotResource", None)
