"""Log files and digests as CloudTrail writes them to a bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from iamd.audit.identity import iso

LATE = timedelta(minutes=15)  # how long AWS takes at most, typically
ALGORITHM = "SHA256withRSA"
METADATA = ".metadata.json"
"""Appended to the name of a file in a folder, names the file beside it that has the object's metadata."""


@dataclass(frozen=True, slots=True)
class BucketFile:
    """An object for a bucket; `entry` is what a digest says of a log file, or the next digest of this one."""

    key: str
    content: bytes = field(repr=False)
    metadata: Mapping[str, str]
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose files, and where: `bucket` and the prefix of the trail."""

    account_id: str
    bucket: str
    prefix: str | None

    def key(self, kind: str, region: str, when: datetime, name: str) -> str:
        """The key of a file in AWS's layout; `kind` is CloudTrail or CloudTrail-Digest."""
        start = f"{self.prefix}/" if self.prefix else ""
        return (
            f"{start}AWSLogs/{self.account_id}/{kind}/{region}/{when:%Y/%m/%d}/{self.account_id}_{kind}_{region}_{name}"
        )


def log_file(place: Place, region: str, records: Sequence[dict[str, Any]], now: datetime, seed: str) -> BucketFile:
    """The records, of one region, as a log file of now; `seed` makes its name unique, the same for the same events.

    Events that come much later than they happened say so.
    """
    limit = iso(now - LATE)
    told = [
        {**each, "addendum": {"reason": "DELIVERY_DELAY"}} if each["eventTime"] < limit else each for each in records
    ]
    content = msgspec.json.encode({"Records": told})
    unique = hashlib.sha256(f"{seed}/{region}".encode()).hexdigest()[:16]
    key = place.key("CloudTrail", region, now, f"{now:%Y%m%dT%H%MZ}_{unique}.json.gz")
    times = [each["eventTime"] for each in records]
    entry = {
        "s3Bucket": place.bucket,
        "s3Object": key,
        "hashValue": hashlib.sha256(content).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": max(times),
        "oldestEventTime": min(times),
    }
    return BucketFile(key, gzip.compress(content, mtime=0), {}, entry)


@dataclass(frozen=True, slots=True)
class Period:
    """What a digest is about: the log files that a trail delivered in one region between two times; `previous` is the
    entry of the digest before."""

    trail: str
    home_region: str
    region: str
    start: datetime
    end: datetime
    files: Sequence[Mapping[str, Any]]
    previous: Mapping[str, Any] | None


def digest_file(place: Place, period: Period, fingerprint: str, sign: Callable[[bytes], bytes]) -> BucketFile:
    """The digest of a period; `sign` gives the signature (RSASSA-PKCS1-v1_5, SHA-256) of bytes."""
    name = f"{period.trail}_{period.home_region}_{period.end:%Y%m%dT%H%M%SZ}.json.gz"
    key = place.key("CloudTrail-Digest", period.region, period.end, name)
    previous = period.previous or {}
    content = msgspec.json.encode(
        {
            "awsAccountId": place.account_id,
            "digestStartTime": iso(period.start),
            "digestEndTime": iso(period.end),
            "digestS3Bucket": place.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fingerprint,
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": max((each["newestEventTime"] for each in period.files), default=None),
            "oldestEventTime": min((each["oldestEventTime"] for each in period.files), default=None),
            "previousDigestS3Bucket": previous.get("bucket"),
            "previousDigestS3Object": previous.get("key"),
            "previousDigestHashValue": previous.get("hash"),
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous.get("signature"),
            "logFiles": list(period.files),
        }
    )
    hashed = hashlib.sha256(content).hexdigest()
    signature = sign(signed_text(iso(period.end), place.bucket, key, hashed, previous.get("signature"))).hex()
    entry = {"bucket": place.bucket, "key": key, "hash": hashed, "signature": signature}
    metadata = {"signature": signature, "signature-algorithm": ALGORITHM}
    return BucketFile(key, gzip.compress(content, mtime=0), metadata, entry)


def signed_text(end: str, bucket: str, key: str, hashed: str, previous_signature: str | None) -> bytes:
    """What a digest's signature is of: when it ends, where it is, its own hash, and the signature before."""
    return f"{end}\n{bucket}/{key}\n{hashed}\n{previous_signature or 'null'}".encode()
