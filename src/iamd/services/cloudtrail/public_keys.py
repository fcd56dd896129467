"""The public keys that digests are verified with."""

from __future__ import annotations

from datetime import datetime

from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.wire.cloudtrail_errors import InvalidTimeRangeException


def all_keys(call: Call) -> Target[None]:
    return nothing()


@cloudtrail.operation(on=all_keys, refuses={"next_token": "All keys are on the first page: there is no NextToken."})
def list_public_keys(
    call: Call, _: None, *, start_time: datetime | None = None, end_time: datetime | None = None
) -> Reply:
    """List the keys of the account that were valid at some time between the two, the present time when none is given.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
    """
    start, end = start_time or end_time or call.now, end_time or call.now
    if start > end:
        raise InvalidTimeRangeException()
    listed = [
        {
            "Value": key.public,
            "ValidityStartTime": key.created,
            "ValidityEndTime": key.expires,
            "Fingerprint": key.id,
        }
        for key in call.records.digest_keys
        if key.created <= end and key.expires >= start
    ]
    return {"PublicKeyList": listed}
