"""Trails by name or ARN, as a call may give either.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
"""

from __future__ import annotations

import re

from iamd.guard.target import Target, found, missing
from iamd.services.call import Call
from iamd.store.kinds.trails import Trail
from iamd.store.records import PARTITION
from iamd.wire.cloudtrail_errors import (
    CloudTrailARNInvalidException,
    InvalidHomeRegionException,
    InvalidTrailNameException,
    TrailNotFoundException,
)
from iamd.wire.errors import AwsError

SHORTEST, LONGEST = 3, 128
_ARN = re.compile(
    rf"arn:{PARTITION}:cloudtrail:(?P<region>[a-z0-9-]+):(?P<account>\d{{12}}):trail/(?P<name>.+)", re.ASCII
)
_is_word = re.compile(r"[A-Za-z0-9._-]+").fullmatch
_is_address = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII).fullmatch
_ALNUM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def arn_of(call: Call, name: str) -> str:
    """The ARN that a trail of that name has, or would have, in the region of the call."""
    return f"arn:{PARTITION}:cloudtrail:{call.region}:{call.account_id}:trail/{name}"


def check_name(name: str) -> None:
    """Raises InvalidTrailNameException."""
    lengths = f"allowed length: {{}} characters. Specified name length: {len(name)} characters."
    if len(name) < SHORTEST:
        raise InvalidTrailNameException(f"Trail name too short. Minimum {lengths.format(SHORTEST)}")
    if len(name) > LONGEST:
        raise InvalidTrailNameException(f"Trail name too long. Maximum {lengths.format(LONGEST)}")
    if name[0] not in _ALNUM:
        raise InvalidTrailNameException("Trail name must starts with a letter or number.")
    if name[-1] not in _ALNUM:
        raise InvalidTrailNameException("Trail name must ends with a letter or number.")
    if not _is_word(name):
        raise InvalidTrailNameException(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens "
            "(-), and underscores (_)."
        )
    if re.search(r"[._-]{2}", name) or _is_address(name):
        raise InvalidTrailNameException(
            "Trail name must not have adjacent periods, underscores or dashes, and must not be in IP address format."
        )


def find_trail(call: Call, given: str) -> Trail | None:
    """The account's trail of that name or ARN: of the region of the call, or one of all regions. Raises
    InvalidTrailNameException and CloudTrailARNInvalidException."""
    if given.startswith("arn:"):
        shape = _ARN.fullmatch(given)
        if shape is None:
            raise CloudTrailARNInvalidException(f"Trail ARN is not valid: {given}")
        own = shape["account"] == call.account_id
        named: Trail | None = call.records.trails.get(f"{shape['region']}/{shape['name']}")
        return named if own else None
    check_name(given)
    here: Trail | None = call.records.trails.get(f"{call.region}/{given}")
    if here is not None:
        return here
    return next((trail for trail in call.records.trails if trail.name == given and trail.multi_region), None)


def unknown(call: Call, given: str) -> TrailNotFoundException:
    arn = given if given.startswith("arn:") else arn_of(call, given)
    return TrailNotFoundException(f"Unknown trail: {arn} for the user: {call.account_id}")


def trail_by(call: Call, given: str) -> Target[Trail]:
    """The trail of that name or ARN, seen from any region."""
    trail = find_trail(call, given)
    if trail is None:
        return missing(given if given.startswith("arn:") else arn_of(call, given), unknown(call, given))
    return found(trail)


def trail_at_home(call: Call, given: str) -> Target[Trail]:
    """The same, to be changed, which only a call to its home region may do."""
    target = trail_by(call, given)
    if target.missing is None and target.value.region != call.region:
        error: AwsError = InvalidHomeRegionException(
            f"Trail {given} must be updated from the home region: {target.value.region}"
        )
        return Target(target.arn, target.value, tags=target.tags, missing=error)
    return target


def named_trail(call: Call, *, name: str) -> Target[Trail]:
    return trail_by(call, name)


def own_trail(call: Call, *, name: str) -> Target[Trail]:
    return trail_at_home(call, name)
