"""Signed, authorized, audited calls over HTTP: CPU a request beside a bare uvicorn handler and beside moto.

Run: python -m benchmarks.api
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import urllib.request
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.load import drive
from benchmarks.servers import Process, free_port, iamd, process

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": "123456789012",
    "IAMD_ROOT_ACCESS_KEY_ID": KEY,
    "IAMD_ROOT_SECRET_ACCESS_KEY": SECRET,
}
CALLS = {
    "GetUser": ("iam", "Action=GetUser&UserName=alice&Version=2010-05-08"),
    "GetCallerIdentity": ("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
}
ROUNDS, COUNT = 5, 20_000  # many: the kernel tells CPU time in steps of 10 ms
BARE = """
BODY = open({body!r}, "rb").read()
HEADERS = [(b"content-type", b"text/xml"), (b"content-length", str(len(BODY)).encode()),
           (b"x-amzn-requestid", b"01234567-89ab-4def-8123-456789abcdef")]
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({{"type": "http.response.start", "status": 200, "headers": HEADERS}})
    await send({{"type": "http.response.body", "body": BODY}})
"""


def signed(port: int, service: str, body: str, key: str = KEY, secret: str = SECRET) -> bytes:
    """The bytes of a signed request; valid for five minutes, as often as one likes."""
    request = AWSRequest(
        "POST",
        f"http://127.0.0.1:{port}/",
        headers={
            "Host": f"127.0.0.1:{port}",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 Botocore/1.44.5",
            "Content-Length": str(len(body)),
        },
        data=body.encode(),
    )
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode()


def answer(port: int, service: str, body: str, key: str = KEY, secret: str = SECRET) -> bytes:
    """Send one signed request and return the answer's body."""
    head, _, content = signed(port, service, body, key, secret).partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=content, headers=dict(lines))
    with urllib.request.urlopen(request) as got:
        return bytes(got.read())


def cost(server: Process, request: bytes, count: int) -> float:
    """CPU microseconds a request."""
    before = server.cpu()
    load = drive(server.port, [request], count)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.requests} requests failed")
    return (server.cpu() - before) / load.requests * 1e6


def compare(call: str, ours: Process, moto: Process, user: tuple[str, str]) -> None:
    service, body = CALLS[call]
    with tempfile.TemporaryDirectory() as folder:
        payload = Path(folder, "body")
        payload.write_bytes(answer(ours.port, service, body, *user))
        Path(folder, "bare.py").write_text(BARE.format(body=str(payload)))
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", folder, "--port", str(port)]
        flags = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
        with process([*command, *flags], port) as bare:
            rows = []
            for _ in range(ROUNDS):
                rows.append(
                    (
                        cost(bare, signed(bare.port, service, body), COUNT),
                        cost(ours, signed(ours.port, service, body, *user), COUNT),
                        cost(moto, signed(moto.port, service, body), COUNT // 100),
                    )
                )
    costs = [statistics.median(row[column] for row in rows) for column in range(3)]
    of_bare = statistics.median(row[1] / row[0] for row in rows)
    of_moto = statistics.median(row[2] / row[1] for row in rows)
    print(
        f"{call:20} bare {costs[0]:6.1f} us   iamd {costs[1]:6.1f} us   moto {costs[2]:7.1f} us   "
        f"iamd = {of_bare:.2f} bare (at most 3)   moto = {of_moto:.1f} iamd (at least 20)"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        port, moto_port = free_port(), free_port()
        moto_command = [str(Path(sys.executable).with_name("moto_server")), "-p", str(moto_port)]
        with (
            process(iamd(port, "--data-dir", data), port, ENVIRONMENT) as ours,
            process(moto_command, moto_port) as moto,
        ):
            for server in (ours, moto):
                answer(server.port, "iam", "Action=CreateUser&UserName=alice&Version=2010-05-08")
            answer(
                ours.port,
                "iam",
                "Action=AttachUserPolicy&UserName=alice&PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FIAMReadOnlyAccess"
                "&Version=2010-05-08",
            )
            made = answer(ours.port, "iam", "Action=CreateAccessKey&UserName=alice&Version=2010-05-08").decode()
            key = made.split("<AccessKeyId>")[1].split("<")[0]
            secret = made.split("<SecretAccessKey>")[1].split("<")[0]
            for call in CALLS:
                compare(call, ours, moto, (key, secret))


if __name__ == "__main__":
    main()
