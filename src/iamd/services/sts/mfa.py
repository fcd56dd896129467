"""Codes of MFA devices in STS: whoever shows one gets a session that was opened with MFA.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from collections.abc import Awaitable

from iamd.caller.caller import CallerKind
from iamd.caller.mfa import after_code
from iamd.guard.context import Context
from iamd.services.call import Call
from iamd.services.mfa import TooManyAttempts, device_with, moved
from iamd.store.image import Records
from iamd.wire.errors import AccessDenied

_FAILED = "MultiFactorAuthentication failed"


def spend_code(call: Call, *, serial_number: str | None = None, token_code: str | None = None) -> Awaitable[int] | None:
    """Use up the code of a device of the caller: for good, whatever comes of the request. None when none was given.

    What it returns is the time in seconds of the epoch. Raises AccessDenied in AWS's words.
    """
    if serial_number is None and token_code is None:
        return None
    if serial_number is None or token_code is None:
        raise AccessDenied(f"{_FAILED}, must provide both MFA serial number and one time pass code.")
    return _spent(call, serial_number, token_code)


async def _spent(call: Call, serial_number: str, code: str) -> int:
    await call.realm.store.write(lambda change: _spend(call, change.records(call.account_id), serial_number, code))
    return int(call.now.timestamp())


def _spend(call: Call, records: Records, serial_number: str, code: str) -> None:
    device, caller = device_with(records, serial_number), call.caller
    owns = device is not None and device.owner_id == caller.id and caller.kind in (CallerKind.USER, CallerKind.ROOT)
    if device is None or not owns:
        raise AccessDenied(_unable())
    try:
        right = moved(call, records, device, after_code, code)
    except TooManyAttempts:
        raise AccessDenied(_unable()) from None
    if not right:
        raise AccessDenied(f"{_FAILED} with invalid MFA one time pass code. ")


def _unable() -> str:
    return (
        f"{_FAILED}, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )


def mfa_context(call: Call) -> Context:
    """The condition keys of a request that came with a code."""
    if call.prepared is None:
        return {}
    return {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}


def mfa_time(call: Call) -> int | None:
    """When the session that is asked for was opened with MFA: now, or when the user's own session was."""
    session = call.caller.session
    if call.prepared is not None or session is None or session.kind not in ("session-token", "sign-in", "console"):
        given: int | None = call.prepared
        return given
    return session.mfa_time
