"""Giving a client leave: the authorization request of `aws login`, the decision on it, and the code that comes of it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from iamd.audit import ApiEvent
from iamd.caller.caller import Caller
from iamd.guard import gather
from iamd.guard.ask import Ask
from iamd.guard.context import request_context
from iamd.guard.enforce import authorize
from iamd.services.call import Cold
from iamd.services.signin.api import CONFIRMATION, CROSS_DEVICE, REGION, SAME_DEVICE, client_arn
from iamd.services.signin.code_requests import CodeRequest, Malformed, loopback_origin, state_and_challenge
from iamd.services.signin.grants import Code, digest
from iamd.services.signin.passwords import Visit
from iamd.services.signin.people import SESSION_SECONDS, Person, acting, require_unchanged
from iamd.wire.errors import AwsError

_METHODS = ("S256", "SHA-256")  # the second is what the AWS CLI calls it


@dataclass(frozen=True, slots=True)
class Requested(CodeRequest):
    """A request of `aws login`, from the same device or another."""

    client_id: str

    def carried(self, code: str) -> str:
        """What a person copies to the client on the other device."""
        return base64.b64encode(urlencode({"state": self.state, "code": code}).encode()).decode()


def read(query: Mapping[str, str], host: str) -> Requested:
    """The request in a query, sent to that host. Raises Malformed."""
    client_id, redirect_uri = query.get("client_id", ""), query.get("redirect_uri", "")
    if client_id not in (SAME_DEVICE, CROSS_DEVICE):
        raise Malformed("client_id must be that of a client of `aws login`.")
    origin = _origin(redirect_uri) if client_id == SAME_DEVICE else None
    if client_id == CROSS_DEVICE and not _is_confirmation(redirect_uri, host):
        raise Malformed("redirect_uri must be the confirmation page of this server.")
    return Requested(redirect_uri, origin, *state_and_challenge(query, _METHODS), client_id)


def _origin(redirect_uri: str) -> str:
    origin = loopback_origin(redirect_uri)
    if origin is None or origin == redirect_uri or "[" in origin or not urlsplit(origin).port:
        raise Malformed("redirect_uri must be an http URL of 127.0.0.1 or localhost, with a port.")
    return origin


def _is_confirmation(redirect_uri: str, host: str) -> bool:
    return not redirect_uri or redirect_uri in (f"http://{host}{CONFIRMATION}", f"https://{host}{CONFIRMATION}")


async def grant(visit: Visit, person: Person, requested: Requested, at_console: str = "") -> str:
    """A code for the client, if the person may give it leave (`signin:AuthorizeOAuth2Access`), good as long as the session
    of that id is, if the person is at the console. Recorded in the trail.

    Raises AwsError.
    """
    realm, session_id = visit.realm, secrets.token_hex(16)
    records = await realm.store.load(person.account_id)
    require_unchanged(person, records, visit.now)
    caller = acting(person, session_id, records, visit.now, visit.now + timedelta(seconds=SESSION_SECONDS))
    refusal: AwsError | None = None
    try:
        await _decide(visit, caller, requested)
    except AwsError as error:
        refusal = error
    realm.store.append_event(_event(visit, caller, requested, refusal))
    if refusal is not None:
        raise refusal
    code = Code(
        session_id,
        person,
        requested.client_id,
        requested.challenge,
        digest(requested.redirect_uri),
        int(visit.now.timestamp()),
        at_console,
    )
    return code.sealed(realm.sealer)


async def _decide(visit: Visit, caller: Caller, requested: Requested) -> None:
    realm, account_id = visit.realm, caller.account_id
    while True:
        records = await realm.store.load(account_id)
        try:
            standing = realm.standing(account_id)
            break
        except Cold as cold:
            await realm.store.load(cold.account_id)
    snapshot = gather.take(caller, records, standing)
    secure = visit.secure_host is not None
    context = {
        **snapshot.context,
        **request_context(caller, visit.now, visit.client_ip, secure, visit.agent, REGION),
        **({} if standing is None else standing.resource_keys),
        "aws:resourceaccount": account_id,
    }
    arn = client_arn(account_id, requested.client_id)
    authorize(
        caller.arn,
        snapshot,
        Ask("signin:AuthorizeOAuth2Access", arn, account_id, context=context, owner=standing),
    )


def _event(visit: Visit, caller: Caller, requested: Requested, refusal: AwsError | None) -> ApiEvent:
    return visit.event(
        caller.account_id,
        "AuthorizeOAuth2Access",
        caller,
        read_only=True,
        error=None if refusal is None else (refusal.code, refusal.message),
        additional={"success": "true" if refusal is None else "false"},
        disclosed={
            "scope": "openid",
            "redirect_uri": requested.redirect_uri,
            "code_challenge_method": "SHA-256",
            "client_id": requested.client_id,
        },
    )
