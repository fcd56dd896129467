"""Access from outside by 10,000 policies of buckets, as `iamd check no-external-access` proves it on all processors.

The anchor is parsing the same policies, on one, in the same run.
Run: python -m benchmarks.external
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

from iamd.analysis.external import Zone
from iamd.cli.checking.outsiders import verdicts
from iamd.cli.checking.sources import Source
from iamd.policy import Kind
from iamd.policy.parse import read_document

POLICIES, SECONDS = 10_000, 60
OWN, ORGANIZATION = "123456789012", "o-abcdefghij"
_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:Get*", "s3:DeleteObject")
_CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}},
)


def _allow(draw: random.Random, resources: list[str]) -> dict[str, Any]:
    other = f"{draw.randrange(10**11, 10**12)}"
    who = draw.choice(("*", {"AWS": OWN}, {"AWS": other}, {"AWS": f"arn:aws:iam::{other}:role/app"}))
    return {
        "Effect": "Allow",
        "Principal": who,
        "Action": draw.sample(_ACTIONS, draw.randint(1, 3)),
        "Resource": resources,
        "Condition": draw.choice(_CONDITIONS),
    }


def _source(draw: random.Random, number: int) -> Source:
    arn = f"arn:aws:s3:::bucket-{number}"
    resources = [arn, f"{arn}/*"]
    statements = [_allow(draw, resources) for _ in range(draw.randint(1, 4))]
    if draw.random() < 0.6:
        encrypted = {"Bool": {"aws:SecureTransport": "false"}}
        every = {"Principal": "*", "Action": "s3:*", "Resource": resources}
        statements.append({"Effect": "Deny", **every, "Condition": encrypted})
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return Source(arn, "", text, read_document(text, Kind.RESOURCE), resource=arn)


def main() -> None:
    draw = random.Random(7)
    start = time.process_time()
    listed = [_source(draw, number) for number in range(POLICIES)]
    anchor = time.process_time() - start
    start = time.perf_counter()
    told = verdicts(listed, Zone(frozenset({OWN}), ORGANIZATION))
    wall = time.perf_counter() - start
    open_ = sum(not each.holds for each in told)
    shown = sum(finding.witness is not None for each in told for finding in each.findings)
    findings = sum(len(each.findings) for each in told)
    print(
        f"{POLICIES} resource policies: {wall:.0f} s (at most {SECONDS} s); {open_} let "
        f"outsiders in, by {findings} grants, {shown} of them shown by a request; parsing them {anchor:.1f} s"
    )


if __name__ == "__main__":
    main()
