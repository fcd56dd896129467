"""Role sessions: AssumeRole beside moto's, and what a request costs more with a session token than with a user's key.

Run: python -m benchmarks.sessions
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.api import ENVIRONMENT, answer, cost
from benchmarks.servers import Process, free_port, iamd, process

ACCOUNT = ENVIRONMENT["IAMD_ACCOUNT_ID"]
ROUNDS, COUNT = 7, 3_000
TRUST = quote(
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    f'"Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/alice"}},'
    '"Condition":{"StringEquals":{"sts:ExternalId":"7f3a"}}}]}'
)
READER = quote(
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}]}'
)
ASSUME = (
    f"Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2FApp&RoleSessionName=here&ExternalId=7f3a"
    "&Version=2011-06-15"
)
WHO = "Action=GetCallerIdentity&Version=2011-06-15"
READ = "Action=GetRole&RoleName=App&Version=2010-05-08"


def signed(port: int, service: str, body: str, credentials: Credentials) -> bytes:
    """The bytes of a request as boto3 signs it with these credentials."""
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 Botocore/1.44.5",
        "Content-Length": str(len(body)),
    }
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", headers=headers, data=body.encode())
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n{body}".encode()


def credentials_in(xml: bytes) -> Credentials:
    """The key pair in an answer, with the session token if there is one."""
    found = dict(re.findall(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)<", xml.decode()))
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken"))


def prepare(server: Process) -> Credentials:
    """A role, and a user who may assume it and read it; returns the user's key."""
    for body in (
        "Action=CreateUser&UserName=alice",
        f"Action=CreateRole&RoleName=App&AssumeRolePolicyDocument={TRUST}",
        f"Action=PutRolePolicy&RoleName=App&PolicyName=read&PolicyDocument={READER}",
        f"Action=PutUserPolicy&UserName=alice&PolicyName=read&PolicyDocument={READER}",
    ):
        answer(server.port, "iam", f"{body}&Version=2010-05-08")
    return credentials_in(answer(server.port, "iam", "Action=CreateAccessKey&UserName=alice&Version=2010-05-08"))


def assuming(ours: Process, moto: Process, own: Credentials, peers: Credentials) -> None:
    rows = []
    for _ in range(ROUNDS):
        mine = cost(ours, signed(ours.port, "sts", ASSUME, own), COUNT)
        rows.append((mine, cost(moto, signed(moto.port, "sts", ASSUME, peers), COUNT // 20)))
    ratio = statistics.median(theirs / mine for mine, theirs in rows)
    mine, theirs = (statistics.median(row[column] for row in rows) for column in (0, 1))
    print(f"AssumeRole           iamd {mine:6.1f} us   moto {theirs:7.1f} us   moto = {ratio:.1f} iamd (at least 25)")


def verifying(ours: Process, own: Credentials) -> None:
    """The same call by a user and by the session of a role with the same policy."""
    session = credentials_in(
        answer(ours.port, "sts", ASSUME, own.access_key, own.secret_key),
    )
    for name, service, body in (("GetCallerIdentity", "sts", WHO), ("GetRole", "iam", READ)):
        rows = []
        for _ in range(ROUNDS):
            key = cost(ours, signed(ours.port, service, body, own), COUNT)
            rows.append((key, cost(ours, signed(ours.port, service, body, session), COUNT)))
        more = statistics.median(with_token - key for key, with_token in rows)
        key, token = (statistics.median(row[column] for row in rows) for column in (0, 1))
        print(f"{name:20} key {key:6.1f} us   token {token:6.1f} us   token costs {more:+.1f} us more (at most 10)")


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        port, moto_port = free_port(), free_port()
        moto_command = [str(Path(sys.executable).with_name("moto_server")), "-p", str(moto_port)]
        with (
            process(iamd(port, "--data-dir", data), port, ENVIRONMENT) as ours,
            process(moto_command, moto_port) as moto,
        ):
            own, peers = prepare(ours), prepare(moto)
            assuming(ours, moto, own, peers)
            verifying(ours, own)


if __name__ == "__main__":
    main()
