"""Recorded calls out of CloudTrail's own log files: gzip JSON, as AWS delivers them to a bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import dataclasses
import ipaddress
from array import array
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from iamd.audit.asked import Asked, SessionPolicies
from iamd.cli.cloudtrail_files import Record, content_of, decoded, log_files, records_of
from iamd.cli.progress import progress
from iamd.cli.replaying.calls import DENIALS, Asking, Calls, Gathering
from iamd.cli.replaying.trail_mapping import asks
from iamd.guard.askers import Asker, asker
from iamd.guard.context import principal_context
from iamd.store import Records
from iamd.store.rows import micros


async def delivered(
    gathering: Gathering,
    folder: Path,
    accounts: Mapping[str, Records],
    since: datetime | None,
    until: datetime | None,
) -> AsyncIterator[list[Calls]]:
    """Every call in the log files of a folder, in that time, gathered a good many at a time. Raises Failure."""
    files = log_files(folder)
    passed = _passed_policies(files)
    for file in progress(files, len(files), "log files read"):
        for record in records_of(file):
            if (since is None or record.event_time >= since) and (until is None or record.event_time <= until):
                await _add(gathering, record, accounts, passed)
        if gathering.is_full:
            yield gathering.take()
    yield gathering.take()


def _passed_policies(files: list[Path]) -> dict[str, SessionPolicies]:
    """The policies that were passed for sessions, by the access keys that were issued for them."""
    found: dict[str, SessionPolicies] = {}
    for file in progress(files, len(files), "log files searched for session policies"):
        content = content_of(file)
        if b'"policy' in content and b"sts.amazonaws.com" in content:
            found.update(_issued(records_of(file)))
    return found


def _issued(records: list[Record]) -> Iterator[tuple[str, SessionPolicies]]:
    for record in records:
        if record.event_source == "sts.amazonaws.com" and record.error_code is None:
            asked, answered = decoded(record.request_parameters) or {}, decoded(record.response_elements) or {}
            key = (answered.get("credentials") or {}).get("accessKeyId")
            arns = tuple(str(each.get("arn")) for each in asked.get("policyArns") or ())
            if key and (asked.get("policy") or arns):
                yield key, SessionPolicies(asked.get("policy"), arns)


async def _add(
    gathering: Gathering, record: Record, accounts: Mapping[str, Records], passed: Mapping[str, SessionPolicies]
) -> None:
    denied = record.error_code in DENIALS
    raws = (record.user_identity, record.request_parameters, record.resources)
    place = (record.event_source, record.event_name, record.aws_region, record.source_ip, record.user_agent)
    key = (record.recipient_account_id, *place, denied, *map(bytes, raws))
    if not gathering.knows(key):
        identity = decoded(record.user_identity) or {}
        account_id = record.recipient_account_id or str(identity.get("accountId"))
        calls, why = await _made(gathering, record, identity, account_id, accounts, passed)
        gathering.note(key, calls, why)
    gathering.count(key, micros(record.event_time))


async def _made(
    gathering: Gathering,
    record: Record,
    identity: Mapping[str, Any],
    account_id: str,
    accounts: Mapping[str, Records],
    passed: Mapping[str, SessionPolicies],
) -> tuple[Calls | None, str]:
    """Calls like that record; without them, why."""
    parameters = decoded(record.request_parameters) or {}
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
        decoded(record.resources) or [],
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


def _origin(record: Record, asked: tuple[Asked, ...]) -> tuple[str, str, bool, tuple[Asked, ...]]:
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
