"""The part of the catalogue of errors that is S3's.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class IncompleteBody(AwsError):
    status = 400
    wording = "The request body terminated unexpectedly"


class MissingSecurityHeader(AwsError):
    status = 400

    def __init__(self, name: str) -> None:
        super().__init__(f"Your request was missing a required header: {name}")


class RequestTimeout(AwsError):
    status = 400
    wording = "Your socket connection to the server was not read from or written to within the timeout period."
