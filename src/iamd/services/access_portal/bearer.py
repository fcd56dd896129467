"""Who calls the portal's API: the access token of a program, as CreateToken issued it."""

from __future__ import annotations

from typing import NamedTuple

from iamd.services.access_portal import people, sessions
from iamd.services.access_portal.grants import Access
from iamd.services.call import PublicCall
from iamd.services.sso_oidc.api import ACCOUNT_ACCESS
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalSession
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser
from iamd.wire.oidc_errors import UnauthorizedException


class Bearer(NamedTuple):
    """A person for whom a program calls; `records` are those of the account that owns the instance."""

    center: IdentityCenter
    user: StoreUser
    session: PortalSession
    records: Records


async def bearer_of(call: PublicCall, access_token: str) -> Bearer:
    """Whose token it is: whose session goes on, and who is still there. Raises UnauthorizedException for all others."""
    store = call.realm.store
    access = Access.opened(call.realm.sealer, access_token)
    if access is None or access.expires <= call.now.timestamp() or not store.has_account(access.account_id):
        raise UnauthorizedException()
    records = store.records(access.account_id) or await store.load(access.account_id)
    session = sessions.going_on(records, access.session_id, call.now)
    # A program of before scopes has none, and may all that there was.
    if session is None or (session.scopes and ACCOUNT_ACCESS not in session.scopes):
        raise UnauthorizedException()
    user = people.present(records, people.person_of(session))
    center = records.identity_centers.get(access.account_id)
    if user is None or center is None:
        raise UnauthorizedException()
    return Bearer(center, user, session, records)
