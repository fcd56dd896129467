"""Whether the log files in a folder are those that a trail delivered: what AWS's `validate-logs` asks, of files at hand.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from iamd.audit.log_files import METADATA, signed_text


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of one file, named as in the bucket; `problem` is empty for one that is as it was delivered.
    `kind` is digest or log; `verified` is False also for a log file that no digest names, or not yet."""

    kind: str
    file: str
    problem: str = ""
    verified: bool = True


class _Wrong(Exception):
    """Why a file is not what it should be."""


def verify(bucket: Path, account_id: str, keys: Mapping[str, bytes]) -> Iterator[Finding]:
    """Look at every digest and log file of an account in the folder that stands for its bucket. `keys` are the
    account's public keys (PKCS #1, DER) by fingerprint."""
    named: set[str] = set()
    for file in sorted(bucket.glob(f"**/AWSLogs/{account_id}/CloudTrail-Digest/**/*.json.gz"), key=_chain_and_time):
        key = file.relative_to(bucket).as_posix()
        try:
            digest = _digest(bucket, file, key, keys)
        except _Wrong as wrong:
            yield Finding("digest", key, str(wrong), verified=False)
            continue
        problem = _broken_link(bucket, digest)
        yield Finding("digest", key, problem, verified=not problem)
        for entry in digest["logFiles"]:
            named.add(entry["s3Object"])
            problem = _log_problem(bucket, entry)
            yield Finding("log", entry["s3Object"], problem, verified=not problem)
    for file in sorted(bucket.glob(f"**/AWSLogs/{account_id}/CloudTrail/**/*.json.gz")):
        key = file.relative_to(bucket).as_posix()
        if key not in named:
            yield Finding("log", key, verified=False)


def _chain_and_time(file: Path) -> tuple[str, str]:
    """Digests of one trail and region have the same name but for the time at its end."""
    chain, _, time = file.name.rpartition("_")
    return chain, time


def _digest(bucket: Path, file: Path, key: str, keys: Mapping[str, bytes]) -> Mapping[str, Any]:
    """A digest that is where it belongs and whose signature holds. Raises _Wrong."""
    content = _inflated(file)
    try:
        digest = json.loads(content)
        metadata = json.loads(file.with_name(file.name + METADATA).read_bytes())
        signature = bytes.fromhex(metadata["signature"])
        place, fingerprint = (digest["digestS3Bucket"], digest["digestS3Object"]), digest["digestPublicKeyFingerprint"]
        end, previous = digest["digestEndTime"], digest["previousDigestSignature"]
    except (OSError, ValueError, KeyError, TypeError):
        raise _Wrong("invalid format, or its metadata is missing") from None
    if place != (bucket.name, key):
        raise _Wrong("has been moved from its original location")
    if fingerprint not in keys:
        raise _Wrong(f"public key not found for fingerprint {fingerprint}")
    signed = signed_text(end, bucket.name, key, hashlib.sha256(content).hexdigest(), previous)
    try:
        _public(keys[fingerprint]).verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise _Wrong("signature verification failed") from None
    found: Mapping[str, Any] = digest
    return found


def _public(der: bytes) -> rsa.RSAPublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("digests are signed with RSA keys")
    return key


def _broken_link(bucket: Path, digest: Mapping[str, Any]) -> str:
    """What is wrong with the digest before this one; nothing where the chain begins."""
    previous = digest["previousDigestS3Object"]
    if previous is None or digest["previousDigestS3Bucket"] != bucket.name:
        return ""
    try:
        hashed = hashlib.sha256(_inflated(bucket / previous)).hexdigest()
    except _Wrong:
        return f"the digest before it, {previous}, is missing or cannot be read"
    return "" if hashed == digest["previousDigestHashValue"] else f"the digest before it, {previous}, has been changed"


def _log_problem(bucket: Path, entry: Mapping[str, Any]) -> str:
    if entry["s3Bucket"] != bucket.name:
        return f"is in another bucket, {entry['s3Bucket']}"
    file = bucket / entry["s3Object"]
    if not file.exists():
        return "not found"
    try:
        return "" if hashlib.sha256(_inflated(file)).hexdigest() == entry["hashValue"] else "hash value doesn't match"
    except _Wrong as wrong:
        return str(wrong)


def _inflated(file: Path) -> bytes:
    try:
        return gzip.decompress(file.read_bytes())
    except (OSError, EOFError, zlib.error):
        raise _Wrong("cannot be read") from None
