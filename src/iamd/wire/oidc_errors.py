"""The catalogue's part for IAM Identity Center OIDC and the access portal.

Failures of OIDC have OAuth's code besides (RFC 6749, 5.2; RFC 8628, 3.5), as `error`, and the message again as
`error_description`: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html.
"""

from __future__ import annotations

from iamd.wire.errors import AwsError
from iamd.wire.model import snake


class _OAuth(AwsError):
    """OAuth's code is the words of the class's name: `slow_down` of SlowDownException."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.details = {"error": snake(self.code.removesuffix("Exception")), "error_description": self.message}


class AccessDeniedException(_OAuth):
    wording = "The person has denied the request."


class AuthorizationPendingException(_OAuth):
    wording = "The authorization request is still pending."


class ExpiredTokenException(_OAuth):
    wording = "The device code has expired."


class InvalidClientException(_OAuth):
    status = 401
    wording = "Invalid client provided"


class InvalidClientMetadataException(_OAuth):
    pass


class InvalidGrantException(_OAuth):
    wording = "Invalid grant provided"


class InvalidRedirectUriException(_OAuth):
    pass


class InvalidRequestException(_OAuth):
    wording = "Invalid request provided"


class InvalidScopeException(_OAuth):
    pass


class SlowDownException(_OAuth):
    wording = "There are too many requests. Please try again later."


class UnauthorizedClientException(_OAuth):
    wording = "The client is not authorized for this grant type."


class UnsupportedGrantTypeException(_OAuth):
    wording = "Unsupported grant type provided"


# The access portal.


class ForbiddenException(AwsError):
    """Not in the model, but what the portal answers about a role that the person has not (seen of live AWS)."""

    status = 403
    wording = "No access"


class InvalidRequest(AwsError):
    """As the portal answers it, which speaks no OAuth."""

    code = "InvalidRequestException"


class UnauthorizedException(AwsError):
    status = 401
    wording = "Session token not found or invalid"
