"""Enrolling passkeys and security keys (FIDO2), which AWS's console does and no API of AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html. A browser's page asks for an offer,
has the key made, and brings the answer; both steps are operations that clients cannot call. Afterwards the key is an MFA
device like others: listed, described and deactivated by its ARN.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from collections.abc import Iterator

from msgspec import structs

from iamd.caller import passkeys
from iamd.caller.passkeys import Site, Unproven
from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.access_keys import owner_id
from iamd.services.iam.api import iam
from iamd.services.iam.mfa_devices import Owner, device_owner, name_of, require_mfa
from iamd.services.passkeys import devices_of, new_challenge, opened, sealed
from iamd.store.kinds.sign_in import Passkey
from iamd.store.records import User, iam_arn
from iamd.wire.errors import EntityAlreadyExists, InvalidAuthenticationCode, ValidationError

_is_name = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII).fullmatch
_SUFFIX_BYTES = 15  # 24 characters in base32


def enrolling(call: Call, *, user_name: str | None = None) -> Target[Owner]:
    """The owner-to-be; first of two decisions, as the page "iam:RegisterSecurityKey" tells them."""
    return structs.replace(device_owner(call, user_name=user_name), context={"iam:registersecuritykey": "Create"})


def activating(call: Call, owner: Owner) -> Iterator[Ask]:
    """Whoever may have a key made must be allowed to have it activated, too."""
    yield Ask(call.operation.action, owner.arn, call.account_id, context={"iam:registersecuritykey": "Activate"})


@iam.beside("ListMFADevices", on=device_owner)
def offer_passkey(call: Call, owner: Owner, *, site: Site, name: str) -> Reply:
    """What a browser needs to make a key of that name for a user or the root user, at that site: `Options` for
    `navigator.credentials.create`, and the `SerialNumber` and `Challenge` that `enrol_passkey` takes with its answer.

    The devices that are there already go with it, so it is recorded and decided on as listing them.
    """
    if not _is_name(name):
        raise ValidationError("The name of a device has 1 to 128 letters, digits and characters of +=,.@-_")
    suffix = b32encode(secrets.token_bytes(_SUFFIX_BYTES)).decode()
    holder = f"user/{owner.name}" if isinstance(owner, User) else "root-account"
    serial_number = iam_arn(call.account_id, f"u2f/{holder}/{name}-{suffix}")
    challenge = new_challenge(call.account_id, owner_id(owner), site, call.now, serial_number)
    account = call.records.account
    names = (f"{name_of(owner)}@{account.alias or account.account_id}", name_of(owner))
    known = call.records.passkeys.where("owner", owner_id(owner))
    return {
        "SerialNumber": serial_number,
        "Challenge": sealed(call.realm.sealer, challenge),
        "Options": passkeys.creation_options(site, challenge.random, owner_id(owner), names, known),
    }


@iam.beside("EnableMFADevice", on=enrolling, also=activating)
def enrol_passkey(call: Call, owner: Owner, *, site: Site, serial_number: str, challenge: str, answer: str) -> None:
    """Give the key that a browser has made, by its `answer` as JSON, to the user or the root user whom it was offered.

    Raises InvalidAuthenticationCode when it does not answer that offer, made for that owner a few minutes ago.
    """
    require_mfa(call, owner)
    owner_of = owner_id(owner)
    present = len(devices_of(call.records, owner_of))
    quotas.check(present, quotas.MFA_DEVICES_PER_USER, "MFADevicesPerUser")
    try:
        asked = opened(call.realm.sealer, challenge, site, (call.account_id, owner_of), call.now, serial_number)
        made = passkeys.created(site, asked.random, answer)
    except Unproven:
        raise InvalidAuthenticationCode("The security key could not be registered. Please try again.") from None
    if call.records.passkeys.get(made.id) is not None:
        raise EntityAlreadyExists("MFA Device is already in use.")
    call.records.passkeys.add(
        Passkey(
            call.account_id,
            made.id,
            owner_of,
            serial_number,
            site.host,
            made.public_key,
            made.sign_count,
            made.transports,
            call.now,
            asked.made,
        )
    )
