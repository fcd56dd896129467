"""An everyday authorization workload, in AWS's own words: what every engine of the benchmark is asked.

By default fifty identity statements of ten policies, a boundary, three levels of service control policies, a bucket
policy, twenty context keys, and requests that each layer settles in turn.
"""

from __future__ import annotations

from typing import Any

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
SERVICES = ("s3", "ec2", "dynamodb", "sqs", "sns", "kms", "lambda", "logs", "ecr", "ssm")
REGIONS = ["us-east-1", "eu-west-1"]
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}

CONTEXT = {
    "aws:currenttime": "2026-11-21T21:00:00Z",
    "aws:epochtime": "1795294800",
    "aws:multifactorauthage": "120",
    "aws:multifactorauthpresent": "true",
    "aws:principalaccount": ACCOUNT,
    "aws:principalarn": USER,
    "aws:principalisawsservice": "false",
    "aws:principalorgid": "o-abcdef1234",
    "aws:principaltag/env": "dev",
    "aws:principaltag/team": "platform",
    "aws:principaltype": "User",
    "aws:requestedregion": "us-east-1",
    "aws:resourceaccount": ACCOUNT,
    "aws:securetransport": "true",
    "aws:sourceip": "10.11.12.13",
    "aws:tokenissuetime": "2026-11-21T20:00:00Z",
    "aws:useragent": "aws-cli/2.31",
    "aws:viaawsservice": "false",
    "aws:userid": "AIDAEXAMPLE",
    "aws:username": "alice",
}


# How the resources of some services are written: what comes first, and what stands for a slash.
FORMS = {"dynamodb": ("table/", "."), "lambda": ("function:", "-"), "ssm": ("parameter/", "/")}


def arn(service: str, tail: str) -> str:
    if service == "s3":
        return f"arn:aws:s3:::{tail}"
    first, slash = FORMS.get(service, ("", "/"))
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{first}{tail.replace('/', slash)}"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(service: str, name: str, kind: int) -> dict[str, Any]:
    """Reads anywhere, writes to named things, writes under conditions, a team's project, a guard against deletion."""

    def allow(actions: list[str], *tails: str, **elements: Any) -> dict[str, Any]:
        names = [f"{service}:{action}" for action in actions]
        return {"Effect": "Allow", "Action": names, "Resource": [arn(service, tail) for tail in tails], **elements}

    if kind == 0:
        return allow(["Get*", "List*", "Describe*"], f"pub-{name}*")
    if kind == 1:
        return allow(["GetObject", "PutItem", "SendMessage"], f"app-{name}/config", f"app-{name}/state")
    if kind == 2:
        here = {"StringEquals": {"aws:RequestedRegion": REGIONS}, "Bool": {"aws:SecureTransport": "true"}}
        return allow(["Put*", "Create*", "GetObject"], f"data-{name}/*", f"tmp-{name}/*", Condition=here)
    if kind == 3:
        team = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}, "StringLike": {"aws:PrincipalTag/team": ["plat*"]}}
        return allow(["*"], f"project-{name}-*/shared/*", Condition=team)
    guard = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    return allow(["Delete*", "Remove*", "PutObject"], f"*-prod-{name}/*", Condition=guard) | {"Effect": "Deny"}


def identity(policies: int, statements: int) -> list[dict[str, Any]]:
    """Policies, each about one service, ten services in turn."""
    return [
        document(*(statement(SERVICES[at % len(SERVICES)], f"{at}-{n // 5}", n % 5) for n in range(statements)))
        for at in range(policies)
    ]


def boundary() -> dict[str, Any]:
    services = [f"{service}:*" for service in SERVICES]
    region = {"StringEquals": {"aws:RequestedRegion": REGIONS}}
    return document(
        FULL | {"Action": services[:5]},
        FULL | {"Action": services[5:9], "Condition": region},
        FULL | {"Effect": "Deny", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::audit-*"},
    )


def control() -> list[dict[str, Any]]:
    away = {"StringNotEquals": {"aws:RequestedRegion": REGIONS}}
    root = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
    regions = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": away}
    documents = [
        [document(FULL), document(regions)],
        [document(FULL), document(FULL | {"Effect": "Deny", "Condition": root})],
        [document(FULL, FULL | {"Effect": "Deny", "Action": ["s3:DeleteBucket"]})],
    ]
    return [{"target": "t", "policies": [{"name": "p", "document": each} for each in level]} for level in documents]


def bucket() -> dict[str, Any]:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    everyone: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": arn("s3", "data-0-0/*"),
    }
    mine: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "s3:GetObject"}
    return document(
        everyone | {"Condition": plain},
        mine | {"Resource": arn("s3", "data-0-0/granted/*")},
        mine | {"Effect": "Deny", "Resource": arn("s3", "data-0-0/secret/*")},
    )


def requests(policies: int = 10, statements: int = 5) -> list[dict[str, Any]]:
    """As `iamd evaluate --jsonl` takes them; the second is the everyday one."""
    identities = [{"name": f"policy-{at}", "document": each} for at, each in enumerate(identity(policies, statements))]
    common = {
        "principal": USER,
        "resourceAccount": ACCOUNT,
        "identityPolicies": identities,
        "permissionsBoundaries": [boundary()],
        "serviceControlPolicies": control(),
    }
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("s3:GetObject", arn("s3", "app-0-0/state"), {}),
        ("s3:GetObject", arn("s3", "data-0-0/2026/11/part-0001"), {}),
        ("s3:GetObject", arn("s3", "data-0-0/granted/report"), {}),
        ("s3:GetObject", arn("s3", "data-0-0/secret/key"), {}),
        ("s3:PutObject", arn("s3", "project-0-0-blue/shared/a"), {}),
        ("s3:PutObject", arn("s3", "x-prod-0-0/f"), {"aws:multifactorauthpresent": "false"}),
        ("dynamodb:PutItem", arn("dynamodb", "app-2-0/config"), {}),
        ("ssm:GetParameter", arn("ssm", "pub-9-0x"), {}),
        ("s3:DeleteBucket", arn("s3", "project-0-0-a/shared/z"), {}),
        ("ec2:RunInstances", arn("ec2", "instance/i-0123"), {}),
        ("lambda:GetFunction", arn("lambda", "pub-6-0-fn"), {}),
        ("s3:GetObject", arn("s3", "data-0-0/x"), {"aws:requestedregion": "ap-south-1"}),
    ]
    made = []
    for action, resource, changes in asked:
        request = common | {"action": action, "resource": resource, "context": CONTEXT | changes}
        made.append(request | {"resourcePolicy": bucket()} if ":data-0-0/" in resource else request)
    return made
