"""The edges of the graph: who can become whom, or an administrator, and how."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from iamd.analysis.escalation.asking import (
    ATTACHING,
    Step,
    anywhere,
    first,
    is_administrator,
    named,
    step,
    would_rule,
)
from iamd.analysis.escalation.catalogue import EDITS, LAUNCHES, UNBINDS, Launch
from iamd.analysis.escalation.estate import Actor, Estate
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load
from iamd.policy.arns import account_of
from iamd.policy.principals import PrincipalKind

ADMINISTRATOR = "administrator"
_ASSUME = "sts:AssumeRole"
_KEY = "iam:CreateAccessKey"


@dataclass(frozen=True, slots=True)
class Edge:
    """That `source` can become `target` (ADMINISTRATOR, or an ARN) by all of some steps."""

    source: str
    target: str
    method: str
    steps: tuple[Step, ...]


def edges_of(actor: Actor, estate: Estate, roles: Roles) -> Iterator[Edge]:
    """The ways of an actor that is no administrator. Those to others are looked for where it has none of its own."""
    own = list(_own(actor, estate))
    if own:
        yield from own
        return
    yield from _to_users(actor, estate)
    yield from _to_roles(actor, estate, roles)


class Roles:
    """The roles of an estate by who may assume them."""

    def __init__(self, estate: Estate) -> None:
        self._named: dict[str, list[Actor]] = {}
        self._of_accounts: dict[str, list[Actor]] = {}
        self._open: list[Actor] = []
        self._launched: dict[str, list[Actor]] = {}
        for role in estate.actors:
            if role.trust is not None:
                self._file(role, role.trust)

    def _file(self, role: Actor, trust: Attached) -> None:
        document = trust.policy.document
        for type_, text in document.principals():
            account = text if text.isdigit() else account_of(text)
            if (
                type_ == "AWS"
                and account is not None
                and text in (account, f"arn:{role.partition}:iam::{account}:root")
            ):
                self._of_accounts.setdefault(account, []).append(role)
            elif type_ == "AWS":
                self._named.setdefault(text, []).append(role)
        if any(
            each.principals and (each.principals.everyone or each.principals.negated) for each in document.statements
        ):
            self._open.append(role)
        for service in {launch.service for launch in LAUNCHES}:
            who = Principal(PrincipalKind.SERVICE, service, None, service, service=service)
            if decide(Request(who, _ASSUME, role.arn), Layers(resource=trust)).allowed:
                self._launched.setdefault(service, []).append(role)

    def trusting(self, actor: Actor) -> list[Actor]:
        """The roles whose trust policies may name an actor."""
        who = actor.holder.principal
        found = [*self._named.get(who.arn, ()), *self._named.get(who.unique_id or "", ())]
        if actor.holder.layers.plan(_ASSUME).identity.entries:  # naming an account leaves it to the account's policies
            found += [*self._of_accounts.get(actor.account, ()), *self._open]
        else:
            found += [role for role in self._open if role.account == actor.account]
        return list({role.arn: role for role in found if role is not actor}.values())

    def launched_by(self, service: str) -> list[Actor]:
        """The roles that a service may assume."""
        return self._launched.get(service, [])


def _own(actor: Actor, estate: Estate) -> Iterator[Edge]:
    """Ways to more for itself: its policies, its groups', a group to join, somebody new."""
    kind = "role" if actor.is_role else "user"
    edited = [(kind, actor.arn), *(("policy", arn) for arn in actor.managed)]
    edited += [("group", arn) for arn in actor.groups]
    edited += [("policy", arn) for group in actor.groups for arn in estate.groups[group].managed]
    found = [made for of, arn in edited if (made := first(actor, EDITS[of], arn, ATTACHING)) is not None]
    if found and would_rule(actor):
        yield from (Edge(actor.arn, ADMINISTRATOR, "edit of own policies", (each,)) for each in found)
    elif found and actor.holder.layers.boundaries:
        unbind = step(actor, UNBINDS[kind], actor.arn)
        if unbind is not None and would_rule(actor, unbound=True):
            yield Edge(actor.arn, ADMINISTRATOR, "edit of own policies, boundary removed", (found[0], unbind))
    yield from _older_versions(actor, estate)
    if not actor.is_role:
        yield from _joined(actor, estate)
    yield from _newcomers(actor)


def _older_versions(actor: Actor, estate: Estate) -> Iterator[Edge]:
    theirs = actor.holder.layers
    for arn in actor.managed:
        made = step(actor, "iam:SetDefaultPolicyVersion", arn) if estate.versions.get(arn) else None
        for version in estate.versions.get(arn, ()) if made else ():
            others = tuple(each for each in theirs.identity if each.name != arn)
            layers = replace(theirs, identity=(*others, Attached(arn, version)), plans={})
            if made is not None and is_administrator(actor, layers):
                yield Edge(actor.arn, ADMINISTRATOR, "older version of own policy", (made,))


def _joined(actor: Actor, estate: Estate) -> Iterator[Edge]:
    for group in estate.groups.values():
        if account_of(group.arn) != actor.account or group.arn in actor.groups:
            continue
        made = step(actor, "iam:AddUserToGroup", group.arn)
        if made is not None:
            theirs = actor.holder.layers
            layers = replace(theirs, identity=(*theirs.identity, *group.policies), plans={})
            if is_administrator(actor, layers):
                yield Edge(actor.arn, ADMINISTRATOR, "joining a group", (made,))


def _newcomers(actor: Actor) -> Iterator[Edge]:
    """Somebody new with all permissions, whom the actor can be: bound by control policies alone."""
    iam = f"arn:{actor.partition}:iam::{actor.account}:"
    for kind, create in (("role", "iam:CreateRole"), ("user", "iam:CreateUser")):
        for arn in (f"{iam}{kind}/new", *named(actor, create, iam)):
            created = step(actor, create, arn)
            edited = first(actor, EDITS[kind], arn, ATTACHING) if created else None
            used = None
            if edited is not None:
                used = first(actor, (_KEY, "iam:CreateLoginProfile"), arn) if kind == "user" else _assumed(actor, arn)
            if created and edited and used and would_rule(actor, unbound=True):
                yield Edge(actor.arn, ADMINISTRATOR, f"new {kind}", (created, edited, used))
                break


def _assumed(actor: Actor, role: str) -> Step | None:
    """Assuming a role whose trust policy names the actor."""
    statement = {"Effect": "Allow", "Principal": {"AWS": actor.arn}, "Action": _ASSUME}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    return step(actor, _ASSUME, role, policy=Attached(role, load(text, Kind.TRUST)))


def _to_users(actor: Actor, estate: Estate) -> Iterator[Edge]:
    able = [
        action
        for action in (_KEY, "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
        if actor.holder.layers.plan(action).identity.entries
    ]
    for user in estate.of_account(actor.account) if able else ():
        if user.is_role or user is actor:
            continue
        other = "iam:UpdateLoginProfile" if user.has_password else "iam:CreateLoginProfile"
        for action, method in ((_KEY, "new access key"), (other, "new password")):
            made = step(actor, action, user.arn) if action in able else None
            if made is not None:
                yield Edge(actor.arn, user.arn, method, (made,))


def _to_roles(actor: Actor, estate: Estate, roles: Roles) -> Iterator[Edge]:
    for role in roles.trusting(actor):
        made = step(actor, _ASSUME, role.arn, policy=role.trust)
        if made is not None:
            yield Edge(actor.arn, role.arn, "assuming", (made,))
            yield from _edited(actor, role, made)
    rewrite = "iam:UpdateAssumeRolePolicy"
    for role in estate.of_account(actor.account) if actor.holder.layers.plan(rewrite).identity.entries else ():
        changed = step(actor, rewrite, role.arn) if role.is_role and role is not actor else None
        used = _assumed(actor, role.arn) if changed else None
        if changed and used:
            yield Edge(actor.arn, role.arn, "edit of the trust policy", (changed, used))
    if actor.holder.layers.plan("iam:PassRole").identity.entries:
        for launch in LAUNCHES:
            yield from _passed(actor, launch, roles)


def _edited(actor: Actor, role: Actor, assumed: Step) -> Iterator[Edge]:
    """A role that the actor can assume, and whose policies it can edit."""
    for kind, arn in (("role", role.arn), *(("policy", arn) for arn in role.managed)):
        made = first(actor, EDITS[kind], arn, ATTACHING) if role.account == actor.account else None
        if made is not None and would_rule(role):
            yield Edge(actor.arn, ADMINISTRATOR, "edit of an assumed role's policies", (made, assumed))
            return


def _passed(actor: Actor, launch: Launch, roles: Roles) -> Iterator[Edge]:
    started: list[Step] = []
    for role in roles.launched_by(launch.service):
        if role.account != actor.account or role is actor or (launch.in_profile and not role.in_profile):
            continue
        passed = step(actor, "iam:PassRole", role.arn, {"iam:passedtoservice": launch.service})
        if passed is None:
            continue
        if not started:
            made = [next(filter(None, (anywhere(actor, each) for each in one_of)), None) for one_of in launch.actions]
            started = [each for each in made if each is not None]
            if len(started) < len(launch.actions):
                return
        yield Edge(actor.arn, role.arn, f"passing to: {launch.name}", (passed, *started))
