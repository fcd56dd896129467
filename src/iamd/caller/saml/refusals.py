"""Why a SAML response is not believed."""

from __future__ import annotations


class Refusal(Exception):
    """A response that is not believed; its text is for the client, in AWS's words where they are known."""


class Invalid(Refusal):
    """It is no response, is not signed as it must be, or is not meant for this service."""


class Expired(Refusal):
    """It was good once."""


class Rejected(Refusal):
    """The identity provider itself says that it did not authenticate the user."""


# AWS's text for everything that is wrong with the form of a response, Base64 or not (seen of live AWS).
MALFORMED = "Invalid base64 SAMLResponse"
UNSIGNED = "Response signature invalid"
