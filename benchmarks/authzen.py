"""AuthZEN: evaluations a second on one core, one by one and a hundred at once, beside a bare answer of the same server.

Run: python -m benchmarks authzen
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

import boto3

from benchmarks.load import drive
from benchmarks.servers import Process, free_port, iamd, process
from iamd.policy import FORM

ACCOUNT = "123456789012"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": ACCOUNT,
    "IAMD_ROOT_ACCESS_KEY_ID": KEY,
    "IAMD_ROOT_SECRET_ACCESS_KEY": SECRET,
}
BATCH = 100
COUNT = int(os.environ.get("COUNT", "20000"))
SINGLE_TARGET, BATCH_TARGET = 5_000, 100_000  # decisions a second and core


def policies() -> list[str]:
    """Fifty statements of an application's roles, in five documents; owners may change what is theirs."""
    documents = []
    for number in range(5):
        statements: list[dict[str, Any]] = [
            {
                "Effect": "Allow",
                "Action": [f"app{number}:read{at}", f"app{number}:list{at}"],
                "Resource": f"arn:aws:app{number}:*:*:item/{at}/*",
            }
            for at in range(9)
        ]
        statements.append(
            {
                "Effect": "Allow",
                "Action": ["todo:update", "todo:delete"],
                "Resource": f"arn:aws:todo:*:*:todo/{number}*",
                "Condition": {"StringEquals": {"authzen:ResourceProperty/owner": "${aws:username}"}},
            }
        )
        documents.append(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return documents


def prepare(port: int) -> str:
    """Users, policies and a token."""
    iam = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "blue"}])
    for number, document in enumerate(policies()):
        made = iam.create_policy(PolicyName=f"app{number}", PolicyDocument=document)
        iam.attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])
    iam.create_user(UserName="pep")
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iamd:Evaluate", "Resource": "*"}]}
    iam.put_user_policy(UserName="pep", PolicyName="ask", PolicyDocument=json.dumps(may))
    made = iam.create_service_specific_credential(UserName="pep", ServiceName="iamd")
    secret: str = made["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    return secret


def resource(number: int) -> dict[str, Any]:
    """A todo, every other one alice's."""
    owner = "alice" if number % 2 else "bob"
    return {"type": "todo", "id": f"{number % 5}-{number}", "properties": {"owner": owner}}


def request(port: int, token: str, path: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST /access/v1/{path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def cost(server: Process, requests: list[bytes], count: int) -> float:
    """CPU microseconds a request."""
    before = server.cpu()
    load = drive(server.port, requests, count)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.requests} requests failed")
    return (server.cpu() - before) / load.requests * 1e6


def main() -> None:
    common = {"subject": {"type": "user", "id": "alice"}, "action": {"name": "update"}, "context": {"channel": "web"}}
    with tempfile.TemporaryDirectory() as data:
        port = free_port()
        with process(iamd(port, "--data-dir", data), port, ENVIRONMENT) as server:
            token = prepare(port)
            singles = [request(port, token, "evaluation", {**common, "resource": resource(n)}) for n in range(500)]
            batches = [
                request(
                    port,
                    token,
                    "evaluations",
                    {**common, "evaluations": [{"resource": resource(start + n)} for n in range(BATCH)]},
                )
                for start in range(0, 2000, BATCH)
            ]
            health = f"GET /_iamd/health HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
            bare = min(cost(server, [health], COUNT) for _ in range(3))
            single = min(cost(server, singles, COUNT) for _ in range(3))
            batch = min(cost(server, batches, COUNT // 20) for _ in range(3))
    print(f"  the engine is {FORM}; a bare answer costs {bare:.0f} µs of CPU")
    for name, rate, target, each in (
        ("evaluation", 1e6 / single, SINGLE_TARGET, single),
        (f"evaluations, {BATCH} at once", BATCH * 1e6 / batch, BATCH_TARGET, batch / BATCH),
    ):
        verdict = "met" if rate >= target else "MISSED"
        print(f"  {name:<27}{rate:9,.0f} decisions/s a core, {each:6.1f} µs each (target {target:,}: {verdict})")


if __name__ == "__main__":
    main()
