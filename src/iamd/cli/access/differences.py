"""What access changed between two states of a data directory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iamd.analysis.access import Holder, attached_to
from iamd.analysis.shifts import Shift, State, actions_of, changed_policies, shifts
from iamd.cli.access.accounts import Accounts
from iamd.policy import Attached, Layers
from iamd.reference import actions

_TRUST_ACTIONS = {"sts:AssumeRole": True, "sts:TagSession": True, "sts:SetSourceIdentity": True}


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed for one principal."""

    principal: str
    shifts: tuple[Shift, ...]


class Differences:
    """Compares the principals of two states, one after the other."""

    def __init__(self, before: Accounts, after: Accounts, account_id: str | None = None) -> None:
        """The principals of that account; None: of all."""
        self._reaches = before.reach({}, None), after.reach({}, None)
        self._holders = _by_arn(before, account_id), _by_arn(after, account_id)
        self._known = actions.names()
        old, new = before.trusts, after.trusts
        self._trusts = {arn for arn in old.keys() | new.keys() if _text(old, arn) != _text(new, arn)}

    def __len__(self) -> int:
        return len(self._holders[0].keys() | self._holders[1].keys())

    def __iter__(self) -> Iterator[Difference | None]:
        """What changed for each principal; None where nothing did."""
        for arn in sorted(self._holders[0].keys() | self._holders[1].keys()):
            found = tuple(self._of(arn))
            yield Difference(arn, found) if found else None

    def _of(self, arn: str) -> Iterator[Shift]:
        old, new = (holders.get(arn) for holders in self._holders)
        nothing = Layers()
        changed = changed_policies(old.layers if old else nothing, new.layers if new else nothing)
        if old and new and old.context != new.context:  # tags: conditions may hold now that did not
            changed += [*attached_to(old.layers), *attached_to(new.layers)]
        asked = actions_of(changed, self._known)
        if asked:
            yield from shifts(State(old, self._reaches[0]), State(new, self._reaches[1]), asked)
        if self._trusts:
            trusted = {action: True for action in _TRUST_ACTIONS if action not in asked}
            reaches = [dataclasses.replace(each, policies=self._changed(each.policies)) for each in self._reaches]
            yield from shifts(State(old, reaches[0]), State(new, reaches[1]), trusted)

    def _changed(self, policies: Mapping[str, Attached]) -> dict[str, Attached]:
        return {arn: policy for arn, policy in policies.items() if arn in self._trusts}


def _by_arn(accounts: Accounts, account_id: str | None) -> dict[str, Holder]:
    return {
        holder.principal.arn: holder
        for holder in accounts.holders()
        if account_id is None or holder.principal.account == account_id
    }


def _text(trusts: Mapping[str, Attached], arn: str) -> str | None:
    found = trusts.get(arn)
    return None if found is None else found.policy.document.text
