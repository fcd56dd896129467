"""The one catalogue of AWS errors: code, HTTP status and, where AWS always says the same, the wording.

A class per failure, named as the code that AWS sends. Raise with AWS's text for the case at hand:
`raise NoSuchEntity("The user with name bob cannot be found.")`. Messages reach clients as they are, so they never
carry internal text. Codes and statuses come from the service models and from
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

MAX_MESSAGE = 16_384  # characters


class AwsError(Exception):
    """A failure that is answered to the client.

    `code` is the class's name, unless it says otherwise. `sender` tells AWS's `Type`: True is `Sender` (the client's fault), False `Receiver`.
    Without an argument the message is the class's `wording`. `http_status` is for clients of other protocols than AWS's;
    `headers` go with the answer.
    """

    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 400
    sender: ClassVar[bool] = True
    wording: ClassVar[str] = ""
    http_status: ClassVar[int] = 0
    headers: ClassVar[tuple[tuple[bytes, bytes], ...]] = ()

    def __init_subclass__(cls) -> None:
        if "code" not in cls.__dict__:
            cls.code = cls.__name__
        if "http_status" not in cls.__dict__:
            cls.http_status = cls.status

    def __init__(self, message: str | None = None) -> None:
        # Some of AWS's sentences repeat what was sent, however long that is.
        self.message = self.wording if message is None else message[:MAX_MESSAGE]
        self.details: Mapping[str, str] = {}  # further members of the answer in the JSON protocols
        super().__init__(self.message)

    @property
    def type(self) -> str:
        """`Sender` or `Receiver`, as the answer's `Type` element has it."""
        return "Sender" if self.sender else "Receiver"


# The request as such: common to all services.


class AccessDenied(AwsError):
    status = 403
    wording = "Access Denied"


class ExpiredToken(AwsError):
    status = 403
    wording = "The security token included in the request is expired"


class IncompleteSignature(AwsError):
    status = 400


class InternalFailure(AwsError):
    status = 500
    sender = False
    wording = "The request processing has failed because of an unknown error, exception or failure."


class InvalidAction(AwsError):
    status = 400


class InvalidClientTokenId(AwsError):
    status = 403
    wording = "The security token included in the request is invalid."


class InvalidParameterCombination(AwsError):
    status = 400


class InvalidParameterException(AwsError):
    status = 400


class InvalidParameterValue(AwsError):
    status = 400


class MalformedInput(AwsError):
    status = 400


class MissingAction(AwsError):
    status = 400
    wording = "Missing Action"


class MissingAuthenticationToken(AwsError):
    status = 403
    wording = "Request is missing Authentication Token"


class MissingParameter(AwsError):
    status = 400


class OptInRequired(AwsError):
    status = 403
    wording = "The AWS Access Key Id needs a subscription for the service"


class RequestEntityTooLarge(AwsError):
    status = 413
    wording = "Request body is too large."


class RequestExpired(AwsError):
    status = 400
    wording = "Request has expired."


class ConflictException(AwsError):
    status = 409


class ResourceNotFoundException(AwsError):
    status = 404


class SerializationException(AwsError):
    status = 400


class ServiceUnavailable(AwsError):
    status = 503
    sender = False
    wording = "Service Unavailable. Please try again later."


class SignatureDoesNotMatch(AwsError):
    status = 403
    wording = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )


class Throttling(AwsError):
    status = 400
    http_status = 429
    wording = "Rate exceeded"
    headers = ((b"retry-after", b"1"),)  # no rate is less than one a second


class UnprocessableEntityException(AwsError):
    status = 422


class UnknownOperationException(AwsError):
    status = 404
    wording = "The action or operation requested is invalid. Verify that the action is typed correctly."


class UnrecognizedClientException(AwsError):
    status = 400
    wording = "The security token included in the request is invalid."


class ValidationError(AwsError):
    status = 400


class ServiceQuotaExceededException(AwsError):
    status = 402


class TooManyTagsException(AwsError):
    status = 400


class ValidationException(AwsError):
    status = 400


# IAM: codes and statuses are the error traits of the service model.


class ConcurrentModification(AwsError):
    status = 409


class DeleteConflict(AwsError):
    status = 409


class DuplicateCertificate(AwsError):
    status = 409


class DuplicateSSHPublicKey(AwsError):
    status = 400


class EntityAlreadyExists(AwsError):
    status = 409


class EntityTemporarilyUnmodifiable(AwsError):
    status = 409


class FeatureDisabled(AwsError):
    status = 404


class FeatureEnabled(AwsError):
    status = 409


class InvalidAuthenticationCode(AwsError):
    status = 403


class InvalidCertificate(AwsError):
    status = 400


class InvalidInput(AwsError):
    status = 400


class InvalidPublicKey(AwsError):
    status = 400


class InvalidUserType(AwsError):
    status = 400


class KeyPairMismatch(AwsError):
    status = 400


class LimitExceeded(AwsError):
    status = 409


class MalformedCertificate(AwsError):
    status = 400


class MalformedPolicyDocument(AwsError):
    status = 400


class NameConflict(AwsError):
    status = 409


class NoSuchEntity(AwsError):
    status = 404


class NotSupportedService(AwsError):
    status = 404


class OpenIdIdpCommunicationError(AwsError):
    status = 400


class PasswordPolicyViolation(AwsError):
    status = 400


class PolicyEvaluation(AwsError):
    status = 500
    sender = False


class PolicyNotAttachable(AwsError):
    status = 400


class ReportExpired(AwsError):
    status = 410


class ReportGenerationLimitExceeded(AwsError):
    status = 409


class ReportInProgress(AwsError):
    status = 404


class ReportNotPresent(AwsError):
    status = 410


class RoleModified(AwsError):
    status = 409


class RoleTemplateDisabled(AwsError):
    status = 400


class ServiceFailure(AwsError):
    status = 500
    sender = False
    wording = InternalFailure.wording


class UnmodifiableEntity(AwsError):
    status = 400


class UnrecognizedPublicKeyEncoding(AwsError):
    status = 400


# IAM, where the model gives no code: the shape's name is the code, 400 the status.


class AccountNotManagementOrDelegatedAdministratorException(AwsError):
    status = 400


class CallerIsNotManagementAccountException(AwsError):
    status = 400


class OrganizationNotFoundException(AwsError):
    status = 400


class OrganizationNotInAllFeaturesModeException(AwsError):
    status = 400


class ServiceAccessNotEnabledException(AwsError):
    status = 400


# STS.


class ExpiredTokenException(AwsError):
    status = 400


class ExpiredTradeInTokenException(AwsError):
    status = 400


class IDPCommunicationError(AwsError):
    status = 400


class IDPRejectedClaim(AwsError):
    status = 403


class InvalidAuthorizationMessageException(AwsError):
    status = 400
    wording = "The encoded authorization message is invalid or has expired."


class InvalidIdentityToken(AwsError):
    status = 400


class JWTPayloadSizeExceededException(AwsError):
    status = 400


class OutboundWebIdentityFederationDisabledException(AwsError):
    status = 403
    wording = "OutboundWebIdentityFederation is disabled."


class PackedPolicyTooLarge(AwsError):
    status = 400


class RegionDisabledException(AwsError):
    status = 403


class SessionDurationEscalationException(AwsError):
    status = 403
