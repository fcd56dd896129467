"""Virtual MFA devices as the people who carry them have them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Any


class Phone:
    """A device made for an account; it knows the present step from the start, so that a test sees one time."""

    def __init__(self, iam: Any, name: str = "phone", **params: Any) -> None:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **params)["VirtualMFADevice"]
        self.start(device["SerialNumber"], device["Base32StringSeed"])

    def start(self, serial: str, seed: str | bytes) -> None:
        """Begin to show the codes of a device; the seed is in base32."""
        self.serial = serial
        self.seed = base64.b32decode(seed)
        self.step = int(time.time()) // 30

    def code(self, ahead: int = 0) -> str:
        """What it shows so many steps from the start (RFC 4226, 5.3)."""
        digest = hmac.new(self.seed, struct.pack(">Q", self.step + ahead), hashlib.sha1).digest()
        at = digest[-1] & 15
        number: int = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"

    def pair(self, ahead: int = 0) -> dict[str, str]:
        """Two consecutive codes, of which the second is so many steps from the start, as parameters."""
        return {
            "SerialNumber": self.serial,
            "AuthenticationCode1": self.code(ahead - 1),
            "AuthenticationCode2": self.code(ahead),
        }

    def wrong(self) -> str:
        """A code that it shows at no time near."""
        near = {self.code(ahead) for ahead in range(-9, 10)}
        return next(f"{number:06d}" for number in range(1000) if f"{number:06d}" not in near)

    def token(self, ahead: int = 0) -> dict[str, str]:
        """A code as STS wants it."""
        return {"SerialNumber": self.serial, "TokenCode": self.code(ahead)}


class Token(Phone):
    """A hardware token: made elsewhere, with a serial number on its back."""

    def __init__(self, serial: str, seed: bytes) -> None:
        self.start(serial, base64.b32encode(seed))


def carried(iam: Any, user: str, name: str = "phone") -> Phone:
    """A device that a user has; its codes so far are used."""
    phone = Phone(iam, name)
    iam.enable_mfa_device(UserName=user, **phone.pair())
    return phone
