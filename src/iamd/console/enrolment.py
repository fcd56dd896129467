"""`/console/me/passkeys`: a passkey is offered to the browser, and enrolled with what the browser answers."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from iamd.caller.caller import Caller
from iamd.caller.passkeys import NoSite, site_of
from iamd.console.calls import Perform, Question, as_json
from iamd.services.catalogue import APIS
from iamd.services.iam.passkeys import enrol_passkey, offer_passkey
from iamd.services.registry import Operation
from iamd.wire.errors import InvalidInput
from iamd.wire.http import Answer, HttpRequest

T = TypeVar("T", bound=msgspec.Struct)


class _Wanted(msgspec.Struct):
    """A key of that name, for a user or, without a name, for the person who asks."""

    name: str
    user: str | None = None


class _Made(msgspec.Struct):
    """What the browser has made of an offer: `answer` is the credential as JSON."""

    serial: str
    challenge: str
    answer: str
    user: str | None = None


async def offer(caller: Caller, request: HttpRequest, perform: Perform) -> Answer:
    """`serial`, `challenge` and `options`, of which `navigator.credentials.create` makes a key. Raises AwsError."""
    wanted = _read(request, _Wanted)
    reply = await _performed(caller, request, perform, offer_passkey, wanted.user, name=wanted.name)
    told = {"serial": reply["SerialNumber"], "challenge": reply["Challenge"], "options": reply["Options"]}
    return as_json(200, told)


async def enrol(caller: Caller, request: HttpRequest, perform: Perform) -> Answer:
    """Give the key that was made to whom it was offered. Raises AwsError."""
    made = _read(request, _Made)
    given = {"serial_number": made.serial, "challenge": made.challenge, "answer": made.answer}
    await _performed(caller, request, perform, enrol_passkey, made.user, **given)
    return as_json(200, {})


async def _performed(
    caller: Caller, request: HttpRequest, perform: Perform, operation: Operation, user: str | None, **given: Any
) -> Any:
    try:
        params = {"site": site_of(request.header(b"host") or "", request.secure), **given}
    except NoSite as nowhere:
        raise InvalidInput(str(nowhere)) from None
    if user is not None:
        params["user_name"] = user
    outcome = await perform(request, Question(caller, APIS["iam"], operation.name, lambda: (operation, params)))
    if outcome.error is not None:
        raise outcome.error
    return outcome.reply


def _read(request: HttpRequest, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(f"Send a JSON object with {', '.join(kind.__struct_fields__)}.") from None
