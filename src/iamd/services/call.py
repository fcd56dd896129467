"""One call of one operation: who calls, with what, on which records, under which circumstances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from iamd.caller.attempts import Attempts
from iamd.caller.caller import Caller
from iamd.caller.ids import unique_id
from iamd.caller.issuers import Issuers
from iamd.caller.outgoing import Outgoing
from iamd.caller.passwords import Lockout
from iamd.caller.strangers import Strangers
from iamd.guard.ask import Ask
from iamd.guard.gather import Snapshots
from iamd.guard.organizations import Standing, Standings
from iamd.guard.snapshot import Snapshot
from iamd.services.forwarding import Forwarding
from iamd.services.iam.quotas import Quotas
from iamd.services.known_resources import Inventory, KnownResources
from iamd.services.throttle import Throttle
from iamd.store.image import Records
from iamd.wire.errors import ServiceUnavailable

if TYPE_CHECKING:
    from iamd.audit.hindsight import Hindsight
    from iamd.audit.lake.files import Lake
    from iamd.caller.tokens import TokenKeys
    from iamd.services.registry import Operation
    from iamd.store.change import Change
    from iamd.store.sealing import Sealer
    from iamd.store.store import Store

Reply = Mapping[str, Any]


class Cold(Exception):
    """The records of an account are needed that are not in memory; load them and call again."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id


@dataclass(slots=True)
class Realm:
    """What all calls to one server share. `renews_reports`: a credential report is made anew whenever it is asked for.

    `throttle` is None where calls may come as fast as they like; `sign_in_urls` are the endpoints, besides AWS's, that
    SAML responses may be addressed to; `public_url` is where others reach this server, None where nobody said.
    """

    store: Store
    sealer: Sealer
    tokens: TokenKeys
    snapshots: Snapshots = field(default_factory=Snapshots)
    standings: Standings = field(default_factory=Standings)
    attempts: Attempts = field(default_factory=Attempts)
    lockout: Lockout = field(default_factory=Lockout)
    portal_session: timedelta = timedelta(hours=8)  # for which people stay signed in at the access portal
    issuers: Issuers = field(default_factory=lambda: Issuers(Outgoing()))
    renews_reports: bool = False
    throttle: Throttle | None = None
    strangers: Strangers = field(default_factory=Strangers)
    quotas: Quotas = field(default_factory=Quotas)
    sign_in_urls: tuple[str, ...] = ()
    public_url: str | None = None
    delivers_trails: bool = False  # there is a place for the buckets of trails
    lake: Lake | None = None  # where event data stores are, if there can be any
    hindsight: Hindsight | None = None  # where there is a data directory whose past can be asked about
    region: str = "us-east-1"  # that the server says it is in
    resources: KnownResources | None = None  # of other services, if it can look at any
    forwarding: Forwarding | None = None  # where there is a gateway
    inventories: tuple[Inventory, ...] = ()  # that know which there are; what the first say counts

    def records(self, account_id: str) -> Records | None:
        """The records of an account; None when this server has no such account; raises Cold when not in memory."""
        records = self.store.records(account_id)
        if records is None and self.store.has_account(account_id):
            raise Cold(account_id)
        return records

    def standing(self, account_id: str) -> Standing | None:
        """An account's standing in its organization; None when it is in none or no account of this server. Raises
        Cold when the management account is not in memory."""
        management_id = self.store.organization_of(account_id)
        return None if management_id is None else self.standing_under(management_id, account_id)

    def standing_under(self, management_id: str, account_id: str) -> Standing:
        """The standing of an account in the organization of that management account. Raises Cold."""
        management = self.records(management_id)
        if management is None:
            raise ServiceUnavailable()
        return self.standings.of(account_id, management)


class Admitted(msgspec.Struct, frozen=True):
    """Whom an operation without signature admits; the operation finds the `evidence` as `call.prepared`. `disclosed` is
    what the trail tells of it, by CloudTrail's names, in place of the inputs that are secret."""

    caller: Caller
    evidence: Any
    disclosed: Mapping[str, Any] = {}


class PublicCall(msgspec.Struct, frozen=True):
    """A call of an operation that nobody's policies are asked about, as the operation sees it: see `Api.public`. `now` is
    in UTC, to the second; `host` is what the client calls this server."""

    realm: Realm
    now: datetime
    request_id: str
    client_ip: str = ""
    agent: str = ""
    host: str = ""
    secure: bool = False
    region: str = "us-east-1"


class Call(msgspec.Struct):
    """A call as resolvers and operations see it. `records` are those of the caller's account; `now` is in UTC, to the
    second, the same for the whole call; `params` are the validated inputs by snake-case name; `prepared` is what the
    operation's preparation returned, or the evidence of its admission."""

    operation: Operation
    realm: Realm
    caller: Caller
    records: Records
    params: Mapping[str, Any]
    now: datetime
    request_id: str
    client_ip: str = ""
    secure: bool = False
    agent: str = ""
    region: str = "us-east-1"
    prepared: Any = None
    change: Change | None = None  # where the operation changes records
    shared_with: str | None = None  # the account, besides the caller's, whose trail the call is in, too
    asked: list[Ask] = []  # what has been decided, in order; the last one refused where the call was denied

    @property
    def account_id(self) -> str:
        return self.caller.account_id

    def snapshot(self) -> Snapshot:
        """The caller's policies and condition keys, as they are now."""
        return self.realm.snapshots.of(self.caller, self.records, self.standing(self.caller.account_id))

    def standing(self, account_id: str) -> Standing | None:
        """An account's standing in its organization, or None."""
        if account_id != self.caller.account_id:
            return self.realm.standing(account_id)
        management_id = self.records.account.organization
        return None if management_id is None else self.realm.standing_under(management_id, account_id)

    def others(self, account_id: str) -> Records:
        """Another account's records, to be changed in the same transaction. Raises NoAccount."""
        if self.change is None:
            raise TypeError(f"{self.operation.name} changes no records")
        return self.change.records(account_id)

    @staticmethod
    def new_id(prefix: str) -> str:
        """A unique id that no entity has had."""
        return unique_id(prefix)
