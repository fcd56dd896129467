"""`POST /sessions`: CreateSession of IAM Roles Anywhere, whose requests are signed with certificates' keys and so stay
outside the chain."""

from __future__ import annotations

from iamd.audit.ids import new_uuid
from iamd.server.clock import now
from iamd.server.telemetry import log
from iamd.services.call import Realm
from iamd.services.rolesanywhere.sessions import create_session
from iamd.store.errors import NoAccount, StoreError
from iamd.wire import rest_json
from iamd.wire.errors import AwsError, InternalFailure, ServiceUnavailable
from iamd.wire.http import Answer, HttpRequest
from iamd.wire.query_json import encode

_SCHEME = "AWS4-X509-"


def is_for_certificates(request: HttpRequest) -> bool:
    """Whether a request is signed with a certificate's key, or says so."""
    if request.path != b"/sessions" or request.method != "POST":  # asked first: it is asked of every request
        return False
    return (request.header(b"authorization") or "").startswith(_SCHEME)


async def answer(realm: Realm, request: HttpRequest) -> Answer:
    """Open a session, or refuse it."""
    headers = [(b"x-amzn-requestid", new_uuid().encode()), (b"content-type", b"application/json")]
    try:
        realm.strangers.take(request.client_ip)
        session = await create_session(realm, request, now())
        realm.strangers.give_back(request.client_ip)
        return Answer(201, headers, encode(session))
    except AwsError as error:
        refusal: AwsError = error
    except (StoreError, NoAccount):
        log.error("the store failed", exc_info=True)
        refusal = ServiceUnavailable()
    except Exception:
        log.error("a session for a certificate failed", exc_info=True)
        refusal = InternalFailure()
    status, code, body = rest_json.error(refusal)
    return Answer(status, [*headers, *refusal.headers, (b"x-amzn-errortype", code.encode())], body)
