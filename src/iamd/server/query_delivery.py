"""Delivers the results of queries to buckets: the rows, and the file by which `aws cloudtrail verify-query-results`
verifies them."""

from __future__ import annotations

import asyncio
import zlib
from datetime import datetime, timedelta

import msgspec

from iamd.audit.query_files import RESULT, SIGN, folder, place, result_file, sign_file
from iamd.server import telemetry
from iamd.server.digest_keys import signer
from iamd.server.report_places import NotPut
from iamd.server.trail_buckets import Buckets
from iamd.store.kinds.event_data_stores import EventQuery
from iamd.store.store import Store

TRIES = timedelta(hours=1)  # how long a bucket that does not take a result is asked again
_FINAL = {"AccessDenied": "ACCESS_DENIED", "NoSuchBucket": "RESOURCE_NOT_FOUND"}  # by S3's code


async def delivered(store: Store, buckets: Buckets, query: EventQuery, region: str, now: datetime) -> str:
    """Put a finished query's result into its bucket, in place of what was put there before; CloudTrail's word for what
    came of it, PENDING where it is worth another try. Raises StoreError."""
    content = await store.result(query.account_id, query.id)
    if content is None or query.delivery_uri is None:
        return "FAILED"
    result = await asyncio.to_thread(_result, content)
    bucket, prefix = place(query.delivery_uri)
    where = folder(prefix, query.account_id, query.id, query.created)
    fingerprint, sign = await signer(store, query.account_id, now)
    signed = sign_file(result, region, now, fingerprint, sign)
    for name, body, suffix in ((RESULT, result, ""), (SIGN, signed, "_SIGNING_FILE")):
        try:
            await asyncio.to_thread(buckets.put, bucket, where + name, body, {})
        except NotPut as error:
            telemetry.log.error("a query's result was not delivered", query=query.id, reason=str(error))
            return _failed(error, suffix, is_late=now - (query.ended or query.created) >= TRIES)
    return "SUCCESS"


def _result(content: bytes) -> bytes:
    columns, rows = msgspec.json.decode(zlib.decompress(content))
    return result_file(columns, rows)


def _failed(error: NotPut, suffix: str, is_late: bool) -> str:
    response = getattr(error.__cause__, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    if isinstance(error.__cause__, PermissionError):
        code = "AccessDenied"
    status = _FINAL.get(str(code))
    if status == "RESOURCE_NOT_FOUND":
        return status
    if status is not None:
        return status + suffix
    return f"FAILED{suffix}" if is_late else "PENDING"
