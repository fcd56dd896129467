"""What verifying a signature costs, beside botocore's own way of computing one and the bare hashing it cannot avoid.

Run: python benchmarks/sigv4.py
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.caller import sigv4
from iamd.wire.http import HttpRequest

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
URL = "http://127.0.0.1:4500/"
BODY = b"Action=GetUser&Version=2010-05-08&UserName=bob"
SENT_ANYWAY = [
    (b"accept-encoding", b"identity"),
    (b"user-agent", b"Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 Botocore/1.44.5"),
    (b"content-length", str(len(BODY)).encode()),
]


def signed_request() -> tuple[AWSRequest, HttpRequest]:
    """The same GetUser call as botocore signs it and as it comes off the socket."""
    signed = AWSRequest(
        "POST",
        URL,
        headers={
            "Host": "127.0.0.1:4500",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "amz-sdk-invocation-id": "7f3c1c1e-6a7a-4d0e-8f54-6a3a3bb5a9b2",
            "amz-sdk-request": "attempt=1",
        },
        data=BODY,
    )
    SigV4Auth(Credentials(KEY_ID, SECRET), "iam", "us-east-1").add_auth(signed)
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    return signed, HttpRequest("POST", b"/", b"", headers + SENT_ANYWAY, BODY)


def microseconds(works: dict[str, Callable[[], object]], batches: int = 50, runs: int = 200) -> dict[str, float]:
    """CPU time of one run of each: the best of many batches, taken in turns since clock rates wander."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(batches):
        for label, work in works.items():
            start = time.process_time()
            for _ in range(runs):
                work()
            best[label] = min(best[label], (time.process_time() - start) / runs)
    return {label: seconds * 1e6 for label, seconds in best.items()}


def main() -> None:
    """Print each cost and its ratio to iamd's."""
    signed, request = signed_request()
    now = datetime.now(UTC)

    def ours() -> None:
        request._index = None  # every request comes with headers that nobody has looked at yet
        signature = sigv4.read(request)
        assert signature is not None
        sigv4.verify(request, signature, SECRET, now)

    botocore = SigV4Auth(Credentials(KEY_ID, SECRET), "iam", "us-east-1")
    signed.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")

    def theirs() -> None:
        canonical = botocore.canonical_request(signed)
        botocore.signature(botocore.string_to_sign(signed, canonical), signed)

    def floor() -> None:
        hashlib.sha256(BODY).hexdigest()
        digest = hashlib.sha256(BODY).hexdigest()
        hmac.digest(b"k" * 32, digest.encode(), "sha256").hex()

    costs = microseconds(
        {"iamd, read and verify": ours, "botocore, compute only": theirs, "two SHA-256 and one HMAC": floor}
    )
    mine = costs["iamd, read and verify"]
    for label, cost in costs.items():
        print(f"{label:28}{cost:8.2f} us {cost / mine:8.2f} x")


if __name__ == "__main__":
    main()
