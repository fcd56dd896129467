"""The access portal's API: what people have been given, and credentials for it.

https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html. Whoever brings a good token is answered;
what a person may do is what has been assigned, and for credentials the role's trust policy besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamd.audit import ApiEvent
from iamd.services.access_portal import sessions
from iamd.services.access_portal.assignments import accounts_of, assigned
from iamd.services.access_portal.bearer import Bearer, bearer_of
from iamd.services.access_portal.events import api_event
from iamd.services.access_portal.people import identity
from iamd.services.access_portal.roles import credentials
from iamd.services.call import PublicCall, Reply
from iamd.services.paging import part_of
from iamd.services.sso.api import sso
from iamd.store.change import Change
from iamd.wire.errors import AwsError
from iamd.wire.oidc_errors import ForbiddenException, InvalidRequest

_PAGE = 100


@sso.public
async def list_accounts(
    call: PublicCall, *, access_token: str, next_token: str | None = None, max_results: int = _PAGE
) -> Reply:
    """List the accounts that the person has been given."""
    bearer = await bearer_of(call, access_token)
    accounts = await accounts_of(call.realm, bearer.records, bearer.user.id)
    shown, following = _page([account.id for account in accounts], next_token, max_results)
    _record(call, bearer, "ListAccounts")
    told = {account.id: account for account in accounts}
    return {
        "nextToken": following,
        "accountList": [
            {"accountId": id, "accountName": told[id].name, "emailAddress": told[id].email or None} for id in shown
        ],
    }


@sso.public
async def list_account_roles(
    call: PublicCall,
    *,
    access_token: str,
    account_id: str,
    next_token: str | None = None,
    max_results: int = _PAGE,
) -> Reply:
    """List what the person has been given in an account: the permission sets' names."""
    bearer = await bearer_of(call, access_token)
    roles = assigned(bearer.records, bearer.user.id).get(account_id)
    if roles is None:
        raise _refused(call, bearer, "ListAccountRoles", ForbiddenException(), account_id=account_id)
    shown, following = _page(roles, next_token, max_results)
    _record(call, bearer, "ListAccountRoles", account_id=account_id)
    return {"nextToken": following, "roleList": [{"roleName": name, "accountId": account_id} for name in shown]}


@sso.public
async def get_role_credentials(call: PublicCall, *, role_name: str, account_id: str, access_token: str) -> Reply:
    """Issue credentials of a permission set's role in an account, for as long as the set says."""
    bearer = await bearer_of(call, access_token)
    try:
        given = await credentials(call, bearer, account_id, role_name)
    except ForbiddenException as error:
        raise _refused(call, bearer, "GetRoleCredentials", error, role_name=role_name, account_id=account_id) from None
    _record(call, bearer, "GetRoleCredentials", role_name=role_name, account_id=account_id)
    return {
        "roleCredentials": {
            "accessKeyId": given["AccessKeyId"],
            "secretAccessKey": given["SecretAccessKey"],
            "sessionToken": given["SessionToken"],
            "expiration": int(given["Expiration"].timestamp()) * 1000,
        }
    }


@sso.public
async def logout(call: PublicCall, *, access_token: str) -> None:
    """End the program's session: its tokens are good for nothing any more. Credentials of roles last."""
    bearer = await bearer_of(call, access_token)

    def work(change: Change) -> None:
        records = change.records(bearer.center.account_id)
        session = sessions.going_on(records, bearer.session.id, call.now)
        if session is not None:
            sessions.end(records, session, call.now)
        change.event(_event(call, bearer, "Logout", {}, reads=False))

    await call.realm.store.write(work)


def _page(names: Iterable[str], next_token: str | None, limit: int) -> tuple[Sequence[str], str | None]:
    """Names behind that of the token, and the token for those that are left."""
    refusal = InvalidRequest("nextToken is not one that an answer carried.")
    return part_of(names, lambda name: name, next_token, limit, refusal)


def _record(call: PublicCall, bearer: Bearer, name: str, **told: str) -> None:
    call.realm.store.append_event(_event(call, bearer, name, told, reads=True))


def _refused(call: PublicCall, bearer: Bearer, name: str, error: AwsError, **told: str) -> AwsError:
    """The error, recorded."""
    call.realm.store.append_event(_event(call, bearer, name, told, reads=True, error=error))
    return error


def _event(
    call: PublicCall,
    bearer: Bearer,
    name: str,
    told: dict[str, str],
    *,
    reads: bool,
    error: AwsError | None = None,
) -> ApiEvent:
    who = identity(bearer.center, bearer.user.id, bearer.session.id)
    return api_event(call, bearer.center, name, who, told, reads=reads, error=error)
