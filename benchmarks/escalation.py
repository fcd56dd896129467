"""The escalation graph of 1,000 roles and 5,000 users, one in fifty of whom may do something with identities.

The anchor is one decision for each principal, in the same run.
Run: python -m benchmarks.escalation
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

from iamd.analysis.access import Holder
from iamd.analysis.escalation import Actor, Estate, graph
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load

USERS, ROLES, SECONDS = 5_000, 1_000, 60
IAM = "arn:aws:iam::123456789012:"
_RISKY: tuple[tuple[str, ...], ...] = (
    ("iam:CreateAccessKey",),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:AttachUserPolicy",),
    ("sts:AssumeRole",),
)
_SERVICES = ("ec2", "lambda", "ecs-tasks", "codebuild", "glue")


def policy(name: str, actions: list[str], resource: str) -> Attached:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return Attached(name, load(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), Kind.IDENTITY))


def actor(draw: random.Random, kind: str, number: int) -> Actor:
    arn = f"{IAM}{kind}/{kind}-{number}"
    own = [policy("own", ["s3:GetObject", "s3:ListBucket"], f"arn:aws:s3:::bucket-{number}/*")]
    if draw.random() < 0.02:
        scope = draw.choice(("*", f"{IAM}*/*-{draw.randint(1, 9)}*"))
        own += [policy("risky", [action], scope) for action in draw.choice(_RISKY)]
    if kind == "role" and draw.random() < 0.005:
        own.append(policy("admin", ["*"], "*"))
    holder = Holder(Principal.from_text(arn), Layers(identity=tuple(own)))
    return Actor(holder, trust=trust(draw, arn) if kind == "role" else None, in_profile=number % 3 == 0)


def trust(draw: random.Random, arn: str) -> Attached:
    trusted: dict[str, Any] = {"Service": f"{draw.choice(_SERVICES)}.amazonaws.com"}
    if draw.random() < 0.3:
        trusted = {"AWS": draw.choice(("123456789012", f"{IAM}user/user-{draw.randrange(USERS)}"))}
    statement = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    return Attached(arn, load(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), Kind.TRUST))


def main() -> None:
    draw = random.Random(7)
    actors = [actor(draw, "user", number) for number in range(USERS)]
    actors += [actor(draw, "role", number) for number in range(ROLES)]
    start = time.process_time()
    for each in actors:
        decide(Request(each.holder.principal, "s3:GetObject", "arn:aws:s3:::bucket-1/x"), each.holder.layers)
    anchor = time.process_time() - start
    start = time.process_time()
    made = graph(Estate(tuple(actors)))
    searched = time.process_time() - start
    start = time.process_time()
    paths, cuts = made.paths(), made.cuts()
    told = time.process_time() - start
    print(
        f"{ROLES} roles, {USERS} users: graph of {len(made.edges)} edges {searched:.1f} s, "
        f"{len(paths)} ways and {len(cuts)} cuts {told:.1f} s (at most {SECONDS} s); one decision each {anchor:.2f} s"
    )


if __name__ == "__main__":
    main()
