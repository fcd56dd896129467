"""A recognised request -> everything that it needs: by an exact table, else generically, with the roles handed over."""

from __future__ import annotations

from iamd.gateway import generic
from iamd.gateway.directory import Service
from iamd.gateway.exact import exact_mapper, instances
from iamd.gateway.mapped import Inquiry, Need, Unmapped
from iamd.gateway.passed_roles import passed_roles
from iamd.wire.model import OperationModel


async def needs(inquiry: Inquiry) -> list[Need]:
    """All that must be allowed; never empty. Raises Unmapped, Ambiguous, or AwsError of a lookup."""
    asked = inquiry.asked
    mapper = exact_mapper(asked.service.name, asked.operation.name) or generic.needs
    found = mapper(inquiry)
    if not isinstance(found, list):
        found = await found
    if asked.service.name == "ec2":
        found = [*found, *instances.tagging(inquiry)]
    if not found:
        raise Unmapped(f"The gateway cannot tell what {asked.operation.name} needs.")
    return [*found, *await passed_roles(inquiry, found[0])] if inquiry.document else found


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped: `exactly`, `generically` or `refused`."""
    if exact_mapper(service.name, operation.name) is not None:
        return "exactly"
    return generic.kind_of(service, operation)
