"""What events are looked up by, as LookupEvents has it: eight attributes, each a term of the index over events.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from iamd.audit.alike import Alike
from iamd.audit.stored import Stored, StoredEvent, opened
from iamd.store.event_ids import tells_time
from iamd.store.interface import Term

_LONGEST = 128  # characters of a value that is a term as it is

# Whose name or ARN a parameter holds, by the name under which it is recorded.
_PARAMETERS = {
    "userName": "AWS::IAM::User",
    "groupName": "AWS::IAM::Group",
    "roleName": "AWS::IAM::Role",
    "roleArn": "AWS::IAM::Role",
    "policyName": "AWS::IAM::Policy",
    "policyArn": "AWS::IAM::Policy",
    "instanceProfileName": "AWS::IAM::InstanceProfile",
    "accessKeyId": "AWS::IAM::AccessKey",
    "serialNumber": "AWS::IAM::MfaDevice",
    "virtualMFADeviceName": "AWS::IAM::MfaDevice",
    "sAMLProviderArn": "AWS::IAM::SamlProvider",
    "openIDConnectProviderArn": "AWS::IAM::OpenIdConnectProvider",
    "serverCertificateName": "AWS::IAM::ServerCertificate",
    "certificateId": "AWS::IAM::SigningCertificate",
    "sSHPublicKeyId": "AWS::IAM::SshPublicKey",
    "trailName": "AWS::CloudTrail::Trail",
    "s3BucketName": "AWS::S3::Bucket",
}
# What a response tells of something: its type, and the names under which its name, ARN and id are recorded.
_RESPONSES = {
    "user": ("AWS::IAM::User", ("arn", "userName", "userId")),
    "group": ("AWS::IAM::Group", ("arn", "groupName", "groupId")),
    "role": ("AWS::IAM::Role", ("arn", "roleName", "roleId")),
    "policy": ("AWS::IAM::Policy", ("arn", "policyName", "policyId")),
    "instanceProfile": ("AWS::IAM::InstanceProfile", ("arn", "instanceProfileName", "instanceProfileId")),
    "accessKey": ("AWS::IAM::AccessKey", ("accessKeyId",)),
    "credentials": ("AWS::IAM::AccessKey", ("accessKeyId",)),
    "assumedRoleUser": ("AWS::STS::AssumedRole", ("assumedRoleId", "arn")),
    "virtualMFADevice": ("AWS::IAM::MfaDevice", ("serialNumber",)),
    "trailARN": ("AWS::CloudTrail::Trail", ()),
}


class _Who(msgspec.Struct, rename="camel"):
    """What is looked up of a `userIdentity`."""

    type: str
    principal_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None


_who = msgspec.msgpack.Decoder(_Who).decode


class Summary(msgspec.Struct, frozen=True):
    """What LookupEvents tells of an event besides its record; `resources` are types and names."""

    name: str
    source: str
    read_only: bool
    access_key_id: str | None
    username: str | None
    resources: tuple[tuple[str, str], ...]


def summary(event: Stored) -> Summary:
    """What an event of the store is looked up by."""
    return _summary(opened(event.record))


def _summary(stored: StoredEvent) -> Summary:
    who = _who(stored.identity)
    resources = tuple(dict.fromkeys(_resources(stored)))
    return Summary(stored.name, stored.source, stored.read_only, who.access_key_id, _username(who), resources)


def sought(attribute: str, value: str) -> Term:
    """The term for an attribute with that value, to look events up by."""
    derived = attribute in ("ReadOnly", "ResourceType", "EventId") or value == "root"  # it stands in no record as it is
    return Term(_term(attribute, value), b"" if derived else value.encode(errors="replace"))


def _term(attribute: str, value: str) -> str:
    if len(value) > _LONGEST:
        value = hashlib.sha256(value.encode(errors="replace")).hexdigest()
    return f"{attribute}:{value}"


def terms(event: Stored) -> frozenset[str]:
    """The terms by which an event is found. One whose id tells its time is found by that instead of the id."""
    found = _alike.of(event.record)
    return found if tells_time(event.event_id) else found | {_term("EventId", event.event_id)}


def _terms(record: bytes) -> frozenset[str]:
    found = _summary(opened(record))
    told = {
        _term("EventName", found.name),
        _term("EventSource", found.source),
        _term("ReadOnly", "true" if found.read_only else "false"),
    }
    if found.access_key_id is not None:
        told.add(_term("AccessKeyId", found.access_key_id))
    if found.username is not None:
        told.add(_term("Username", found.username))
    for type_, name in found.resources:
        told.add(_term("ResourceType", type_))
        told.add(_term("ResourceName", name))
    return frozenset(told)


_alike = Alike(_terms)


def _username(who: _Who) -> str | None:
    """The user's name, `root`, the name of a session, or the service."""
    if who.user_name is not None:
        return who.user_name
    if who.type == "Root":
        return "root"
    if who.type in ("AssumedRole", "FederatedUser"):
        return (who.principal_id or "").partition(":")[2] or None
    return who.invoked_by


def _resources(event: StoredEvent) -> Iterator[tuple[str, str]]:
    for name, value in (event.params or {}).items():
        type_ = _PARAMETERS.get(name)
        if type_ is not None and isinstance(value, str):
            yield type_, value
    if event.source == "cloudtrail.amazonaws.com" and isinstance((event.params or {}).get("name"), str):
        yield "AWS::CloudTrail::Trail", (event.params or {})["name"]
    for name, value in (event.response or {}).items():
        yield from _told(name, value)


def _told(name: str, value: Any) -> Iterator[tuple[str, str]]:
    type_, members = _RESPONSES.get(name, ("", ()))
    if type_ and isinstance(value, str):
        yield type_, value
    elif type_ and isinstance(value, dict):
        for member in members:
            if isinstance(value.get(member), str):
                yield type_, value[member]
