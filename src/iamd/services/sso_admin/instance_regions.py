"""Regions of an instance besides its primary one. They are there at once: nothing is copied anywhere.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AddRegion.html and its neighbours
"""

from __future__ import annotations

from typing import Any

from iamd.guard.context import iso
from iamd.reference import regions
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, existing_instance
from iamd.services.sso_admin.instances import regions_of
from iamd.services.sso_admin.paging import page
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException


def _require_organization(center: Center) -> None:
    if not center.is_organizational:
        raise ValidationException("Only instances of organizations have more than one Region.")


@sso_admin.operation(on=existing_instance)
def add_region(call: Call, center: Center, *, region_name: str) -> Reply:
    """Add a region to an organization's instance."""
    _require_organization(center)
    if region_name not in regions.all():
        raise ValidationException(f"{region_name} is no Region.")
    if region_name in center.regions:
        raise ConflictException(f"The instance is in {region_name} already.")
    quotas.check(len(center.regions), quotas.REGIONS, "Regions of an instance")
    more = (*center.instance.more_regions, (region_name, iso(call.now)))
    center.records.identity_centers.replace(center.instance, more_regions=more)
    return {"Status": "ADDING"}


@sso_admin.operation(on=existing_instance)
def remove_region(call: Call, center: Center, *, region_name: str) -> Reply:
    """Remove a region that was added."""
    if region_name == center.instance.region:
        raise ValidationException("The primary Region cannot be removed.")
    _require_region(center, region_name)
    more = tuple(each for each in center.instance.more_regions if each[0] != region_name)
    center.records.identity_centers.replace(center.instance, more_regions=more)
    return {"Status": "REMOVING"}


@sso_admin.operation(on=existing_instance)
def describe_region(call: Call, center: Center, *, region_name: str) -> Reply:
    """One region of an instance."""
    return _require_region(center, region_name)


@sso_admin.operation(on=existing_instance)
def list_regions(call: Call, center: Center, *, max_results: int | None = None, next_token: str | None = None) -> Reply:
    """List the regions of an instance."""
    found = regions_of(center)
    return page("Regions", found, lambda each: str(each["RegionName"]), lambda each: each, next_token, max_results)


def _require_region(center: Center, name: str) -> dict[str, Any]:
    found = next((each for each in regions_of(center) if each["RegionName"] == name), None)
    if found is None:
        raise ResourceNotFoundException(f"The instance is not in {name}.")
    return found
