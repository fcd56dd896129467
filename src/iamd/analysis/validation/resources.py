"""Checks of the Resource element."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.analysis.validation.actions import POLICY_OF
from iamd.analysis.validation.arns import fit
from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.near import nearest
from iamd.analysis.validation.subject import Statement, Subject
from iamd.analysis.validation.tree import Node
from iamd.reference import regions, services

_FIELDS = 6
_OF_AWS = re.compile(r"(?:^|[/:])(?:aws|amazon)", re.IGNORECASE)  # what AWS owns has no account
# Service names in ARNs that are no prefixes of actions.
_ARN_SERVICES = frozenset(
    {"aws-marketplace", "catalog", "elasticloadbalancing", "s3-outposts", "waf-regional", "source"}
)


def arns(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Resources that are no ARNs, or whose fields are not those of their service."""
    for node in statement.resources:
        if _star(node.text) or node.text.startswith("${"):
            continue
        fields = node.text.split(":", _FIELDS - 1)
        if fields[0] != "arn":
            yield note("INVALID_ARN_PREFIX", node)
        elif len(fields) < _FIELDS:
            yield note("MISSING_ARN_FIELD", node)
        else:
            yield from _partition(node, fields[1])
            yield from _service(node, fields)


def _open(field: str) -> bool:
    return "*" in field or "?" in field or "${" in field


def _partition(node: Node, partition: str) -> Iterator[Note]:
    known = regions.by_partition()
    if not _open(partition) and partition not in known:
        yield note("INVALID_PARTITION", node, partition=partition, partitions=", ".join(known))


def _service(node: Node, fields: list[str]) -> Iterator[Note]:
    service = fields[2]
    if "${" in service:
        return
    if _open(service):
        yield note("WILDCARD_IN_SERVICE_NAME", node)
    elif services.get(service) is None and service not in _ARN_SERVICES:
        yield note("INVALID_SERVICE", node, service=service, suggestion=nearest(service, services.prefixes()))
    elif service != service.lower():
        yield note("INVALID_ARN_SERVICE_CASE", node, service=service)
    else:
        yield from _fields(node, fields)


def _fields(node: Node, fields: list[str]) -> Iterator[Note]:
    _, partition, service, region, account, resource = fields
    fitting = fit(service, resource)
    if not fitting.fits:
        yield note("INVALID_ARN_RESOURCE", node, service=service)
        return
    known = regions.by_partition().get(partition)
    if region and not fitting.regional and not _star(region):
        yield note("ARN_REGION_NOT_ALLOWED", node, service=service)
    elif region and not _open(region) and known is not None and region not in known:
        yield note("INVALID_ARN_REGION", node, region=region, partition=partition)
    elif not region and not fitting.global_:
        yield note("MISSING_ARN_REGION", node, service=service)
    if account and not fitting.owned and not _star(account):
        yield note("ARN_ACCOUNT_NOT_ALLOWED", node, service=service)
    elif account and not _open(account) and account != "aws" and not (len(account) == 12 and account.isdigit()):
        yield note("INVALID_ARN_ACCOUNT", node, account=account)
    elif not account and not fitting.ownerless and not _OF_AWS.search(resource):
        yield note("MISSING_ARN_ACCOUNT", node, service=service)


def _star(field: str) -> bool:
    return not field.strip("*")


def of_policy(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Resources that are not of the kind to which the policy belongs."""
    if policy.resource_type not in POLICY_OF or policy.is_trust:
        return
    prefix, _ = POLICY_OF[policy.resource_type]
    for node in statement.resources:
        fields = node.text.split(":", _FIELDS - 1)
        if len(fields) == _FIELDS and not _open(fields[2]) and fields[2] != prefix:
            yield note("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", node, resource=policy.resource_type)
