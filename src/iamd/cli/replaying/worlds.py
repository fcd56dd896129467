"""The policies under which recorded calls are decided: those of a data directory, as they are or with changes."""

from __future__ import annotations

from dataclasses import replace

from iamd.audit.asked import Asked, Value
from iamd.caller.caller import Caller
from iamd.cli.access.accounts import Accounts
from iamd.guard.askers import Asker
from iamd.guard.gather import take
from iamd.guard.organizations import under_rcps
from iamd.policy import Attached, Decision, Kind, Layers, Request, decide, load
from iamd.services.sts.assumption import NOBODY


class Unknown(Exception):
    """It cannot be decided: the text says why."""


class World:
    """Decides under the policies of accounts. What it gives out stays the same object while it lives."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._policies = accounts.policies()
        self._layers: dict[tuple[object, ...], Layers] = {}
        self._layers_of: dict[tuple[int, str], Layers] = {}  # by the asker, which whoever asks keeps
        self._delegations: dict[str, Attached] = {}

    def decide(self, asker: Asker, asked: Asked, context: dict[str, Value]) -> Decision:
        """The decision on a request of that context; raises Unknown."""
        layers, own = self.layers(asker, asked), self.own_policy(asked)
        request = Request(asker.principal, asked.action, asked.resource, asked.account_id, context)
        return decide(request, layers if own is None else layers.about(own))

    def layers(self, asker: Asker, asked: Asked) -> Layers:
        """All policies that bear on what a caller asked, but for the resource's own; raises Unknown."""
        owner_id = asked.account_id if under_rcps(asked.action) else ""
        known = self._layers_of.get((id(asker), owner_id))
        if known is None:
            known = self._layers_of[id(asker), owner_id] = self._shared(asker.caller, owner_id)
        return known

    def _shared(self, caller: Caller, owner_id: str) -> Layers:
        """A caller's layers, which sessions that had the same policies passed have in common."""
        session = caller.session
        passed = None if session is None else (session.kind, session.policy, session.policy_arns)
        key = (caller.kind, caller.account_id, caller.id, passed, owner_id)
        known = self._layers.get(key)
        if known is None:
            known = self._layers[key] = self._gathered(caller, owner_id)
        return known

    def own_policy(self, asked: Asked) -> Attached | None:
        """The resource's own policy, where it had one, or has one that is known; raises Unknown."""
        if not self._policies and not asked.had_policy:
            return None
        found = self._policies.get(asked.resource)
        if found is None and asked.resource.startswith(_BUCKETS):
            found = self._policies.get(asked.resource.partition("/")[0])
        if found is not None and found.policy.document.kind is Kind.TRUST and not asked.action.startswith("sts:"):
            found = None
        if found is not None or not asked.had_policy:
            return found
        if asked.action.startswith("sts:"):
            return _TRUSTS_NOBODY
        if asked.action.startswith("organizations:"):
            return self._delegation(asked.account_id)
        raise Unknown(f"the policy of {asked.resource} is not known")

    def _delegation(self, management_id: str) -> Attached | None:
        """The resource policy of an organization."""
        records = self._accounts.records.get(management_id)
        policy = None if records is None else next(iter(records.resource_policies), None)
        if policy is None:
            return None
        made = Attached(policy.id, load(policy.content, Kind.RESOURCE))
        return self._delegations.setdefault(management_id, made)

    def _gathered(self, caller: Caller, owner_id: str) -> Layers:
        """A caller's layers, under the resource control policies of the owner (empty: they are not about it)."""
        records = self._accounts.records.get(caller.account_id)
        if records is None:
            raise Unknown(f"there is no account {caller.account_id}")
        snapshot = take(caller, records, self._accounts.standing(caller.account_id))
        owner = self._accounts.standing(owner_id) if owner_id else None
        if snapshot.standing is not None or owner is not None:
            return snapshot.layers if owner is None else snapshot.towards(owner)
        around = self._accounts.surroundings[caller.account_id]
        rcps = around.rcps if owner_id else ()
        management = around.management_account
        return replace(snapshot.layers, scps=around.scps, rcps=rcps, management_account=management, plans={})


_BUCKETS = "arn:aws:s3:::"
_TRUSTS_NOBODY = Attached("a role that is not there", load(NOBODY, Kind.TRUST))
