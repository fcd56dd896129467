"""What Identity Center makes in accounts: roles below a path of AWS's, and a SAML provider that they trust. Nobody but
the service changes them, and nobody else makes their like.

https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
"""

from __future__ import annotations

import re

from iamd.store.records import Role
from iamd.wire.errors import InvalidInput, UnmodifiableEntity

PATH = "/aws-reserved/"
ROLE_NAME = "AWSReservedSSO_"
_PROVIDER = re.compile(r"AWSSSO_[0-9a-f]{16}_DO_NOT_DELETE", re.IGNORECASE)


def is_reserved(role: Role) -> bool:
    """Whether AWS has made the role for Identity Center."""
    return role.path.startswith(PATH)


def unmodifiable(role: Role) -> UnmodifiableEntity:
    """The refusal to change a role that only AWS changes."""
    said = f"Cannot perform the operation on the protected role '{role.name}'"
    return UnmodifiableEntity(f"{said} - this role is only modifiable by AWS")


def require_free_path(path: str) -> None:
    """Raise InvalidInput for a path that only AWS gives to roles."""
    if path.startswith(PATH):
        raise InvalidInput(f"Path prefix '{PATH}' can only be used for roles that AWS makes")


def require_free_provider_name(name: str) -> None:
    """Raise InvalidInput for a name that only Identity Center gives to SAML providers."""
    if _PROVIDER.fullmatch(name):
        raise InvalidInput(f"The provider name '{name}' is reserved for IAM Identity Center")


def protected_provider(name: str) -> UnmodifiableEntity | None:
    """Why nobody but AWS may change the SAML provider of that name, or None."""
    if not _PROVIDER.fullmatch(name):
        return None
    said = f"Cannot perform the operation on the protected SAML provider '{name}'"
    return UnmodifiableEntity(f"{said} - this provider is only modifiable by AWS")
