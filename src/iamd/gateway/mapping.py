"""A recognised request -> everything that it needs: by an exact table, else generically, with the roles handed over."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Final

from iamd.gateway import exact, generic, made_with_tags
from iamd.gateway.awaited import awaited
from iamd.gateway.directory import Form, Service
from iamd.gateway.exact import exact_mapper, instances
from iamd.gateway.mapped import Inquiry, Mapper, Need
from iamd.gateway.passed_roles import passed_roles
from iamd.gateway.rest import can_be_told
from iamd.wire.gateway_errors import Unmapped
from iamd.wire.model import OperationModel

_LONGEST: Final = 4096  # characters of an ARN; AWS has none of more than 2048
_MOST: Final = 2048  # S3 deletes 1000 objects at once, with two actions each
_S3: Final = Form.S3
_of_s3: Final[Mapping[str, Mapper]] = exact.MAPPERS["s3"]


def needs(inquiry: Inquiry) -> list[Need] | Awaitable[list[Need]]:
    """All that must be allowed, never empty; to be awaited where something has to be looked up. Raises Unmapped,
    Ambiguous, AwsError of a lookup, and Cold when an account is needed that is not in memory."""
    asked = inquiry.asked
    # Those of S3 are asked for most.
    mapper = _of_s3.get(asked.name) if asked.form is _S3 else exact_mapper(asked.service.name, asked.name)
    if mapper is None:
        mapper = generic.needs
    found = mapper(inquiry)
    return _further(inquiry, found) if isinstance(found, list) else awaited(found, partial(_further, inquiry))


def _further(inquiry: Inquiry, found: list[Need]) -> list[Need]:
    """With what parameters add: the tags of what is made, the roles that they hand over."""
    asked = inquiry.asked
    if asked.form is not _S3 and asked.service.name == "ec2":
        found = instances.with_tags(inquiry, found)
    if not found:
        raise Unmapped(f"The gateway cannot tell what {asked.name} needs.")
    if inquiry.document:
        first = found[0]
        found = [*found, *made_with_tags.tagging(inquiry, first), *passed_roles(inquiry, first)]
    if len(found) > _MOST:
        raise Unmapped(f"{asked.name} names more than the gateway decides on at once.")
    for need in found:
        if len(need.resource) > _LONGEST:
            raise Unmapped(f"{asked.name} names a resource by more characters than any has.")
    return found


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped: `exactly`, `generically` or `refused`."""
    if not can_be_told(service, operation):
        return "refused"
    if exact_mapper(service.name, operation.name) is not None:
        return "exactly"
    return generic.kind_of(service, operation)
