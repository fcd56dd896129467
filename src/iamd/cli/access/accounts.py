"""The principals of a data directory's accounts, with the policies that bear on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from iamd.analysis.access import Holder, Reach
from iamd.caller.caller import Caller, CallerKind
from iamd.cli import Failure
from iamd.cli.access.moments import Moment, images
from iamd.cli.access.surroundings import Surroundings, load_surroundings
from iamd.cli.place import Place, in_store
from iamd.guard.gather import take
from iamd.guard.organizations import Standing
from iamd.guard.organizations import take as stand
from iamd.policy import Attached, Kind, load
from iamd.policy.arns import account_of
from iamd.services.iam.callers import root_of
from iamd.services.iam.trust import rendered
from iamd.store import Records
from iamd.store.records import Role, User


@dataclass(slots=True)
class Accounts:
    """Every account of a data directory, as it is or was. What was imported beside it is as it is."""

    records: Mapping[str, Records]
    surroundings: Mapping[str, Surroundings]
    trusts: Mapping[str, Attached]  # of roles, by ARN

    def holders(self, owner_id: str | None = None) -> Iterator[Holder]:
        """Every principal: root users, users, roles; under the resource control policies of the owner of what is asked
        about (None: their own account)."""
        for records in self.records.values():
            callers = [root_of(records), *map(_user, records.users.sorted()), *map(_role, records.roles.sorted())]
            for caller in callers:
                yield self._holder(caller, records, owner_id)

    def count(self) -> int:
        """How many principals there are."""
        return sum(1 + len(records.users) + len(records.roles) for records in self.records.values())

    def holder(self, name: str, owner_id: str | None = None) -> Holder:
        """The principal of an ARN, or of a user's or role's name that only one has, as for `holders`; raises Failure."""
        return self._holder(*self.caller(name), owner_id)

    def caller(self, name: str, members: Collection[str] | None = None) -> tuple[Caller, Records]:
        """Who has that ARN, or is the only user or role of that name, in the accounts `members` (None: in any), and the
        records of the account; raises Failure."""
        found: list[tuple[Caller, Records]] = []
        for account_id, records in self.records.items():
            if members is not None and account_id not in members:
                continue
            user, role = (kind.named(name.rpartition("/")[2]) for kind in (records.users, records.roles))
            callers = [root_of(records), *([_user(user)] if user else []), *([_role(role)] if role else [])]
            found += [(caller, records) for caller in callers if name in (caller.arn, caller.name)]
        if not found:
            raise Failure(f"there is no principal {name}")
        if len(found) > 1:
            raise Failure(f"which one? {', '.join(sorted(caller.arn for caller, _ in found))}")
        return found[0]

    def within(self, members: Collection[str]) -> Accounts:
        """The same accounts, where resources' policies are known of these alone."""
        around = {account_id: each for account_id, each in self.surroundings.items() if account_id in members}
        trusts = {arn: each for arn, each in self.trusts.items() if account_of(arn) in members}
        return dataclasses.replace(self, surroundings=around, trusts=trusts)

    def policy_of(self, resource: str) -> Attached | None:
        """The policy of a resource, where it is known: a role's trust policy, a bucket's for its objects, or its own."""
        bucket = resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else resource
        for each in self.surroundings.values():
            found = each.resources.get(resource) or each.resources.get(bucket)
            if found is not None:
                return found
        return self.trusts.get(resource)

    def policies(self) -> dict[str, Attached]:
        """The policies of resources, as far as they are known, by ARN: of roles, and of what was imported."""
        found = dict(self.trusts)
        for each in self.surroundings.values():
            found |= each.resources
        return found

    def owner_of(self, resource: str) -> str | None:
        """The account of a resource whose ARN names none, as far as its policy's place or a lone account tells."""
        if account_of(resource) is not None:
            return None
        policy = self.policy_of(resource)
        for account_id, each in self.surroundings.items():
            if policy is not None and policy in each.resources.values():
                return account_id
        return next(iter(self.records)) if len(self.records) == 1 else None

    def reach(self, context: Mapping[str, str | tuple[str, ...]], resource: str | None) -> Reach:
        """Where permissions are looked for: on one resource, or wherever policies point."""
        policies = self.policies()
        if resource is not None:
            found = self.policy_of(resource)
            policies = {} if found is None else {resource: found}
        named = policies if resource is None else (resource,)
        owners = {arn: owner for arn in named if (owner := self.owner_of(arn)) is not None}
        return Reach(policies, owners, context, resource)

    def _holder(self, caller: Caller, records: Records, owner_id: str | None) -> Holder:
        standing, owner = self.standing(records.account_id), self.standing(owner_id or records.account_id)
        snapshot = take(caller, records, standing)
        if standing is None and owner is None:
            around = self.surroundings[records.account_id]
            layers = dataclasses.replace(
                snapshot.layers,
                scps=around.scps,
                rcps=around.rcps,
                management_account=around.management_account,
                plans={},
            )
        else:  # in an organization of this server, which knows better than what was once imported
            layers = snapshot.layers if owner is None else snapshot.towards(owner)
        context = {key: value for key, value in snapshot.context.items() if value}
        return Holder(snapshot.principal, layers, context)

    def standing(self, account_id: str) -> Standing | None:
        """An account's place in its organization; None when it is in none, or not there."""
        records = self.records.get(account_id)
        management_id = None if records is None else records.account.organization
        return None if management_id is None else stand(account_id, self.records[management_id])


def _user(user: User) -> Caller:
    return Caller(CallerKind.USER, user.account_id, user.id, user.name, user.arn, user.arn, user.id, "")


def _role(role: Role) -> Caller:
    # `aws:userid` has the session's name in it, which nobody knows beforehand.
    return Caller(CallerKind.ROLE, role.account_id, role.id, role.name, role.arn, role.arn, "", "")


def load_accounts(place: Place, at: Moment | None = None) -> Accounts:
    """Every account of a database, as it was then (None: as it is); raises Failure. The database may be in use."""
    return assembled(in_store(place, lambda store: images(store, at)), place.data_dir)


def assembled(records: Mapping[str, Records], data_dir: Path) -> Accounts:
    """Those accounts with what was imported beside them; raises Failure."""
    estate = _Estate(records)
    trusts = {
        role.arn: Attached(role.arn, load(rendered(role, estate), Kind.TRUST))
        for each in records.values()
        for role in each.roles
    }
    return Accounts(records, {each: load_surroundings(data_dir, each) for each in records}, trusts)


@dataclass(frozen=True, slots=True)
class _Estate:
    images: Mapping[str, Records]

    def records(self, account_id: str) -> Records | None:
        return self.images.get(account_id)
