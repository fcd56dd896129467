"""The authority of the tests, and what an account has set up for its certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.caller.certificates.pki import Holder, authority

ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
SERVICE = {"Service": "rolesanywhere.amazonaws.com"}
ROOT = authority()


def source(holder: Holder) -> dict[str, Any]:
    return {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": holder.pem}}


@dataclass
class Anywhere:
    """The API as root, and what a client names in a request."""

    api: Any
    anchor: dict[str, Any]
    profile: dict[str, Any]
    role: str

    @property
    def asked(self) -> dict[str, Any]:
        return {
            "trustAnchorArn": self.anchor["trustAnchorArn"],
            "profileArn": self.profile["profileArn"],
            "roleArn": self.role,
        }
