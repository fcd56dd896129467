"""Refusals in SCIM's form (RFC 7644, 3.12)."""

from __future__ import annotations

_SAID = "Request is unparsable, syntactically incorrect, or violates schema."


class ScimError(Exception):
    """A request that is refused with that status; `scim_type` tells why, for a program."""

    def __init__(self, status: int, detail: str, scim_type: str | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.scim_type = status, detail, scim_type


def invalid(why: str, scim_type: str = "invalidValue") -> ScimError:
    """A request that cannot be served, in AWS's words and with the reason."""
    return ScimError(400, f"{_SAID} {why}".strip(), scim_type)


def not_found(noun: str, id: str) -> ScimError:
    return ScimError(404, f"{noun} {id[:128]} was not found.")


def taken(what: str) -> ScimError:
    """Something that must be unique is another's."""
    return ScimError(409, f"{what} already exists.", "uniqueness")
