"""MFA devices that show a new code every 30 seconds: virtual ones, which are programs on a phone, and hardware tokens.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html. Hardware tokens are known by
`iamd mfa import-tokens`, as those that AWS sells are known to AWS. Passkeys are enrolled in the console only, see
`passkeys`; the operations on devices that somebody has are on them, too.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from iamd.caller.caller import CallerKind
from iamd.caller.mfa import after_pair, new_seed
from iamd.caller.passwords import apart
from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing, new, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.access_keys import owner_id
from iamd.services.iam.api import iam
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged, new_tags, tag_page, tag_views, untagged
from iamd.services.iam.users import outline, user_or_root
from iamd.services.invocation import permitted
from iamd.services.mfa import TooManyAttempts, device_with, moved
from iamd.services.paging import page_of
from iamd.services.passkeys import devices_of, has_device
from iamd.store.kinds.sign_in import MfaDevice, Passkey
from iamd.store.records import Account, User, fold, iam_arn
from iamd.wire.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    NoSuchEntity,
    ValidationError,
)

ROOT = "root"  # what the root user is called where a user's name is required
SERIAL_LENGTH = 256  # the longest serial number that operations take
ISSUER = "Amazon Web Services"  # as authenticator programs know it, with its logo

Owner = User | Account


@dataclass(frozen=True, slots=True)
class Secret:
    """A new device's seed, and the picture of it that a phone reads."""

    seed: bytes = field(repr=False)
    picture: bytes = field(repr=False)


def new_device(call: Call, *, virtual_mfa_device_name: str, path: str = "/") -> Target[str]:
    arn = iam_arn(call.account_id, f"mfa{path}{virtual_mfa_device_name}")
    room = SERIAL_LENGTH - (len(arn) - len(virtual_mfa_device_name))
    if len(virtual_mfa_device_name) > room:
        # The model does not say so, but a device with a longer ARN could never be enabled.
        raise ValidationError(
            "1 validation error detected: Value at 'virtualMFADeviceName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {max(room, 0)}"
        )
    return new(arn)


def existing_device(call: Call, *, serial_number: str) -> Target[MfaDevice]:
    """The virtual device; AWS neither tags nor deletes hardware tokens."""
    device = device_with(call.records, serial_number)
    if device is None or not device.is_virtual:
        return missing(serial_number, no_such_device(serial_number))
    return found(device)


def no_such_device(serial_number: str) -> NoSuchEntity:
    return NoSuchEntity(f"VirtualMFADevice with serial number {serial_number} doesn't exist.")


def device_owner(call: Call, *, user_name: str | None = None) -> Target[Owner]:
    """The user of that name, or who calls; the root user calls itself `root`, or by the account's id."""
    itself = call.caller.kind is CallerKind.ROOT and user_name in (ROOT, call.account_id)
    if itself and call.records.users.named(user_name or "") is None:
        user_name = None
    return user_or_root(call, user_name=user_name)


def all_devices(call: Call) -> Target[None]:
    return nothing()


def device_of(call: Call, owner: Owner, serial_number: str) -> MfaDevice | Passkey:
    """The owner's device; raises NoSuchEntity, also for a device of someone else."""
    for device in devices_of(call.records, owner_id(owner)):
        if fold(device.serial_number) == fold(serial_number):
            return device
    raise NoSuchEntity("MFA Device invalid for user.")


def name_of(owner: Owner) -> str:
    return owner.name if isinstance(owner, User) else ROOT


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Creating with tags takes the permission to tag as well."""
    if call.params.get("tags"):
        yield Ask("iam:TagMFADevice", arn, call.account_id)


async def new_secret(call: Call, *, virtual_mfa_device_name: str) -> Secret:
    """Make a seed, and draw it."""
    permitted(call)
    seed = new_seed()
    account = call.records.account
    label = quote(f"{ISSUER}:{virtual_mfa_device_name}@{account.alias or account.account_id}", safe=":@")
    text = f"otpauth://totp/{label}?secret={base64.b32encode(seed).decode()}&issuer={quote(ISSUER)}"
    return Secret(seed, await apart(_drawn, text))


def _drawn(text: str) -> bytes:
    import segno  # slow to import, and seldom needed

    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="png", scale=5)
    return picture.getvalue()


def require_mfa(call: Call, owner: Owner) -> None:
    """Whoever has a device may add or remove its own only in a session that was opened with one."""
    caller = call.caller
    if caller.id != owner_id(owner) or not has_device(call.records, caller.id):
        return
    if caller.session is None or caller.session.mfa_time is None:
        raise AccessDenied(
            "To complete this action, please ensure that you are authenticated with an MFA device that is enabled "
            "for this user."
        )


def _synchronize(call: Call, device: MfaDevice, first: str, second: str, **changes: Any) -> None:
    try:
        if not moved(call, call.records, device, after_pair, first, second, **changes):
            raise InvalidAuthenticationCode("Authentication code for device is not valid.")
    except TooManyAttempts:
        raise AccessDenied("Too many codes of this MFA device were tried; please try again in a few minutes.") from None


@iam.operation(on=new_device, also=tagging, prepare=new_secret)
def create_virtual_mfa_device(
    call: Call, arn: str, *, path: str = "/", tags: list[dict[str, str]] | None = None
) -> Reply:
    """Create a device that nobody has yet; its seed is told this once, as base32 text and as a QR code.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html
    """
    given, devices, secret = new_tags(tags, ignore_case=False), call.records.mfa_devices, call.prepared
    conform(call, "mfa", tags)
    name = arn.rpartition("/")[2]
    if devices.get(fold(f"{path}{name}")) is not None:
        raise EntityAlreadyExists("MFA device already exists.")
    quotas.check(sum(device.is_virtual for device in devices), quotas.USERS, "VirtualMFADevicesPerAccount")
    sealed = call.realm.sealer.seal(secret.seed, arn.encode())
    device = devices.add(MfaDevice(call.account_id, name, path, sealed, call.now, given))
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.arn,
            "Base32StringSeed": base64.b32encode(secret.seed),
            "QRCodePNG": secret.picture,
            **tag_views(device.tags),
        }
    }


@iam.operation(on=device_owner)
def enable_mfa_device(
    call: Call, owner: Owner, *, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Give a device to a user, or the root user to itself, who shows with two consecutive codes to have it.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
    """
    device, owner_of = device_with(call.records, serial_number), owner_id(owner)
    if device is None:
        raise no_such_device(serial_number)
    if device.owner_id == owner_of:
        raise EntityAlreadyExists(f"MFA Device for user {name_of(owner)} already exists.")
    if device.owner_id is not None:
        raise EntityAlreadyExists("MFA Device is already in use.")
    require_mfa(call, owner)
    quotas.check(len(devices_of(call.records, owner_of)), quotas.MFA_DEVICES_PER_USER, "MFADevicesPerUser")
    _synchronize(call, device, authentication_code1, authentication_code2, owner_id=owner_of, enabled=call.now)


@iam.operation(on=device_owner)
def resync_mfa_device(
    call: Call, owner: Owner, *, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Learn by two consecutive codes how far the clock of a user's device is off."""
    device = device_of(call, owner, serial_number)
    if isinstance(device, Passkey):
        raise NoSuchEntity("MFA Device invalid for user.")
    _synchronize(call, device, authentication_code1, authentication_code2)


@iam.operation(on=device_owner)
def deactivate_mfa_device(call: Call, owner: Owner, *, serial_number: str) -> None:
    """Take a device from a user, or from who calls; codes that it showed enrol nobody afterwards. A passkey is gone."""
    device = device_of(call, owner, serial_number)
    require_mfa(call, owner)
    if isinstance(device, Passkey):
        call.records.passkeys.remove(device)
        return
    call.records.mfa_devices.replace(device, owner_id=None, enabled=None)


def _shown(owner: Owner, device: MfaDevice | Passkey) -> dict[str, Any]:
    return {"UserName": name_of(owner), "SerialNumber": device.serial_number, "EnableDate": device.enabled}


@iam.operation(on=device_owner)
def list_mfa_devices(call: Call, owner: Owner, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the devices of a user, or of who calls."""

    def view(device: MfaDevice | Passkey) -> dict[str, Any]:
        return _shown(owner, device)

    devices = devices_of(call.records, owner_id(owner))
    return page_of("MFADevices", devices, lambda device: device.serial_number, view, marker, max_items)


@iam.operation(on=all_devices)
def list_virtual_mfa_devices(
    call: Call, _: None, *, assignment_status: str = "Any", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the account's virtual devices, with the users who have them; seeds and tags are not told."""
    assigned = {"Assigned": (True,), "Unassigned": (False,)}.get(assignment_status, (True, False))
    virtual = (device for device in call.records.mfa_devices if device.is_virtual)
    devices = [device for device in virtual if (device.owner_id is not None) in assigned]

    def view(device: MfaDevice) -> dict[str, Any]:
        return {
            "SerialNumber": device.arn,
            "User": _holder(call, device.owner_id),
            "EnableDate": device.enabled,
        }

    return page_of("VirtualMFADevices", devices, lambda device: device.arn, view, marker, max_items)


def _holder(call: Call, owner: str | None) -> dict[str, Any] | None:
    user = None if owner is None else call.records.users.get(owner)
    if user is not None or owner is None:
        return None if user is None else outline(user)
    account = call.records.account
    return {"UserName": account.alias, "UserId": owner, "Arn": account.arn, "CreateDate": account.created}


@iam.operation(on=device_owner)
def get_mfa_device(call: Call, owner: Owner, *, serial_number: str) -> Reply:
    """Describe a user's passkey or hardware token; as on AWS, a virtual device is none that this operation knows."""
    for device in devices_of(call.records, owner_id(owner)):
        if fold(device.serial_number) == fold(serial_number) and (isinstance(device, Passkey) or not device.is_virtual):
            return _shown(owner, device)
    raise NoSuchEntity(f"MFA Device with serial number {serial_number} cannot be found.")


@iam.operation(on=existing_device)
def delete_virtual_mfa_device(call: Call, device: MfaDevice) -> None:
    """Delete a device that nobody has."""
    if device.owner_id is not None:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    call.records.mfa_devices.remove(device)


@iam.operation(on=existing_device)
def tag_mfa_device(call: Call, device: MfaDevice, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; keys differ by case."""
    conform(call, "mfa", tags)
    call.records.mfa_devices.replace(device, tags=merged(device.tags, tags, ignore_case=False))


@iam.operation(on=existing_device)
def untag_mfa_device(call: Call, device: MfaDevice, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.mfa_devices.replace(device, tags=untagged(device.tags, tag_keys, ignore_case=False))


@iam.operation(on=existing_device)
def list_mfa_device_tags(
    call: Call, device: MfaDevice, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of a device."""
    return tag_page(device.tags, marker, max_items)
