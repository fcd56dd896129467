"""`iamd identity`."""

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from iamd.caller.passwords import hashed
from iamd.caller.saml.metadata import MalformedMetadata
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, event, in_account
from iamd.services.access_portal.external import endpoint, only_issuer, since, source_of
from iamd.services.access_portal.passwords import link_for, one_time_password, put
from iamd.services.scim.tokens import MOST, TooMany, new_token
from iamd.store import Change, Store
from iamd.store.image import Records
from iamd.store.kinds.access_portal import IdentitySource, ScimToken
from iamd.store.kinds.identity_center import IDENTITY_CENTERS, IdentityCenter
from iamd.store.kinds.identity_store import StoreUser

_URL = "http://127.0.0.1:4500"
_ACTIONS = {
    "set-password": "let a person in: NAME is a user",
    "create-scim-token": "make a token for an identity provider",
    "list-scim-tokens": "list the tokens",
    "delete-scim-token": "end a token: NAME is its id",
    "set-saml-provider": "let an identity provider sign people in: NAME is a file with its metadata",
    "delete-saml-provider": "let people sign in with passwords again",
}
_NAMED = ("set-password", "delete-scim-token", "set-saml-provider")


@dataclass(frozen=True, slots=True)
class _Given:
    """What a person signs in with: a password, or a link that sets one."""

    user: str
    portal: str
    password: str | None
    link: str | None
    removed: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, for whom, and where the data are."""
    told = "; ".join(f"{action}: {what}" for action, what in _ACTIONS.items())
    parser.add_argument("action", choices=[*_ACTIONS], help=told)
    parser.add_argument("name", metavar="NAME", nargs="?", help="a user of IAM Identity Center, a token's id, a file")
    parser.add_argument("--link", action="store_true", help="make a link by which the person sets a password")
    parser.add_argument("--url", default=_URL, help=f"where people reach the server; default: {_URL}")
    parser.add_argument("--forget-mfa", action="store_true", help="take the person's authenticator apps away as well")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Do it, also while the server runs."""
    if (args.name is None) is (args.action in _NAMED):
        raise Failure(f"{args.action} takes {'a NAME' if args.name is None else 'no NAME'}")
    match args.action:
        case "set-password":
            return _set_password(args)
        case "create-scim-token":
            return _create_token(args)
        case "list-scim-tokens":
            return _list_tokens(args)
        case "delete-scim-token":
            return _delete_token(args)
    return _set_source(args)


def _set_password(args: argparse.Namespace) -> int:
    """A password for one time, or a link, good once and for a week."""
    password = None if args.link else one_time_password()
    stored = None if password is None else hashed(password)

    async def run(store: Store, account_id: str) -> _Given:
        return await store.write(lambda change: _give(change, store, account_id, args, password, stored))

    given = in_account(args, run, IDENTITY_CENTERS)
    if args.json:
        told = {"user": given.user, "portal": given.portal, "password": given.password, "link": given.link}
        print(json.dumps({**told, "removedDevices": given.removed}))
        return 0
    if given.link is not None:
        print(f"{given.user} sets a password, once, within a week, at\n    {given.link}")
    else:
        print(f"{given.user} signs in at {given.portal} with this password, and sets another one there:")
        print(f"    {given.password}")
    if args.forget_mfa:
        print(f"Authenticator apps that were taken away: {', '.join(given.removed) or 'none'}.")
    return 0


def _give(
    change: Change, store: Store, account_id: str, args: argparse.Namespace, password: str | None, stored: str | None
) -> _Given:
    records, now = change.records(account_id), datetime.now(UTC).replace(microsecond=0)
    center = records.identity_centers.get(account_id)
    user: StoreUser | None = records.store_users.named(args.name)
    if center is None or user is None:
        raise Failure(f"account {account_id} has no user {args.name} of IAM Identity Center")
    base = args.url.rstrip("/")
    removed = _forget_devices(records, user) if args.forget_mfa else []
    link = None
    if stored is None:
        link = f"{base}/start/password?link={link_for(store.sealer, records, user, now)}"
    else:
        put(records, user, stored, now, is_one_time=True)
    details = {"userName": user.name, "by": "password" if link is None else "link", "removedDevices": removed}
    change.event(event(account_id, "SetPortalPassword", "iamd identity set-password", now, details))
    return _Given(user.name, f"{base}/start/{center.store_id}", password, link, removed)


def _forget_devices(records: Records, user: StoreUser) -> list[str]:
    devices = list(records.portal_devices.where("user", user.id))
    for device in devices:
        records.portal_devices.remove(device)
    return [device.name for device in devices]


def _create_token(args: argparse.Namespace) -> int:
    """A token that is told once."""

    async def run(store: Store, account_id: str) -> tuple[ScimToken, str, str]:
        def work(change: Change) -> tuple[ScimToken, str, str]:
            records, now = change.records(account_id), datetime.now(UTC).replace(microsecond=0)
            center = records.identity_centers.get(account_id)
            if center is None:
                raise Failure(f"account {account_id} has no instance of IAM Identity Center")
            try:
                token, text = new_token(store.sealer, records, now)
            except TooMany:
                raise Failure(f"there are {MOST} tokens already: delete one") from None
            done = event(account_id, "CreateScimToken", "iamd identity create-scim-token", now, {"id": token.id})
            change.event(done)
            return token, text, center.store_id

        return await store.write(work)

    token, text, store_id = in_account(args, run, IDENTITY_CENTERS)
    endpoint = f"{args.url.rstrip('/')}/{store_id}/scim/v2/"
    if args.json:
        print(json.dumps({"id": token.id, "endpoint": endpoint, "token": text, "expires": token.expires.isoformat()}))
    else:
        print(f"SCIM endpoint  {endpoint}\nAccess token   {text}")
        print(f"The token, {token.id}, is not shown again. It expires on {token.expires.date()}.")
    return 0


def _list_tokens(args: argparse.Namespace) -> int:
    async def run(store: Store, account_id: str) -> list[ScimToken]:
        return list((await store.load(account_id)).scim_tokens)

    tokens = in_account(args, run, IDENTITY_CENTERS)
    if args.json:
        print(json.dumps([{"id": token.id, "expires": token.expires.isoformat()} for token in tokens]))
    else:
        print("\n".join(f"{each.id}  expires {each.expires.date()}" for each in tokens) or "There is no token.")
    return 0


def _delete_token(args: argparse.Namespace) -> int:
    """What an identity provider sends with the token is refused from now on."""

    async def run(store: Store, account_id: str) -> None:
        def work(change: Change) -> None:
            tokens = change.records(account_id).scim_tokens
            token: ScimToken | None = tokens.get(args.name)
            if token is None:
                raise Failure(f"account {account_id} has no token {args.name}")
            tokens.remove(token)
            now, details = datetime.now(UTC), {"id": token.id}
            change.event(event(account_id, "DeleteScimToken", "iamd identity delete-scim-token", now, details))

        await store.write(work)

    in_account(args, run, IDENTITY_CENTERS)
    print(json.dumps({"id": args.name}) if args.json else f"{args.name} is deleted.")
    return 0


def _set_source(args: argparse.Namespace) -> int:
    """Who vouches for people: an identity provider, or nobody but themselves. Who came the other way is signed out."""
    metadata = None if args.name is None else _metadata(Path(args.name))

    async def run(store: Store, account_id: str) -> IdentityCenter:
        def work(change: Change) -> IdentityCenter:
            records, now = change.records(account_id), datetime.now(UTC).replace(microsecond=0)
            center: IdentityCenter | None = records.identity_centers.get(account_id)
            if center is None:
                raise Failure(f"account {account_id} has no instance of IAM Identity Center")
            before = source_of(records)
            if before is not None:
                records.identity_sources.remove(before)
            if metadata is not None:
                records.identity_sources.add(IdentitySource(account_id, metadata, since(before, metadata, now)))
            name = "DeleteSamlProvider" if metadata is None else "SetSamlProvider"
            change.event(event(account_id, name, f"iamd identity {args.action}", now, {}))
            return center

        return await store.write(work)

    own = endpoint(args.url, in_account(args, run, IDENTITY_CENTERS))
    if args.json:
        print(json.dumps({"endpoint": own, "provider": metadata is not None}))
    elif metadata is None:
        print("People sign in with their passwords.")
    else:
        print(f"People sign in at the identity provider, which sends them to\n    {own}")
        print("That is the name of the service provider (entity ID), too, and its metadata are there.")
    return 0


def _metadata(file: Path) -> str:
    try:
        text = file.read_text()
        if only_issuer(text) is None:
            raise Failure(
                f"{file} must describe one identity provider, its certificate and where to redirect people to"
            )
    except (OSError, UnicodeDecodeError, MalformedMetadata) as error:
        raise Failure(f"{file} holds no SAML metadata: {error or 'it is malformed'}") from None
    return text
