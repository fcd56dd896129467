"""Results of queries as CloudTrail saves them to a bucket, with the file by which they are verified.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-validation-sign-file-structure.html
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from iamd.audit.identity import iso
from iamd.audit.log_files import ALGORITHM

RESULT = "result_1.csv.gz"
SIGN = "result_sign.json"


def place(uri: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`, the prefix without a slash at its end."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return bucket, prefix.removesuffix("/")


def folder(prefix: str, account_id: str, query_id: str, created: datetime) -> str:
    """Where a query's files are, below the prefix; ends in a slash."""
    start = f"{prefix}/" if prefix else ""
    return f"{start}AWSLogs/{account_id}/CloudTrail-Lake/Query/{created:%Y/%m/%d}/{query_id}/"


def result_file(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> bytes:
    """The rows as gzip CSV under the names of their columns; what is NULL is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def sign_file(result: bytes, region: str, now: datetime, fingerprint: str, sign: Callable[[bytes], bytes]) -> bytes:
    """What verifies the result; `sign` gives the signature (RSASSA-PKCS1-v1_5, SHA-256) of bytes, here of the digests
    of all files with a space between them."""
    digest = hashlib.sha256(result).hexdigest()
    return msgspec.json.encode(
        {
            "version": "1.0",
            "region": region,
            "files": [{"fileHashValue": digest, "fileName": RESULT}],
            "hashAlgorithm": "SHA-256",
            "signatureAlgorithm": ALGORITHM,
            "queryCompleteTime": iso(now),
            "hashSignature": sign(digest.encode()).hex(),
            "publicKeyFingerprint": fingerprint,
        }
    )
