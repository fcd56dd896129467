"""`iamd import`."""

import argparse
import asyncio
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.cli import Failure
from iamd.cli.access.details import Details, read_details
from iamd.cli.access.surroundings import file_of, read_json, surroundings
from iamd.cli.arguments import settings
from iamd.cli.place import Place, add_place, place
from iamd.server.bootstrap import Root, new_root
from iamd.settings import Settings
from iamd.store import Change, Store, StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is imported, what bears on it from outside, and where the data go."""
    parser.add_argument("form", choices=["aws-authorization-details"], help="what the file is")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="what `aws iam get-account-authorization-details` prints"
    )
    for flag, what in (
        ("--service-control-policies", "its organization's SCPs: a list of {target, policies}, root first"),
        ("--resource-control-policies", "its organization's RCPs, likewise"),
        ("--resource-policies", "policies of its resources: an object of documents by ARN"),
    ):
        parser.add_argument(flag, type=Path, metavar="FILE", help=what)
    parser.add_argument("--management-account", metavar="ID", help="the organization's management account")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Put the account into the data directory, which is made where there is none."""
    details = read_details(read_json(args.file))
    around = _surroundings(args)
    chosen, where = settings(args), place(args)
    try:
        root = asyncio.run(_import(chosen, where, details, around))
    except (StoreError, OSError) as error:
        raise Failure(str(error)) from error
    told = {"account": details.account_id, "records": len(details.records), "rootAccessKeyId": root.key.id}
    if args.json:
        secret = {"rootSecretAccessKey": root.secret} if root.secret else {}
        print(json.dumps({**told, **secret, "unknownPolicies": details.strangers, "otherVersions": details.others}))
    else:
        _write(details, root)
    return 0


def _surroundings(args: argparse.Namespace) -> dict[str, Any]:
    """The files that come with it, checked, as one object."""
    files = {
        "serviceControlPolicies": args.service_control_policies,
        "resourceControlPolicies": args.resource_control_policies,
        "resourcePolicies": args.resource_policies,
    }
    found: dict[str, Any] = {}
    for name, file in files.items():
        if file is not None:
            found[name] = read_json(file)
            surroundings({name: found[name]}, str(file))
    if args.management_account:
        found["managementAccount"] = args.management_account
    return found


async def _import(chosen: Settings, where: Place, details: Details, around: dict[str, Any]) -> Root:
    store = where.store() if where.server else Store.open_sqlite(chosen.data_dir, chosen.master_key_file)
    try:
        await store.start()
        if store.has_account(details.account_id):
            raise Failure(f"account {details.account_id} is there already: choose another --data-dir")
        now = datetime.now(UTC).replace(microsecond=0)
        root = new_root(dataclasses.replace(chosen, account_id=details.account_id), store.sealer, now)
        _keep(file_of(chosen.data_dir, details.account_id), around)  # first, or the account would be less bound
        await store.write(lambda change: _create(change, details, root, now))
        return root
    finally:
        await store.close()


def _create(change: Change, details: Details, root: Root, now: datetime) -> None:
    records = change.create(details.account_id)
    records.accounts.add(root.account)
    records.access_keys.add(root.key)
    details.put(records)
    change.event(
        ApiEvent(
            account_id=details.account_id,
            time=now,
            source="iam.amazonaws.com",
            name="ImportAccount",
            region="us-east-1",
            request_id=new_uuid(),
            read_only=False,
            who=Identity(type="Unknown", invoked_by="iamd import"),
        )
    )


def _keep(file: Path, around: dict[str, Any]) -> None:
    """Write what bears on the account from outside beside the database, all or nothing."""
    if not around:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(mode=0o700, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(around, indent=1), encoding="utf-8")
    new.replace(file)


def _write(details: Details, root: Root) -> None:
    print(f"account {details.account_id}: {len(details.records)} records imported")
    for arn in details.strangers:
        print(f"{arn} is not in the reference: here it allows nothing")
    for arn in details.others:
        print(f"{arn} has another version in the reference")
    if root.secret:
        print("Its root user's credentials here, shown this once:")
        print(f"  export AWS_ACCESS_KEY_ID={root.key.id}\n  export AWS_SECRET_ACCESS_KEY={root.secret}")
