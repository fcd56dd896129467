"""Recorded calls out of CloudTrail's own log files: gzip JSON, as AWS delivers them to a bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import dataclasses
import gzip
import ipaddress
import zlib
from array import array
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from iamd.audit.asked import Asked, SessionPolicies
from iamd.cli import Failure
from iamd.cli.progress import progress
from iamd.cli.replaying.calls import DENIALS, Asking, Calls, Gathering
from iamd.cli.replaying.trail_mapping import asks
from iamd.guard.askers import Asker, asker
from iamd.guard.context import principal_context
from iamd.store import Records
from iamd.store.rows import micros

_NOT_LOGS = ("CloudTrail-Digest", "CloudTrail-Insight")
_NOTHING = msgspec.Raw(b"null")


class _Record(msgspec.Struct, rename="camel"):
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
    records: list[_Record] = msgspec.field(name="Records")


_file = msgspec.json.Decoder(_File).decode
_json = msgspec.json.Decoder().decode


async def delivered(
    gathering: Gathering,
    folder: Path,
    accounts: Mapping[str, Records],
    since: datetime | None,
    until: datetime | None,
) -> AsyncIterator[list[Calls]]:
    """Every call in the log files of a folder, in that time, gathered a good many at a time. Raises Failure."""
    files = [each for each in sorted(folder.rglob("*.json*")) if not any(name in each.parts for name in _NOT_LOGS)]
    if not files:
        raise Failure(f"{folder}: there are no CloudTrail log files (*.json, *.json.gz)")
    passed = _passed_policies(files)
    for file in progress(files, len(files), "log files read"):
        for record in _read(file):
            if (since is None or record.event_time >= since) and (until is None or record.event_time <= until):
                await _add(gathering, record, accounts, passed)
        if gathering.is_full:
            yield gathering.take()
    yield gathering.take()


def _read(file: Path) -> list[_Record]:
    try:
        return _file(_content(file)).records
    except msgspec.MsgspecError as error:
        raise Failure(f"{file}: no CloudTrail log file: {error}") from None


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as error:
        raise Failure(f"{file}: {error}") from None


def _passed_policies(files: list[Path]) -> dict[str, SessionPolicies]:
    """The policies that were passed for sessions, by the access keys that were issued for them."""
    found: dict[str, SessionPolicies] = {}
    for file in progress(files, len(files), "log files searched for session policies"):
        content = _content(file)
        if b'"policy' in content and b"sts.amazonaws.com" in content:
            found.update(_issued(_read(file)))
    return found


def _issued(records: list[_Record]) -> Iterator[tuple[str, SessionPolicies]]:
    for record in records:
        if record.event_source == "sts.amazonaws.com" and record.error_code is None:
            asked, answered = _json(record.request_parameters) or {}, _json(record.response_elements) or {}
            key = (answered.get("credentials") or {}).get("accessKeyId")
            arns = tuple(str(each.get("arn")) for each in asked.get("policyArns") or ())
            if key and (asked.get("policy") or arns):
                yield key, SessionPolicies(asked.get("policy"), arns)


async def _add(
    gathering: Gathering, record: _Record, accounts: Mapping[str, Records], passed: Mapping[str, SessionPolicies]
) -> None:
    denied = record.error_code in DENIALS
    raws = (record.user_identity, record.request_parameters, record.resources)
    place = (record.event_source, record.event_name, record.aws_region, record.source_ip, record.user_agent)
    key = (record.recipient_account_id, *place, denied, *map(bytes, raws))
    if not gathering.knows(key):
        identity = _json(record.user_identity) or {}
        account_id = record.recipient_account_id or str(identity.get("accountId"))
        calls, why = await _made(gathering, record, identity, account_id, accounts, passed)
        gathering.note(key, calls, why)
    gathering.count(key, micros(record.event_time))


async def _made(
    gathering: Gathering,
    record: _Record,
    identity: Mapping[str, Any],
    account_id: str,
    accounts: Mapping[str, Records],
    passed: Mapping[str, SessionPolicies],
) -> tuple[Calls | None, str]:
    """Calls like that record; without them, why."""
    parameters = _json(record.request_parameters) or {}
    policies = passed.get(str(identity.get("accessKeyId")))
    who = gathering.asker(
        (account_id, bytes(record.user_identity)),
        lambda: _tagged(asker(identity, policies, account_id, parameters), accounts),
    )
    if who is None:
        return None, "strangers"
    asked = await asks(
        record.event_source,
        record.event_name,
        record.aws_region,
        parameters,
        _json(record.resources) or [],
        account_id,
        accounts.get(account_id),
    )
    if asked is None:
        return None, "undecided"
    asking = Asking(who, record.aws_region, *_origin(record, asked))
    return Calls(asking, record.error_code in DENIALS, array("q"), record.event_id), ""


def _tagged(who: Asker | None, accounts: Mapping[str, Records]) -> Asker | None:
    """The asker with the tags that it has now: CloudTrail tells none."""
    records = None if who is None else accounts.get(who.caller.account_id)
    if who is None or records is None:
        return who
    return dataclasses.replace(who, context={**principal_context(who.caller, records), **who.context})


def _origin(record: _Record, asked: tuple[Asked, ...]) -> tuple[str, str, bool, tuple[Asked, ...]]:
    """Address, agent, TLS and asks; where a service called on somebody's behalf, its name stands for the address."""
    try:
        ipaddress.ip_address(record.source_ip)
    except ValueError:
        service = record.source_ip
        via: dict[str, str | tuple[str, ...]] = {"aws:viaawsservice": "true", "aws:calledvia": (service,)}
        via |= {"aws:calledviafirst": service, "aws:calledvialast": service}
        calls = tuple(msgspec.structs.replace(each, context={**via, **each.context}) for each in asked)
        return "", record.user_agent or "", True, calls
    return record.source_ip, record.user_agent or "", True, asked
