"""CloudTrail's own log files: gzip JSON, as AWS delivers them to a bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import gzip
import zlib
from datetime import datetime
from pathlib import Path

import msgspec

from iamd.cli import Failure

_NOT_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight")
_NOTHING = msgspec.Raw(b"null")


class Record(msgspec.Struct, rename="camel"):
    """What matters of a record."""

    event_time: datetime
    event_source: str
    event_name: str
    aws_region: str = ""
    source_ip: str = msgspec.field(name="sourceIPAddress", default="")
    user_agent: str | None = None
    error_code: str | None = None
    event_id: str = msgspec.field(name="eventID", default="")
    user_identity: msgspec.Raw = _NOTHING
    request_parameters: msgspec.Raw = _NOTHING
    response_elements: msgspec.Raw = _NOTHING
    resources: msgspec.Raw = _NOTHING
    recipient_account_id: str = ""


class _File(msgspec.Struct):
    records: list[Record] = msgspec.field(name="Records")


_file = msgspec.json.Decoder(_File).decode
decoded = msgspec.json.Decoder().decode


def log_files(folder: Path) -> list[Path]:
    """The log files of a folder and those below. Raises Failure where there is none."""
    files = [each for each in sorted(folder.rglob("*.json*")) if not any(name in each.parts for name in _NOT_LOGS)]
    if not files:
        raise Failure(f"{folder}: there are no CloudTrail log files (*.json, *.json.gz)")
    return files


def records_of(file: Path) -> list[Record]:
    """The records of a log file. Raises Failure."""
    try:
        return _file(content_of(file)).records
    except msgspec.MsgspecError as error:
        raise Failure(f"{file}: no CloudTrail log file: {error}") from None


def content_of(file: Path) -> bytes:
    """A log file as JSON. Raises Failure."""
    try:
        content = file.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as error:
        raise Failure(f"{file}: {error}") from None
