"""The catalogue's part for CloudTrail: codes are those of the service model, every failure has status 400.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class CloudTrailARNInvalidException(AwsError):
    pass


class EventDataStoreARNInvalidException(AwsError):
    pass


class EventDataStoreAlreadyExistsException(AwsError):
    pass


class EventDataStoreMaxLimitExceededException(AwsError):
    pass


class EventDataStoreNotFoundException(AwsError):
    pass


class EventDataStoreTerminationProtectedException(AwsError):
    pass


class InactiveEventDataStoreException(AwsError):
    pass


class InactiveQueryException(AwsError):
    pass


class InsightNotEnabledException(AwsError):
    pass


class InvalidDateRangeException(AwsError):
    wording = "Invalid date range: the start time must not be later than the end time."


class InvalidEventDataStoreStatusException(AwsError):
    pass


class InvalidEventSelectorsException(AwsError):
    pass


class InvalidHomeRegionException(AwsError):
    pass


class InvalidInsightSelectorsException(AwsError):
    pass


class InvalidLookupAttributesException(AwsError):
    pass


class InvalidNextTokenException(AwsError):
    wording = "Invalid next token."


class InvalidParameterCombinationException(AwsError):
    pass


class InvalidQueryStatementException(AwsError):
    pass


class InvalidS3BucketNameException(AwsError):
    pass


class InvalidS3PrefixException(AwsError):
    pass


class InvalidTagParameterException(AwsError):
    pass


class InvalidTimeRangeException(AwsError):
    wording = "Invalid time range: the start time must not be later than the end time."


class InvalidTrailNameException(AwsError):
    pass


class MaxConcurrentQueriesException(AwsError):
    pass


class MaximumNumberOfTrailsExceededException(AwsError):
    pass


class QueryIdNotFoundException(AwsError):
    pass


class ResourceNotFoundException(AwsError):
    pass


class ResourceTypeNotSupportedException(AwsError):
    pass


class S3BucketDoesNotExistException(AwsError):
    pass


class TagsLimitExceededException(AwsError):
    pass


class TrailAlreadyExistsException(AwsError):
    pass


class TrailNotFoundException(AwsError):
    pass


class UnsupportedOperationException(AwsError):
    pass
