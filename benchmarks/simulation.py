"""Simulation over HTTP: CPU of one SimulatePrincipalPolicy call with 100 actions on 10 resources.

Run: python -m benchmarks.simulation
"""

from __future__ import annotations

import json
import statistics
import tempfile
from typing import Any
from urllib.parse import urlencode

from benchmarks.api import ENVIRONMENT, answer, cost, signed
from benchmarks.servers import free_port, iamd, process
from iamd.reference import services

ROUNDS, COUNT = 5, 40
MILLISECONDS = 10  # at most
USER = "arn:aws:iam::123456789012:user/alice"


def statement(effect: str, action: str | list[str], resource: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        statement("Allow", ["s3:Get*", "s3:List*"], "arn:aws:s3:::bucket-*/*"),
        statement("Allow", "s3:Put*", ["arn:aws:s3:::bucket-1/*", "arn:aws:s3:::bucket-2/${aws:username}/*"]),
        statement("Allow", "s3:*", "*", Condition={"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}}),
        statement("Deny", "s3:Delete*", "arn:aws:s3:::bucket-9/*"),
        *(statement("Allow", f"service{number}:*", "*") for number in range(20)),
    ],
}


def form(action: str, **members: str) -> str:
    return urlencode({"Action": action, "Version": "2010-05-08", **members})


def call() -> str:
    """The form of the call that is measured."""
    s3 = services.get("s3")
    if s3 is None:
        raise LookupError("the reference has no S3")
    names = [f"s3:{each.name}" for each in list(s3.actions.values())[:100]]
    arns = [f"arn:aws:s3:::bucket-{number}/alice/key" for number in range(10)]
    actions = {f"ActionNames.member.{number}": name for number, name in enumerate(names, 1)}
    resources = {f"ResourceArns.member.{number}": arn for number, arn in enumerate(arns, 1)}
    return form("SimulatePrincipalPolicy", PolicySourceArn=USER, **actions, **resources)


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        port = free_port()
        with process(iamd(port, "--data-dir", data), port, ENVIRONMENT) as server:
            answer(port, "iam", form("CreateUser", UserName="alice"))
            given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": json.dumps(POLICY)}
            answer(port, "iam", form("PutUserPolicy", **given))
            managed = "arn:aws:iam::aws:policy/PowerUserAccess"
            answer(port, "iam", form("AttachUserPolicy", UserName="alice", PolicyArn=managed))
            size = len(answer(port, "iam", call()))
            costs = [cost(server, signed(port, "iam", call()), COUNT) / 1000 for _ in range(ROUNDS)]
    print(
        f"100 actions x 10 resources: {statistics.median(costs):.1f} ms CPU a call, {size / 1000:.0f} kB answered"
        f" (at most {MILLISECONDS} ms)"
    )


if __name__ == "__main__":
    main()
