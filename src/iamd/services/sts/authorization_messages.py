"""Decoding what a caller was not told when it was denied."""

from __future__ import annotations

from iamd.guard import messages
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.sts.api import sts


def any_message(call: Call) -> Target[None]:
    return nothing()


@sts.operation(on=any_message, reads=True)
def decode_authorization_message(call: Call, _: None, *, encoded_message: str) -> Reply:
    """Tell what an encoded authorization message of the caller's account says.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """
    return {"DecodedMessage": messages.decode(call.realm.sealer, call.account_id, encoded_message, call.now)}
