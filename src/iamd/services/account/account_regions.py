"""The regions that an account may use: most are enabled by default, the others when it opts in."""

from __future__ import annotations

from typing import Any

from iamd.reference import regions
from iamd.services.account.api import account
from iamd.services.account.subject import subject
from iamd.services.call import Call, Reply
from iamd.services.paging import marker_of, text_of
from iamd.store.image import Records
from iamd.store.kinds.account_details import OptedRegion
from iamd.wire.errors import AwsError, ValidationException

_PAGE = 50


def _status(records: Records, region: str) -> str:
    if region in regions.BY_DEFAULT:
        return "ENABLED_BY_DEFAULT"
    return "DISABLED" if records.opted_regions.get(region) is None else "ENABLED"


def _check(region: str) -> None:
    if region not in regions.all():
        raise ValidationException(f"The region {region} does not exist.")


def _check_optional(region: str) -> None:
    _check(region)
    if region in regions.BY_DEFAULT:
        raise ValidationException(f"The region {region} is enabled by default and can't be disabled.")


@account.operation(on=subject)
def enable_region(call: Call, records: Records, *, region_name: str) -> None:
    """Opt in to a region; it is enabled at once."""
    _check_optional(region_name)
    if records.opted_regions.get(region_name) is None:
        records.opted_regions.add(OptedRegion(records.account_id, region_name))


@account.operation(on=subject)
def disable_region(call: Call, records: Records, *, region_name: str) -> None:
    """Opt out of a region."""
    _check_optional(region_name)
    present = records.opted_regions.get(region_name)
    if present is not None:
        records.opted_regions.remove(present)


@account.operation(on=subject)
def get_region_opt_status(call: Call, records: Records, *, region_name: str) -> Reply:
    """Whether a region is enabled."""
    _check(region_name)
    return {"RegionName": region_name, "RegionOptStatus": _status(records, region_name)}


@account.operation(on=subject)
def list_regions(
    call: Call,
    records: Records,
    *,
    max_results: int = _PAGE,
    next_token: str | None = None,
    region_opt_status_contains: list[str] | None = None,
) -> Reply:
    """List the regions in any of the statuses that are asked for, by name."""
    after = "" if next_token is None else _name(next_token)
    told: list[dict[str, Any]] = []
    for name in (name for name in regions.all() if name > after):
        status = _status(records, name)
        if region_opt_status_contains and status not in region_opt_status_contains:
            continue
        if len(told) == max_results:
            return {"Regions": told, "NextToken": marker_of(told[-1]["RegionName"])}
        told.append({"RegionName": name, "RegionOptStatus": status})
    return {"Regions": told}


def _name(token: str) -> str:
    try:
        return text_of(token)
    except AwsError:
        raise ValidationException("The next token is invalid.") from None
