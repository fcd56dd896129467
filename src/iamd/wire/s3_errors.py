"""The part of the catalogue of errors that is S3's.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class EntityTooLarge(AwsError):
    status = 400
    wording = "Your proposed upload exceeds the maximum allowed size"


class EntityTooSmall(AwsError):
    status = 400
    wording = "Your proposed upload is smaller than the minimum allowed size"


class IncompleteBody(AwsError):
    status = 400
    wording = "The request body terminated unexpectedly"


class IncorrectNumberOfFilesInPostRequest(AwsError):
    status = 400
    wording = "POST requires exactly one file upload per request."


class InvalidArgument(AwsError):
    status = 400


class InvalidPolicyDocument(AwsError):
    status = 400

    def __init__(self, what: str) -> None:
        super().__init__(f"Invalid Policy: {what}")


class InvalidRequest(AwsError):
    status = 400


class MalformedPOSTRequest(AwsError):
    status = 400
    wording = "The body of your POST request is not well-formed multipart/form-data."


class MalformedTrailerError(AwsError):
    status = 400
    wording = "The request contained trailing data that was not well-formed or did not conform to our published schema."


class MaxPostPreDataLengthExceeded(AwsError):
    code = "MaxPostPreDataLengthExceededError"
    status = 400
    wording = "Your POST request fields preceding the upload file were too large."


class MissingContentLength(AwsError):
    status = 411
    wording = "You must provide the Content-Length HTTP header."


class MissingSecurityHeader(AwsError):
    status = 400

    def __init__(self, name: str) -> None:
        super().__init__(f"Your request was missing a required header: {name}")


class RequestTimeout(AwsError):
    status = 400
    wording = "Your socket connection to the server was not read from or written to within the timeout period."
