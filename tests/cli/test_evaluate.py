import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

REQUEST = {
    "id": "one",
    "principal": "arn:aws:iam::123456789012:user/ann",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resourceAccount": "123456789012",
    "context": {},
    "identityPolicies": [
        {
            "name": "read",
            "document": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
            },
        }
    ],
}


@pytest.fixture
def evaluator() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "iamd.cli.main", "evaluate", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def asked(process: subprocess.Popen[bytes], line: bytes) -> dict[str, object]:
    """Send one line and wait for its answer, with standard input still open."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()
    answer: dict[str, object] = json.loads(process.stdout.readline())
    return answer


def test_answers_stream_and_bad_lines_do_not_stop_them(evaluator: subprocess.Popen[bytes]) -> None:
    request = json.dumps(REQUEST).encode()
    assert asked(evaluator, request) == {"id": "one", "decision": "allowed"}
    assert "error" in asked(evaluator, b"no request")
    assert "error" in asked(evaluator, b'{"id": "\xff"}')
    denied = json.dumps({**REQUEST, "id": "two", "action": "s3:PutObject"}).encode()
    assert asked(evaluator, denied) == {"id": "two", "decision": "implicitDeny"}
    assert evaluator.stdin is not None
    evaluator.stdin.close()
    assert evaluator.wait(timeout=30) == 0
