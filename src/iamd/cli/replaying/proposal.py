"""The accounts of a data directory with a change carried out in memory; nothing of it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.caller.tokens import TokenKeys
from iamd.cli import Failure
from iamd.cli.access.accounts import Accounts
from iamd.cli.access.surroundings import surroundings
from iamd.cli.replaying.changeset import Changeset, Step
from iamd.services.call import Call, Realm
from iamd.services.iam.callers import root_of
from iamd.services.invocation import given
from iamd.store import Records, Store
from iamd.store.change import Change, NotLoaded
from iamd.wire import validate
from iamd.wire.errors import AwsError


def propose(store: Store, records: dict[str, Records], changeset: Changeset) -> None:
    """Carry the steps out on those records, the store's own, which nobody may commit. Raises Failure."""
    realm = Realm(store, store.sealer, TokenKeys(store.keyring.token_keys))
    for step in changeset.steps:
        try:
            _carry_out(realm, records, step)
        except AwsError as error:
            raise Failure(f"{changeset.file}:{step.line}: {step.operation.name}: {error.message}") from None
        except NotLoaded as missing:
            raise Failure(f"{changeset.file}:{step.line}: there is no account {missing.account_id}") from None


def _carry_out(realm: Realm, records: dict[str, Records], step: Step) -> None:
    change = Change(records.get)
    account_id = _account(records, step)
    params = _named(records[account_id], step)
    validate.check(step.operation.model, params)
    call = Call(
        operation=step.operation,
        realm=realm,
        caller=root_of(records[account_id]),
        records=change.records(account_id),
        params=params,
        now=datetime.now(UTC).replace(microsecond=0),
        request_id=new_uuid(),
        change=change,
    )
    operation = step.operation
    target = operation.resolver(call, **given(call.params, operation.resolver_members))
    if target.missing is not None:
        raise target.missing
    operation.handler(call, target.value, **given(call.params, operation.handler_members))
    change.take()


def _account(records: dict[str, Records], step: Step) -> str:
    """Whose root user makes a call; raises Failure."""
    chosen = step.account_id
    if chosen is None:
        managing = [each.account_id for each in records.values() if each.organizations]
        fitting = managing if step.operation.service == "organizations" else list(records)
        if len(fitting) != 1:
            raise Failure(f"{step.operation.name}: name its account, one of {', '.join(fitting) or 'none'}")
        return fitting[0]
    if chosen not in records:
        raise Failure(f"{step.operation.name}: there is no account {chosen}")
    return chosen


def _named(records: Records, step: Step) -> dict[str, Any]:
    """The parameters, with an organization's policy by its id where it was given by its name: that of a new one is not
    known beforehand."""
    params = dict(step.params)
    if step.operation.service == "organizations" and not str(params.get("policy_id", "p-")).startswith("p-"):
        found = [each.id for each in records.organization_policies if each.name == params["policy_id"]]
        if len(found) != 1:
            raise Failure(f"{step.operation.name}: {len(found)} policies are called {params['policy_id']}")
        params["policy_id"] = found[0]
    return params


def surrounded(accounts: Accounts, changeset: Changeset) -> Accounts:
    """The accounts with what the changeset puts in the place of what was imported beside them. Raises Failure."""
    if not changeset.surroundings:
        return accounts
    if len(accounts.records) != 1:
        raise Failure(f"{changeset.file}: control policies of imported accounts can be exchanged for one account only")
    (account_id, present), named = next(iter(accounts.surroundings.items())), changeset.surroundings
    read = surroundings(dict(named), str(changeset.file))
    made = replace(
        present,
        scps=read.scps if "serviceControlPolicies" in named else present.scps,
        rcps=read.rcps if "resourceControlPolicies" in named else present.rcps,
        resources={**present.resources, **read.resources},
    )
    return replace(accounts, surroundings={account_id: made})
