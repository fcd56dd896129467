"""Requests with policies of every layer, drawn from small alphabets so that things meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

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
ACTION_PATTERNS += ["sts:*", "kms:*", "sts:Assume*"]
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
    "Numeric": ["1", "1.0", 10, "-2.5", "1e1"],
    "Date": ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2026-01-01", "2026", "1767225600"],
    "Bool": ["true", "false", True, "TRUE", "what"],
    "Arn": ["arn:aws:s3:::bucket", "arn:aws:*:::b*", "arn:aws:s3:*:*:*", "arn:aws:iam::*:user/${aws:username}", "*"],
    "Ip": ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0"],
    "Null": ["true", "false", True],
}
OPERATORS: dict[str, list[str]] = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
    "Date": ["DateEquals", "DateNotEquals", "DateLessThanEquals", "DateGreaterThan"],
    "Bool": ["Bool"],
    "Arn": ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Null": ["Null"],
}
OPERATORS["String"] += ["StringLike", "StringNotLike"]
KEYS = {
    "String": "aws:PrincipalTag/Team",
    "Numeric": "s3:max-keys",
    "Date": "aws:CurrentTime",
    "Bool": "aws:SecureTransport",
    "Arn": "aws:SourceArn",
    "Ip": "aws:SourceIp",
    "Null": "aws:TagKeys",
}
VALUES: dict[str, list[str]] = {
    "String": ["alice", "Alice", "al*", "*", "", "\u03a3\u03c2", "a\U0001f600e"],
    "Numeric": ["1", "10", "9.99", "none"],
    "Date": ["2026-01-01T00:00:00Z", "2026-06-01T12:30:00+02:00", "1767225600", "soon"],
    "Bool": ["true", "false", "True", "no"],
    "Arn": ["arn:aws:s3:::bucket", f"arn:aws:iam::{ACCOUNT}:user/alice", "bucket"],
    "Ip": ["10.1.2.3", "::ffff:10.9.9.9", "2001:db8::1", "AWS Internal"],
    "Null": ["a", "alice"],
}

one_or_many = lambda items: st.sampled_from(items) | st.lists(st.sampled_from(items), min_size=1, max_size=2)  # noqa: E731


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for family in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=2, unique=True)):
        name = draw(st.sampled_from(OPERATORS[family]))
        if family != "Null":
            name = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])) + name
            name += draw(st.sampled_from(["", "", "IfExists"]))
        operands = st.integers(0, 9).flatmap(lambda at, of=OPERANDS[family]: one_or_many(of) if at else st.just([]))
        block[name] = {draw(st.sampled_from([KEYS[family], KEYS[family].upper()])): draw(operands)}
    return block


@st.composite
def statement(
    draw: st.DrawFn, principals: bool = False, effects: tuple[str, ...] = ("Allow", "Deny")
) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(one_or_many(ACTION_PATTERNS))
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(
        one_or_many(RESOURCE_PATTERNS)
    )
    if principals:
        who = st.just("*") | st.fixed_dictionaries(
            {},
            optional={
                "AWS": one_or_many(NAMED),
                "Service": st.just(SERVICE),
                "Federated": st.just(PROVIDER),
                "CanonicalUser": st.just(CANONICAL),
            },
        )
        negated = draw(st.integers(0, 5)) == 0
        made["NotPrincipal" if negated else "Principal"] = draw(who.filter(bool))
    if block := draw(conditions()):
        made["Condition"] = block
    return made


@st.composite
def document(draw: st.DrawFn, principals: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"Statement": draw(st.lists(statement(principals), min_size=1, max_size=3))}
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None]))
    return made if version is None else {"Version": version, **made}


def levels(principals: bool = False) -> st.SearchStrategy[list[dict[str, Any]]]:
    full: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    if principals:
        full["Principal"] = "*"
    whole = {"Version": "2012-10-17", "Statement": [full]}
    named = st.fixed_dictionaries({"name": st.just("p"), "document": st.just(whole) | document(principals)})
    level = st.fixed_dictionaries({"target": st.just("r"), "policies": st.lists(named, min_size=1, max_size=2)})
    return st.lists(level, max_size=2)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request as `iamd evaluate --jsonl` takes it."""
    principal = draw(st.sampled_from(sorted(CALLERS)))
    context: dict[str, Any] = {}
    for family, key in KEYS.items():
        value = st.sampled_from(VALUES[family])
        found = draw(st.none() | value | st.lists(value, max_size=2))
        if found is not None:
            context[draw(st.sampled_from([key, key.lower()]))] = found
    username = draw(st.sampled_from([None, None, "alice", "alice", ["alice"], []]))
    if username is not None:
        context["aws:username"] = username
    made: dict[str, Any] = {
        "principal": principal,
        "action": draw(st.sampled_from(ACTIONS)),
        "resource": draw(st.sampled_from(RESOURCES)),
        "context": context,
        "identityPolicies": [
            {"name": f"p{at}", "document": each} for at, each in enumerate(draw(st.lists(document(), max_size=2)))
        ],
        "permissionsBoundaries": draw(st.lists(document(), max_size=1)),
        "sessionPolicies": draw(st.lists(document(), max_size=1)) if "sts" in principal else [],
        "serviceControlPolicies": draw(levels()),
        "resourceControlPolicies": draw(st.just([]) | levels(principals=True)),
        "endpointPolicies": draw(st.lists(document(principals=True), max_size=1)),
    }
    if draw(st.integers(0, 3)) == 0:
        made["action"] = draw(st.sampled_from(sorted(SPECIAL)))
        made["resource"] = draw(st.sampled_from(SPECIAL[made["action"]]))
    if owner := draw(st.sampled_from([ACCOUNT, ACCOUNT, OTHER, None])):
        made["resourceAccount"] = owner
    if draw(st.integers(0, 3)) == 0:
        made["principalCanonicalUser"] = CANONICAL
    if CALLERS[principal]:
        made["sessionIssuer"] = CALLERS[principal]
    if draw(st.booleans()):
        made["resourcePolicy"] = draw(document(principals=True))
        if made["action"] in TRUSTS:
            for each in made["resourcePolicy"]["Statement"]:
                each.pop("Resource", None)
                each.pop("NotResource", None)
    if draw(st.integers(0, 4)) == 0:
        made["managementAccount"] = draw(st.sampled_from([ACCOUNT, OTHER]))
    return made
