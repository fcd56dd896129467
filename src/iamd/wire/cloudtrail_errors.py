"""The catalogue's part for CloudTrail: codes are those of the service model, every failure has status 400.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class InvalidLookupAttributesException(AwsError):
    pass


class InvalidNextTokenException(AwsError):
    wording = "Invalid next token."


class InvalidTimeRangeException(AwsError):
    wording = "Invalid time range: the start time must not be later than the end time."
