"""The regions of AWS, and which of them an account must opt in to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PARTITION = "aws"

# "Regions that are enabled by default": https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
BY_DEFAULT = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1"),
        *("ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2"),
    }
)


@cache
def by_partition() -> Mapping[str, tuple[str, ...]]:
    """The regions of every partition (`aws`, `aws-cn` ...), in order of name, without global endpoints."""
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise LookupError("the botocore package, which lists the regions, is not installed")
    text = (Path(spec.origin).parent / "data" / "partitions.json").read_text("utf-8")
    return {
        each["id"]: tuple(sorted(name for name in each["regions"] if not name.endswith("-global")))
        for each in json.loads(text)["partitions"]
    }


def all() -> tuple[str, ...]:
    """Every region of the partition, in order of name."""
    return by_partition()[PARTITION]
