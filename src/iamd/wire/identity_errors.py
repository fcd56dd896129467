"""The catalogue's part for IAM Identity Center: codes are those of the service models, every failure has status 400.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class ConflictException(AwsError):
    pass


class ResourceNotFoundException(AwsError):
    pass


class ServiceQuotaExceededException(AwsError):
    pass
