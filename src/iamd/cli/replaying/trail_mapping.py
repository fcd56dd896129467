"""What a CloudTrail record's call needed: the gateway's mapping, on the parameters that the record tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from iamd.audit.asked import Asked, Value
from iamd.gateway import generic, mapping
from iamd.gateway.asked import Asked as Recognised
from iamd.gateway.asked import Place
from iamd.gateway.directory import Form, Service, model_of, services
from iamd.gateway.mapped import Inquiry, Need
from iamd.policy.arns import account_of
from iamd.services.catalogue import APIS
from iamd.store import Records
from iamd.store.collection import Collection
from iamd.wire import json_input
from iamd.wire.errors import AwsError
from iamd.wire.gateway_errors import NotThere
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel, Shape

# Event names of some services end in their API's version: CreateFunction20150331v2, CreateDistribution2020_05_31.
_VERSIONED = re.compile(r"(?:\d{8}(?:v\d+)?|\d{4}_\d{2}_\d{2})$")
_NAMED = re.compile(r"arn:aws:iam::\d{12}:(user|role|group|policy|instance-profile)/([^/]+)").fullmatch
_OBJECT = "AWS::S3::Object"


async def asks(
    source: str,
    name: str,
    region: str,
    parameters: Mapping[str, Any],
    resources: Sequence[Mapping[str, Any]],
    account_id: str,
    records: Records | None,
) -> tuple[Asked, ...] | None:
    """What was asked in an account with those records, if they are at hand; None where it cannot be told.

    `parameters` and `resources` are the record's.
    """
    found = _operation(source.partition(".")[0], _VERSIONED.sub("", name))
    if found is None:
        return None
    service, operation = found
    document = _spelled(operation.input, parameters) if operation.input is not None else {}
    place = _place(parameters, resources) if service.name == "s3" else None
    recognised = Recognised(service, operation, Form.S3 if place else Form.JSON, place=place)
    request = HttpRequest("POST", b"/", b"", [], b"")
    inquiry = Inquiry(recognised, request, document, region, account_id, _Nothing())
    try:
        # A role that is a parameter of services that are served here is not handed over to them.
        found_needs = (generic if service.name in APIS else mapping).needs(inquiry)
        needs = found_needs if isinstance(found_needs, list) else await found_needs
    except AwsError:
        return None
    keys = _parameter_keys(service.name, operation, document)
    return tuple(_asked(need, keys if at == 0 else {}, account_id, records) for at, need in enumerate(needs))


def _asked(need: Need, keys: Mapping[str, Value], account_id: str, records: Records | None) -> Asked:
    """A need as it is decided. Parameters name IAM's resources without their paths, and records tell no tags: these are
    those of the account at hand."""
    named = _NAMED(need.resource)
    found = None if named is None or records is None else _collections(records)[named[1]].named(named[2])
    arn = need.resource if found is None else str(found.arn)
    tags = {f"aws:resourcetag/{key.lower()}": value for key, value in getattr(found, "tags", ())}
    return Asked(need.action, arn, account_of(arn) or account_id, {**tags, **keys, **need.context})


def _collections(records: Records) -> dict[str, Collection[Any]]:
    return {
        "user": records.users,
        "role": records.roles,
        "group": records.groups,
        "policy": records.policies,
        "instance-profile": records.profiles,
    }


class _Nothing:
    """Looks nothing up: the record is all there is."""

    async def lookup(self, *_: object) -> Mapping[str, Any]:
        raise NotThere("the record does not tell")

    def role_of_profile(self, account_id: str, name: str) -> str | None:
        return None


@lru_cache(maxsize=4096)
def _operation(endpoint: str, name: str) -> tuple[Service, OperationModel] | None:
    """The operation that an event names, of the service of that endpoint."""
    for service in services().values():
        if endpoint in (service.endpoint, service.signing):
            operation = model_of(service.name).operations.get(name)
            if operation is not None:
                return service, operation
    return None


def _spelled(shape: Shape, value: Any) -> Any:
    """A value as the model spells it; CloudTrail begins names with a lower-case letter."""
    if shape.type == "structure" and isinstance(value, Mapping):
        folded = {member.name.lower(): member for member in shape.members}
        found = {}
        for name, inner in value.items():
            member = folded.get(name.lower())
            if member is not None and inner is not None:
                found[member.name] = _spelled(member.shape, inner)
        return found
    if shape.type == "list" and isinstance(value, list):
        return [_spelled(shape.element.shape, each) for each in value]
    return value


def _place(parameters: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> Place:
    """Where in S3 a call went: by its parameters, else by the object that it was about."""
    bucket, key = parameters.get("bucketName"), parameters.get("key")
    about = next((str(each.get("ARN")) for each in resources if each.get("type") == _OBJECT), "")
    if key is None and "/" in about:
        key = about.partition("/")[2]
    query = {"versionId": str(parameters["versionId"])} if parameters.get("versionId") else {}
    return Place(None if bucket is None else str(bucket), None if key is None else str(key), query)


def _parameter_keys(service: str, operation: OperationModel, document: Mapping[str, Any]) -> dict[str, Value]:
    """The condition keys that the guard takes from the parameters of services that are served here."""
    api = APIS.get(service)
    served = None if api is None else api.operations.get(operation.name)
    if served is None:
        return {}
    try:
        params = json_input.parse(served.model, dict(document))
        found: dict[str, Value] = {}
        for _service, _prefix, member, keys in served.keys:
            if params.get(member) is not None:
                found.update(keys(params[member]))
    except (AwsError, LookupError, TypeError, AttributeError):
        return {}  # a record that was cut, or of another API version
    return found
