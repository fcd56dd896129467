"""`/TENANT/scim/v2/`: SCIM 2.0 of identity stores, which identity providers call with a bearer token, and so stays outside
the chain. The tenant is the identity store's id.

https://docs.aws.amazon.com/singlesignon/latest/developerguide/supported-apis.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.caller.bearer import token_of
from iamd.server.clock import now
from iamd.server.telemetry import log
from iamd.services.call import Realm
from iamd.services.scim import documents, groups, users
from iamd.services.scim.documents import GROUP, USER
from iamd.services.scim.errors import ScimError, invalid, not_found
from iamd.services.scim.request import Request
from iamd.services.scim.schemas import SCHEMAS
from iamd.services.scim.tokens import bearer, entitled
from iamd.services.sso_admin.center import Center
from iamd.store.change import Change
from iamd.store.errors import NoAccount, StaleRead, StoreError
from iamd.store.kinds.access_portal import ScimToken
from iamd.wire.errors import Throttling
from iamd.wire.http import Answer, HttpRequest
from iamd.wire.query_json import encode

_PART = b"/scim/v2"
_path = re.compile(
    r"/(d-[0-9a-f]{10})/scim/v2/(ServiceProviderConfig|ResourceTypes|Schemas|Users|Groups)(?:/([^/]{1,128}))?/?"
).fullmatch
_MOST, _USUAL = 100, 50  # of a page
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

Work = Callable[..., dict[str, Any] | None]
_WORK: dict[tuple[str, str, bool], tuple[str, int, Work]] = {
    ("POST", "Users", False): ("CreateUser", 201, users.create),
    ("GET", "Users", True): ("GetUser", 200, users.get),
    ("PUT", "Users", True): ("PutUser", 200, users.replace),
    ("PATCH", "Users", True): ("PatchUser", 200, users.patch),
    ("DELETE", "Users", True): ("DeleteUser", 204, users.delete),
    ("POST", "Groups", False): ("CreateGroup", 201, groups.create),
    ("GET", "Groups", True): ("GetGroup", 200, groups.get),
    ("PATCH", "Groups", True): ("PatchGroup", 204, groups.patch),
    ("DELETE", "Groups", True): ("DeleteGroup", 204, groups.delete),
}
_LISTS: dict[str, tuple[str, Callable[[Request], Sequence[Any]], Callable[[Request, Any], dict[str, Any]]]] = {
    "Users": ("ListUsers", users.find, users.view),
    "Groups": ("ListGroups", groups.find, groups.summary),
}
_CONFIG: Mapping[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "documentationUri": "https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html",
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 1, "maxPayloadSize": 1048576},
    "filter": {"supported": True, "maxResults": _MOST},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "Authentication scheme using the OAuth Bearer Token Standard",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": True,
        }
    ],
}
_TYPES: Mapping[str, Any] = {
    "schemas": [_LIST],
    "totalResults": 2,
    "Resources": [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": noun,
            "name": noun,
            "endpoint": f"/{noun}s",
            "schema": schema,
        }
        for noun, schema in (("User", USER), ("Group", GROUP))
    ],
}
_DESCRIBED: Mapping[str, Mapping[str, Any]] = {
    "ServiceProviderConfig": _CONFIG,
    "ResourceTypes": _TYPES,
    "Schemas": {"schemas": [_LIST], "totalResults": len(SCHEMAS), "Resources": list(SCHEMAS.values())},
}


def is_for_scim(request: HttpRequest) -> bool:
    """Whether a request is an identity provider's: buckets of such names get others, which are signed."""
    if _PART not in request.path:  # asked first: it is asked of every request
        return False
    return _path(request.path.decode("latin-1")) is not None and not _is_signed(request)


def _is_signed(request: HttpRequest) -> bool:
    return (request.header(b"authorization") or "").startswith("AWS4-") or b"X-Amz-Signature=" in request.query


async def answer(realm: Realm, request: HttpRequest) -> Answer:
    """Do what is asked, or refuse it."""
    headers = [(b"x-amzn-requestid", new_uuid().encode()), (b"content-type", b"application/scim+json")]
    headers.append((b"cache-control", b"no-store"))
    try:
        status, told = await _answered(realm, request)
    except ScimError as error:
        status, told = error.status, _refusal(error)
    except Throttling as error:
        status, told = error.http_status, _refusal(ScimError(error.http_status, error.message))
        headers += error.headers
    except (StoreError, NoAccount):
        log.error("the store failed", exc_info=True)
        status, told = 503, _refusal(ScimError(503, "The service is not available. Please try again."))
    except Exception:
        log.error("a request of an identity provider failed", exc_info=True)
        status, told = 500, _refusal(ScimError(500, "The request has failed because of an unknown error."))
    return Answer(status, headers, b"" if told is None else encode(told))


def _refusal(error: ScimError) -> dict[str, Any]:
    told: dict[str, Any] = {"schemas": [_ERROR], "detail": error.detail, "status": str(error.status)}
    return told if error.scim_type is None else {**told, "scimType": error.scim_type}


async def _answered(realm: Realm, request: HttpRequest) -> tuple[int, Mapping[str, Any] | None]:
    """Status and document. What a read tells is durable, a refusal, too; what changes something waits by itself. Raises
    ScimError and StoreError."""
    if request.method != "GET":
        return await _found(realm, request)
    while True:
        with suppress(StaleRead):
            try:
                return await _found(realm, request)
            finally:
                await realm.store.settled()


async def _found(realm: Realm, request: HttpRequest) -> tuple[int, Mapping[str, Any] | None]:
    named = _path(request.path.decode("latin-1"))
    if named is None:
        raise ScimError(404, "There is nothing at this address.")
    await realm.store.refresh(request.arrived)
    tenant, noun, id = named[1], named[2], unquote(named[3]) if named[3] else None
    try:
        text = token_of(request.header(b"authorization") or "") or ""
        center, token = await bearer(realm, tenant, text, request.client_ip, now())
    except ScimError:
        realm.strangers.take(request.client_ip)
        raise
    if noun in _DESCRIBED and request.method == "GET":
        return 200, _described(noun, id)
    query = dict(parse_qsl(request.query.decode("latin-1")))
    if request.method == "GET" and id is None:
        name, find, view = _LISTS[noun]
        asked = Request(center, now(), query)
        found, first, most = find(asked), *_bounds(query)
        shown = [view(asked, each) for each in found[first : first + most]]
        realm.store.append_event(_event(request, center, token, name, {}, reads=True))
        counted = {"totalResults": len(found), "itemsPerPage": len(shown), "startIndex": first + 1}
        return 200, {"schemas": [_LIST], **counted, "Resources": shown}
    work = _WORK.get((request.method, noun, id is not None))
    if work is None:
        raise ScimError(405, "This is not supported.")
    return await _done(realm, request, center, token, id, query, work)


def _described(noun: str, id: str | None) -> Mapping[str, Any]:
    """What there is to know of this service, or one schema."""
    if id is None:
        return _DESCRIBED[noun]
    if noun != "Schemas" or id not in SCHEMAS:
        raise not_found(noun, id)
    return SCHEMAS[id]


async def _done(
    realm: Realm,
    request: HttpRequest,
    center: Center,
    token: ScimToken,
    id: str | None,
    query: Mapping[str, str],
    work: tuple[str, int, Work],
) -> tuple[int, Mapping[str, Any] | None]:
    """Read or change one resource, and record it."""
    name, status, function = work
    body = documents.read(request.body) if request.method in ("POST", "PUT", "PATCH") else {}
    given = () if id is None else (id,)
    reads, told_id = request.method == "GET", {} if id is None else {"id": id}
    if reads:
        found = function(Request(center, now(), query, body), *given)
        realm.store.append_event(_event(request, center, token, name, told_id, reads=True))
        return status, found

    def change(transaction: Change) -> dict[str, Any] | None:
        here, _ = entitled(transaction.records(token.account_id), center.instance.store_id, token.id, now())
        outcome = function(Request(here, now(), query, body), *given)
        about = told_id or {"id": (outcome or {}).get("id", "")}
        transaction.event(_event(request, center, token, name, about, reads=False))
        return outcome

    return status, await realm.store.write(change)


def _bounds(query: Mapping[str, str]) -> tuple[int, int]:
    """Behind how many a page of a list begins, and how many it has (RFC 7644, 3.4.2.4): `startIndex` counts from 1."""
    start, count = (_number(query, name, usual) for name, usual in (("startIndex", 1), ("count", _USUAL)))
    return max(start, 1) - 1, min(max(count, 0), _MOST)


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise invalid(f"{name} is a number.")
    return int(text)


def _event(
    request: HttpRequest, center: Center, token: ScimToken, name: str, told: Mapping[str, str], *, reads: bool
) -> ApiEvent:
    """https://docs.aws.amazon.com/singlesignon/latest/userguide/scim-logging-using-cloudtrail.html"""
    instance = center.instance
    return ApiEvent(
        account_id=instance.account_id,
        time=now(),
        source="identitystore-scim.amazonaws.com",
        name=name,
        region=instance.region,
        request_id=new_uuid(),
        read_only=reads,
        who=Identity("WebIdentityUser", account_id=instance.account_id, access_key_id=token.id),
        client_ip=request.client_ip,
        agent=request.header(b"user-agent") or "",
        secure_host=request.header(b"host") if request.secure else None,
        disclosed={"tenantId": instance.store_id, **told},
    )
