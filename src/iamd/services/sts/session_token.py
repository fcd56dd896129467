"""GetSessionToken: temporary credentials of a user or the root user itself."""

from __future__ import annotations

from iamd.caller.caller import CallerKind
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.credentials import issue
from iamd.services.sts.mfa import mfa_time, spend_code

USER_SECONDS = 43_200
ROOT_SECONDS = 3_600  # the most, too: a longer wish is cut


def own_session(call: Call) -> Target[None]:
    return nothing()


@sts.operation(on=own_session, prepare=spend_code, refuses=TOKEN_SIZE)
def get_session_token(call: Call, _: None, *, duration_seconds: int | None = None) -> Reply:
    """Issue credentials with the caller's own permissions, for 12 hours unless it says otherwise; with a code of an
    MFA device they may call IAM.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """
    caller = call.caller
    seconds = duration_seconds or USER_SECONDS
    if caller.kind is CallerKind.ROOT:
        seconds = min(seconds, ROOT_SECONDS)
    return {
        "Credentials": issue(
            call.realm,
            call.now,
            "session-token",
            caller.account_id,
            seconds,
            principal_id=caller.id,
            principal_name=caller.name,
            session_name="",
            mfa_time=mfa_time(call),
        )
    }
