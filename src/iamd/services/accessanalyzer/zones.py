"""Zones of trust: the account of an analyzer, or the organization for which it has been made."""

from __future__ import annotations

from iamd.analysis.external import Zone
from iamd.services.call import Call
from iamd.store.image import Records
from iamd.store.kinds.access_analyzer import Analyzer

SERVICE = "access-analyzer.amazonaws.com"


def zone_of(call: Call, analyzer: Analyzer) -> Zone | None:
    """The zone that an analyzer looks after; None where it is the organization's, and its account no longer entitled."""
    return zone(call, analyzer.type)


def zone(call: Call, type_: str) -> Zone | None:
    """The zone of an analyzer of that type; None where the account may not look at an organization."""
    if not type_.startswith("ORGANIZATION"):
        return Zone(frozenset({call.account_id}))
    management = _management(call)
    if management is None:
        return None
    entitled = management.account_id == call.account_id
    if not entitled and management.delegated_administrators.get(f"{call.account_id}/{SERVICE}") is None:
        return None
    organization = next(iter(management.organizations), None)
    members = frozenset(each.id for each in management.members if each.closed is None)
    return None if organization is None else Zone(members, organization.id)


def why_disabled(call: Call) -> str:
    """The reason for which an organization's analyzer no longer works."""
    return "ORGANIZATION_DELETED" if _management(call) is None else "DELEGATED_ADMINISTRATOR_DEREGISTERED"


def _management(call: Call) -> Records | None:
    management_id = call.realm.store.organization_of(call.account_id)
    return None if management_id is None else call.realm.records(management_id)
