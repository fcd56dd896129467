"""Codes of MFA devices: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds.

A device's clock may go wrong, so enabling and resynchronizing it take two consecutive codes and look far around; the
difference is remembered. The windows are those that AWS was seen to have. No code works twice.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Protocol

STEP = 30  # seconds
SEED_BYTES = 40  # 64 characters in base32
_NEAR = 2  # steps around the device's clock in which a single code is looked for
_BEHIND, _AHEAD = 998, 1000  # steps around ours in which two consecutive codes are
_ALL_USED = (1 << (2 * _NEAR + 1)) - 1

Position = dict[str, int]  # drift, last_step and used of a device


class Device(Protocol):
    """What is kept of a device's clock and of its codes: see `store.kinds.sign_in.MfaDevice`."""

    @property
    def drift(self) -> int: ...

    @property
    def last_step(self) -> int: ...

    @property
    def used(self) -> int: ...


def new_seed() -> bytes:
    """A fresh secret of a device."""
    return secrets.token_bytes(SEED_BYTES)


def step_at(now: datetime) -> int:
    """The number of the step in which a moment lies."""
    return int(now.timestamp()) // STEP


def code(seed: bytes, step: int) -> str:
    """What a device with that seed shows in that step."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def after_pair(device: Device, seed: bytes, first: str, second: str, now: datetime) -> Position | None:
    """Where the device stands after two consecutive codes; None unless both are newer than the last ones used."""
    here = step_at(now)
    steps = range(max(here - _BEHIND, device.last_step + 1), here + _AHEAD)
    for step in sorted(steps, key=lambda step: abs(step + 1 - here)):
        if _is(seed, step, first) and _is(seed, step + 1, second):
            ahead = step + 1 - here
            # Who types slowly has no wrong clock.
            return {"drift": 0 if abs(ahead) <= _NEAR else ahead, "last_step": step + 1, "used": _ALL_USED}
    return None


def after_code(device: Device, seed: bytes, given: str, now: datetime) -> Position | None:
    """Where the device stands after one code; None when it is wrong or was used."""
    here = step_at(now) + device.drift
    for step in range(here - _NEAR, here + _NEAR + 1):
        if _is(seed, step, given) and not _used(device, step):
            return _using(device, step)
    return None


def _is(seed: bytes, step: int, given: str) -> bool:
    return hmac.compare_digest(code(seed, step).encode(), given.encode(errors="replace"))


def _used(device: Device, step: int) -> bool:
    before = device.last_step - step
    return before >= 0 and (before > 2 * _NEAR or bool(device.used >> before & 1))


def _using(device: Device, step: int) -> Position:
    newer = step - device.last_step
    if newer > 0:
        older = device.used << newer if newer <= 2 * _NEAR else 0
        return {"drift": device.drift, "last_step": step, "used": (older | 1) & _ALL_USED}
    return {"drift": device.drift, "last_step": device.last_step, "used": device.used | 1 << -newer}
