"""MFA devices as all APIs see them: found by serial number, their codes tried a few times only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from iamd.caller.mfa import Position
from iamd.services.call import Realm
from iamd.store.image import Records
from iamd.store.kinds.sign_in import MfaDevice
from iamd.store.records import fold, iam_arn


class Trying(Protocol):
    """Whatever brings a code, such as a call: to which server, when, and by which request, which counts once."""

    @property
    def realm(self) -> Realm: ...

    @property
    def now(self) -> datetime: ...

    @property
    def request_id(self) -> str: ...


Judge = Callable[..., Position | None]


def device_with(records: Records, serial_number: str) -> MfaDevice | None:
    """The MFA device of that serial number: a virtual one's is its ARN, a hardware token's is on its back."""
    prefix = iam_arn(records.account_id, "mfa/")
    if serial_number.startswith(prefix):
        serial_number = serial_number[len(prefix) - 1 :]
    elif serial_number.startswith("/"):  # the key of a virtual device, but no serial number
        return None
    device: MfaDevice | None = records.mfa_devices.get(fold(serial_number))
    return device


class TooManyAttempts(Exception):
    """No further code of this device is looked at for now."""


def moved(call: Trying, records: Records, device: MfaDevice, judge: Judge, *codes: str, **changes: Any) -> bool:
    """Use codes of a device up, and change it as told; False, and nothing changed, when they are not right.

    `judge` tells by device, seed, codes and time where the device stands afterwards. Raises TooManyAttempts.
    """
    if not call.realm.attempts.count(device.arn, call.request_id, call.now):
        raise TooManyAttempts(device.arn)
    seed = call.realm.sealer.open(device.sealed_seed, device.arn.encode())
    position = judge(device, seed, *codes, call.now)
    if position is None:
        return False
    records.mfa_devices.replace(device, **position, **changes)
    return True
