"""Where AWS's services differ on the wire, as tables: one row a quirk, with the reason it is known.

A model that is plainly wrong is corrected in `patches.json` instead.
"""

from __future__ import annotations

HIDES_VALUES = frozenset({"iam"})
"""Services whose validation errors never repeat the offending value: IAM says `Value at 'userName' failed ...`, even
for a missing member, where STS says `Value 'x' at 'roleSessionName' failed ...` (seen of both, 2024 to 2026)."""

UNLISTED_ENUMS = frozenset({"statusType"})
"""Enumerations whose refusal does not list the values. IAM's UpdateServiceSpecificCredential answers a bare `Member must
satisfy enum value set`, while the encoding of an SSH key gets `...: [SSH, PEM]` (seen 2025 and 2026)."""

TELLING_ORDER = {"Tag": ("Value", "Key")}
"""Structures whose violations are told in another order than the model's: a tag's value comes before its key (seen of
IAM, 2026)."""

FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
"""XML namespace of an error for which no service is known: what AWS's front end answers before it has chosen one."""

TELLS_REASONS = frozenset({"organizations"})
"""Services that refuse parameters by a code and the first member at fault, in a `Reason`, where the other JSON services
tell all violations in a ValidationException (seen of Organizations, 2026)."""

UNEXPLAINED_DENIALS = {"organizations": "You don't have permissions to access this resource."}
"""Services that never tell why they deny (seen of Organizations, 2026)."""

RENAMED_ERRORS: dict[str, dict[str, tuple[int | None, str, str | None]]] = {
    "signin": {
        "AccessDeniedException": (None, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS"),
        "InternalServerException": (500, "InternalServerException", "server_error"),
        "SerializationException": (400, "ValidationException", "INVALID_REQUEST"),
        "ServiceUnavailable": (503, "ServiceUnavailableException", "service_unavailable"),
        "ThrottlingException": (429, "TooManyRequestsError", "rate_exceeded"),
        "ValidationException": (400, "ValidationException", "INVALID_REQUEST"),
    },
    "sso": {
        "SerializationException": (400, "InvalidRequestException", None),
        "ThrottlingException": (429, "TooManyRequestsException", None),
        "ValidationException": (400, "InvalidRequestException", None),
    },
    "sso-oidc": {
        "AccessDeniedException": (None, "AccessDeniedException", "access_denied"),
        "InternalServerException": (500, "InternalServerException", "server_error"),
        "InvalidInput": (400, "InvalidRequestException", "invalid_request"),
        "SerializationException": (400, "InvalidRequestException", "invalid_request"),
        "ThrottlingException": (400, "SlowDownException", "slow_down"),
        "ValidationException": (400, "InvalidRequestException", "invalid_request"),
    },
}
"""Services that have other names for what fails everywhere: status, name and, where errors have one, OAuth's code, by
the usual name (the services' models). An error that brings a code of its own keeps it."""
