"""Codec of the Query protocol, beside botocore's reading of the same answer.

Run: python -m benchmarks.wire
"""

from __future__ import annotations

import subprocess
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.session

from iamd.wire import aws_query, validate
from iamd.wire.http import HttpRequest
from iamd.wire.model import load

ROUNDS, COUNT = 7, 20_000
LOAD = """
import time; from iamd.wire import model
start = time.perf_counter()
for name in ("iam", "sts"): model.load(name).operations
print(f"{(time.perf_counter() - start) * 1e3:.1f}")
"""


def _request(body: bytes) -> HttpRequest:
    headers = [(b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")]
    return HttpRequest("POST", b"/", b"", headers, body)


def _print(what: str, call: Callable[[], Any]) -> None:
    best = min(timeit.repeat(call, number=COUNT, repeat=ROUNDS)) / COUNT
    print(f"{what:<36}{best * 1e6:7.2f} us")


def main() -> None:
    iam = load("iam").operations
    get, create = iam["GetUser"], iam["CreateUser"]
    tags = "".join(f"&Tags.member.{n}.Key=key{n}&Tags.member.{n}.Value=a%20value" for n in (1, 2, 3))
    get_request = _request(b"Action=GetUser&Version=2010-05-08&UserName=alice")
    create_request = _request(f"Action=CreateUser&Version=2010-05-08&UserName=alice&Path=%2Fteam%2F{tags}".encode())
    get_pairs, create_pairs = aws_query.read(get_request).pairs, aws_query.read(create_request).pairs
    user = {
        "Path": "/",
        "UserName": "alice",
        "UserId": "AIDAIOSFODNN7EXAMPLE1",
        "Arn": "arn:aws:iam::123456789012:user/alice",
        "CreateDate": datetime(2026, 11, 21, 20, tzinfo=UTC),
    }
    request_id = "01234567-89ab-4def-8123-456789abcdef"
    users = {"Users": [user] * 100, "IsTruncated": False}
    parser = botocore.parsers.create_parser("query")
    peer = botocore.session.get_session().get_service_model("iam").operation_model("GetUser").output_shape
    answer = {"body": aws_query.answer(get, {"User": user}, request_id), "headers": {}, "status_code": 200}

    _print("GetUser: read", lambda: aws_query.read(get_request))
    _print("GetUser: parse, validate", lambda: validate.check(get, aws_query.parse(get, get_pairs)))
    _print("GetUser: answer", lambda: aws_query.answer(get, {"User": user}, request_id))
    _print("GetUser: answer as JSON", lambda: aws_query.answer_json(get, {"User": user}, request_id))
    _print("CreateUser, 3 tags: read", lambda: aws_query.read(create_request))
    _print("CreateUser, 3 tags: parse, validate", lambda: validate.check(create, aws_query.parse(create, create_pairs)))
    best = min(timeit.repeat(lambda: aws_query.answer(iam["ListUsers"], users, request_id), number=200, repeat=ROUNDS))
    print(f"{'ListUsers, 100 users: answer':<36}{best / 200 * 1e6:7.2f} us")
    _print("botocore reads the GetUser answer", lambda: parser.parse(answer, peer))
    loads = sorted(
        float(subprocess.run([sys.executable, "-c", LOAD], capture_output=True, check=True).stdout) for _ in range(5)
    )
    print(f"{'models of iam and sts, cold':<36}{loads[2]:7.1f} ms (median of 5)")


if __name__ == "__main__":
    main()
