"""A recognised request -> everything that it needs: by an exact table, else generically, with the roles handed over."""

from __future__ import annotations

from collections.abc import Awaitable

from iamd.gateway import generic
from iamd.gateway.asked import Asked
from iamd.gateway.directory import Service
from iamd.gateway.exact import exact_mapper, instances
from iamd.gateway.mapped import Inquiry, Need, Unmapped
from iamd.gateway.passed_roles import passed_roles
from iamd.wire.model import OperationModel


def needs(inquiry: Inquiry) -> list[Need] | Awaitable[list[Need]]:
    """All that must be allowed, never empty; to be awaited where something has to be looked up. Raises Unmapped,
    Ambiguous, or AwsError of a lookup."""
    asked = inquiry.asked
    mapper = exact_mapper(asked.service.name, asked.operation.name) or generic.needs
    found = mapper(inquiry)
    if inquiry.document or asked.service.name == "ec2" or not isinstance(found, list):
        return _further(inquiry, found)
    return _some(asked, found)


async def _further(inquiry: Inquiry, found: list[Need] | Awaitable[list[Need]]) -> list[Need]:
    """With what parameters add: the roles that they hand over, the tags of what is made."""
    if not isinstance(found, list):
        found = await found
    if inquiry.asked.service.name == "ec2":
        found = [*found, *instances.tagging(inquiry)]
    found = _some(inquiry.asked, found)
    return [*found, *await passed_roles(inquiry, found[0])] if inquiry.document else found


def _some(asked: Asked, found: list[Need]) -> list[Need]:
    if not found:
        raise Unmapped(f"The gateway cannot tell what {asked.operation.name} needs.")
    return found


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped: `exactly`, `generically` or `refused`."""
    if exact_mapper(service.name, operation.name) is not None:
        return "exactly"
    return generic.kind_of(service, operation)
