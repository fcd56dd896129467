"""Which policies apply to a caller: its layers, compiled once and kept until something that matters changes."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.guard.context import principal_context
from iamd.guard.organizations import Standing
from iamd.guard.snapshot import Snapshot
from iamd.policy import Attached, Kind, Layers, Principal, load
from iamd.reference import managed
from iamd.store.image import Records


class Snapshots:
    """Snapshots by caller, bounded by the bytes that they take, about; one that was made before the account's last relevant
    change is made again."""

    def __init__(self, limit: int = 64 << 20) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()

    def of(self, caller: Caller, records: Records, standing: Standing | None) -> Snapshot:
        """The snapshot of a caller whose account stands so in its organization (None: it is in none)."""
        # A session differs from its role's others by its policies and tags, so it is kept by its access key.
        key = (caller.account_id, caller.access_key_id if caller.session else caller.id)
        kept = self._kept.get(key)
        if kept is not None and kept.generation == records.generation and kept.standing is standing:
            return kept
        made = take(caller, records, standing)
        made.weight = _weight(caller.session)
        self._bytes += made.weight - (0 if kept is None else kept.weight)
        self._kept[key] = made
        self._kept.move_to_end(key)
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].weight
        return made

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _weight(session: Session | None) -> int:
    """What a snapshot takes, as measured: of a session with a policy, which nobody shares, that one's compiled form, too."""
    if session is None:
        return 2_000
    return 3_000 + (0 if session.policy is None else 1_000 + 5 * len(session.policy))


def take(caller: Caller, records: Records, standing: Standing | None = None) -> Snapshot:
    """Gather a caller's layers: identity policies, boundary, session policies and its account's control policies.

    Someone for whom an identity provider vouches has none: the role's trust policy alone grants.
    """
    principal = principal_of(caller)
    if caller.kind.is_vouched_for:
        return Snapshot(principal, Layers(), principal_context(caller, records), records.generation, standing)
    layers = Layers(
        identity=tuple(_identity_policies(caller, records)),
        boundaries=tuple(_boundaries(caller, records)),
        session=_session_policies(caller.session, records) if caller.session else None,
        scps=() if standing is None else standing.scps,
    )
    context = principal_context(caller, records)
    if standing is not None:
        context.update(standing.principal_keys)
    return Snapshot(principal, layers, context, records.generation, standing)


def principal_of(caller: Caller) -> Principal:
    """The caller as policies name it."""
    if caller.kind.is_vouched_for:
        return Principal.from_text(f"federated:{caller.arn}", account=caller.account_id)
    issuer = caller.principal_arn if caller.session else None
    return dataclasses.replace(Principal.from_text(caller.arn, session_issuer=issuer), unique_id=caller.id)


def _identity_policies(caller: Caller, records: Records) -> Iterator[Attached]:
    if caller.kind is CallerKind.ROOT:
        return
    owners = [caller.id]
    if caller.kind is not CallerKind.ROLE:
        owners += [membership.group_id for membership in records.memberships.where("user", caller.id)]
    for owner in owners:
        for inline in records.inline.where("owner", owner):
            yield Attached(inline.name, load(inline.document, Kind.IDENTITY))
        for attachment in records.attachments.where("owner", owner):
            yield managed_policy(attachment.policy_arn, records)
    rules = records.password_policies.get(records.account_id)
    if rules is not None and rules.users_may_change and caller.kind is CallerKind.USER:
        yield Attached("AllowUsersToChangePassword", load(_USERS_MAY_CHANGE, Kind.IDENTITY))


# What a password policy grants every user that may change its password: the operation knows no other user's.
_USERS_MAY_CHANGE = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",'
    '"Action":["iam:ChangePassword","iam:GetAccountPasswordPolicy"]}]}'
)


def _boundaries(caller: Caller, records: Records) -> Iterator[Attached]:
    holders: tuple[Callable[[str], object], ...] = (records.users.get, records.roles.get)
    for holder in holders:
        boundary = getattr(holder(caller.id), "boundary", None)
        if boundary is not None:
            yield managed_policy(boundary, records, Kind.BOUNDARY)


def _session_policies(session: Session, records: Records) -> tuple[Attached, ...] | None:
    """The policies passed for the session; managed ones act by their present default version (AWS_OBSERVED)."""
    if session.policy is None and not session.policy_arns:
        return () if session.kind == "federated-user" else None
    inline = () if session.policy is None else (Attached("session", load(session.policy, Kind.SESSION)),)
    return inline + tuple(managed_policy(arn, records, Kind.SESSION) for arn in session.policy_arns)


def managed_policy(arn: str, records: Records, kind: Kind = Kind.IDENTITY) -> Attached:
    """The default version of a managed policy; one that is gone allows nothing.

    INVARIANT: a policy that cannot be found never drops out of its layer, or a boundary would vanish.
    """
    document = managed_document(arn, records)
    return Attached(arn, load(_NOTHING if document is None else document, kind))


# A document that names no action that exists: it neither allows nor denies anything.
_NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iamd:Nothing","Resource":"*"}]}'


def managed_document(arn: str, records: Records) -> str | None:
    """The default version's document of a policy of AWS or of the account, or None."""
    if arn.split(":", 5)[4] == "aws":
        policy = managed.get(arn)
        return None if policy is None else policy.document
    own = records.policies.named(arn.rpartition("/")[2])
    if own is None or own.arn != arn:
        return None
    version = records.versions.get(f"{own.id}/{own.default_version}")
    return None if version is None else version.document
