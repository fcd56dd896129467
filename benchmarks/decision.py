"""One decision: the engine beside the naive walk of the reference evaluator, in turns, as CPU time and ratios.

    python -m benchmarks decision

The workload is an everyday one: fifty identity statements of ten policies, a boundary, three levels of service control
policies, a bucket policy, twenty context keys, and requests that each layer settles in turn.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load
from tests.spec import reference

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
SERVICES = ("s3", "ec2", "dynamodb", "sqs", "sns", "kms", "lambda", "logs", "ecr", "ssm")
REGIONS = ["us-east-1", "eu-west-1"]
ROUNDS = 7
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


def arn(service: str, tail: str) -> str:
    return f"arn:aws:s3:::{tail}" if service == "s3" else f"arn:aws:{service}:us-east-1:{ACCOUNT}:{tail}"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def identity(service: str, number: int) -> dict[str, Any]:
    """Reads anywhere, writes to named things, writes under conditions, a team's project, a guard against deletion."""

    def allow(actions: list[str], *tails: str, **elements: Any) -> dict[str, Any]:
        names = [f"{service}:{action}" for action in actions]
        return {"Effect": "Allow", "Action": names, "Resource": [arn(service, tail) for tail in tails], **elements}

    here = {"StringEquals": {"aws:RequestedRegion": REGIONS}, "Bool": {"aws:SecureTransport": "true"}}
    team = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}, "StringLike": {"aws:PrincipalTag/team": "plat*"}}
    guard = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    deletion = allow(["Delete*", "Remove*", "PutObject"], f"*-prod-{number}/*", Condition=guard)
    return document(
        allow(["Get*", "List*", "Describe*"], f"pub-{number}*"),
        allow(["GetObject", "PutItem", "SendMessage"], f"app-{number}/config", f"app-{number}/state"),
        allow(["Put*", "Create*", "GetObject"], f"data-{number}/*", f"tmp-{number}/*", Condition=here),
        allow(["*"], f"project-{number}-*/shared/*", Condition=team),
        deletion | {"Effect": "Deny"},
    )


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
    everyone: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arn("s3", "data-0/*")}
    mine: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "s3:GetObject"}
    return document(
        everyone | {"Condition": plain},
        mine | {"Resource": arn("s3", "data-0/granted/*")},
        mine | {"Effect": "Deny", "Resource": arn("s3", "data-0/secret/*")},
    )


def requests() -> list[dict[str, Any]]:
    """As `iamd evaluate --jsonl` takes them."""
    identities = [
        {"name": f"policy-{number}", "document": identity(service, number)} for number, service in enumerate(SERVICES)
    ]
    common = {
        "principal": USER,
        "resourceAccount": ACCOUNT,
        "identityPolicies": identities,
        "permissionsBoundaries": [boundary()],
        "serviceControlPolicies": control(),
    }
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("s3:GetObject", arn("s3", "app-0/state"), {}),
        ("s3:GetObject", arn("s3", "data-0/2026/11/part-0001"), {}),
        ("s3:GetObject", arn("s3", "data-0/granted/report"), {}),
        ("s3:GetObject", arn("s3", "data-0/secret/key"), {}),
        ("s3:PutObject", arn("s3", "project-0-blue/shared/a"), {}),
        ("s3:PutObject", arn("s3", "x-prod-0/f"), {"aws:multifactorauthpresent": "false"}),
        ("dynamodb:PutItem", arn("dynamodb", "app-2/config"), {}),
        ("ssm:GetParameter", arn("ssm", "pub-9x"), {}),
        ("s3:DeleteBucket", arn("s3", "project-0-a/shared/z"), {}),
        ("ec2:RunInstances", arn("ec2", "instance/i-0123"), {}),
        ("lambda:GetFunction", arn("lambda", "pub-6-fn"), {}),
        ("s3:GetObject", arn("s3", "data-0/x"), {"aws:requestedregion": "ap-south-1"}),
    ]
    made = []
    for action, resource, changes in asked:
        request = common | {"action": action, "resource": resource, "context": CONTEXT | changes}
        made.append(request | {"resourcePolicy": bucket()} if ":data-0/" in resource else request)
    return made


def engine(asked: list[dict[str, Any]]) -> list[Callable[[], str]]:
    """One thunk a request, with the policies loaded and the principal's layers kept, as a server keeps them."""

    def attach(name: str, tree: dict[str, Any], kind: Kind) -> Attached:
        return Attached(name, load(json.dumps(tree), kind))

    first = asked[0]
    layers = Layers(
        identity=tuple(attach(each["name"], each["document"], Kind.IDENTITY) for each in first["identityPolicies"]),
        boundaries=tuple(attach("b", each, Kind.BOUNDARY) for each in first["permissionsBoundaries"]),
        scps=tuple(
            tuple(attach(each["name"], each["document"], Kind.SCP) for each in level["policies"])
            for level in first["serviceControlPolicies"]
        ),
    )
    who = Principal.from_text(USER)

    def thunk(each: dict[str, Any]) -> Callable[[], str]:
        policy = each.get("resourcePolicy")
        about = layers.about(attach("bucket", policy, Kind.RESOURCE)) if policy else layers
        request = Request(who, each["action"], each["resource"], ACCOUNT, each["context"])
        return lambda: decide(request, about).effect.value

    return [thunk(each) for each in asked]


def microseconds(thunks: list[Callable[[], str]], repeat: int) -> float:
    """CPU time of a decision, averaged over the mix."""
    started = time.process_time_ns()
    for _ in range(repeat):
        for thunk in thunks:
            thunk()
    return (time.process_time_ns() - started) / repeat / len(thunks) / 1000


def main() -> None:
    asked = requests()
    ours = engine(asked)
    naive = [lambda each=each: reference.decide(each) for each in asked]
    differing = [each["resource"] for each, a, b in zip(asked, ours, naive, strict=True) if a() != b()]
    if differing:
        raise SystemExit(f"the engines differ on {differing}")
    timed = [(microseconds(ours, 2000), microseconds(naive, 3)) for _ in range(ROUNDS)]
    mine, walk = (statistics.median(each) for each in zip(*timed, strict=True))
    ratio = statistics.median(slow / fast for fast, slow in timed)
    print(f"decision: {mine:.2f} us; naive walk over the JSON: {walk:.0f} us; ratio {ratio:.0f}")


if __name__ == "__main__":
    main()
