"""AssumeRoleWithWebIdentity with the issuer's keys at hand, beside what only verifying the token's signature takes.

Run: python -m benchmarks.web_identity
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from joserfc import jws

from benchmarks.api import ENVIRONMENT, answer, cost
from benchmarks.servers import free_port, iamd, process
from tests.issuer import AUDIENCE, Issuer, issuer, own_certificate, thumbprint

ACCOUNT = ENVIRONMENT["IAMD_ACCOUNT_ID"]
ROUNDS, COUNT = 7, 1_000


def prepare(port: int, idp: Issuer, print_: str) -> None:
    """A role that trusts the issuer for its subject."""
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",'
        f'"Principal":{{"Federated":"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.host}"}},"Condition":'
        f'{{"StringEquals":{{"{idp.host}:aud":"{AUDIENCE}"}},"StringLike":{{"{idp.host}:sub":"repo:octo-org/*"}}}}}}]}}'
    )
    provider = {"Url": idp.url, "ClientIDList.member.1": AUDIENCE, "ThumbprintList.member.1": print_}
    role = {"RoleName": "Web", "AssumeRolePolicyDocument": trust}
    for call in (
        {"Action": "CreateOpenIDConnectProvider", **provider},
        {"Action": "CreateRole", **role},
    ):
        answer(port, "iam", urlencode({**call, "Version": "2010-05-08"}))


def request(port: int, token: str) -> bytes:
    """An unsigned call."""
    call = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Web"}
    body = urlencode({**call, "RoleSessionName": "here", "WebIdentityToken": token, "Version": "2011-06-15"})
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def verification(idp: Issuer, token: str) -> float:
    """Microseconds of the CPU for one signature."""
    registry = jws.JWSRegistry(algorithms=[idp.alg])
    started = time.process_time()
    for _ in range(COUNT):
        jws.deserialize_compact(token, idp.key, registry=registry)
    return (time.process_time() - started) / COUNT * 1e6


def main() -> None:
    certificate = own_certificate()
    with (
        tempfile.TemporaryDirectory() as data,
        tempfile.TemporaryDirectory() as chain,
        issuer(Path(chain), certificate) as idp,
    ):
        port = free_port()
        with process(iamd(port, "--data-dir", data), port, ENVIRONMENT) as ours:
            prepare(port, idp, thumbprint(certificate))
            for alg in ("RS256", "ES256"):
                idp.rotate(alg)
                token = idp.token()
                rows = [(cost(ours, request(port, token), COUNT), verification(idp, token)) for _ in range(ROUNDS)]
                call, bare = (statistics.median(row[column] for row in rows) for column in (0, 1))
                print(
                    f"AssumeRoleWithWebIdentity {alg}  {call:6.1f} us (at most 1000)   the signature alone {bare:.1f} us"
                )


if __name__ == "__main__":
    main()
