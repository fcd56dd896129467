"""The catalogue's part for IAM Identity Center OIDC and the access portal.

Failures of OIDC have OAuth's code besides (RFC 6749, 5.2; RFC 8628, 3.5), as `error`, and the message again as
`error_description`: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html.
"""

from __future__ import annotations

from typing import ClassVar

from iamd.wire.errors import AwsError


class _OAuth(AwsError):
    oauth: ClassVar[str]

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.details = {"error": self.oauth, "error_description": self.message}


class AccessDeniedException(_OAuth):
    oauth = "access_denied"
    wording = "The person has denied the request."


class AuthorizationPendingException(_OAuth):
    oauth = "authorization_pending"
    wording = "The authorization request is still pending."


class ExpiredTokenException(_OAuth):
    oauth = "expired_token"
    wording = "The device code has expired."


class InvalidClientException(_OAuth):
    status = 401
    oauth = "invalid_client"
    wording = "Invalid client provided"


class InvalidClientMetadataException(_OAuth):
    oauth = "invalid_client_metadata"


class InvalidGrantException(_OAuth):
    oauth = "invalid_grant"
    wording = "Invalid grant provided"


class InvalidRedirectUriException(_OAuth):
    oauth = "invalid_redirect_uri"


class InvalidRequestException(_OAuth):
    oauth = "invalid_request"
    wording = "Invalid request provided"


class InvalidScopeException(_OAuth):
    oauth = "invalid_scope"


class SlowDownException(_OAuth):
    oauth = "slow_down"
    wording = "There are too many requests. Please try again later."


class UnauthorizedClientException(_OAuth):
    oauth = "unauthorized_client"
    wording = "The client is not authorized for this grant type."


class UnsupportedGrantTypeException(_OAuth):
    oauth = "unsupported_grant_type"
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
