"""May they: questions about actors, answered by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from iamd.analysis.access import open_conditions
from iamd.analysis.escalation.catalogue import ADMINISTRATOR_ACCESS
from iamd.analysis.escalation.estate import Actor
from iamd.policy import Attached, Change, Grant, Kind, Layers, Request, decide, load
from iamd.policy.arns import split

ANYTHING = Attached(
    "any", load('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY)
)
_TRIED = 8  # names that are tried for something new


@dataclass(frozen=True, slots=True)
class Step:
    """A request that is allowed, the statements that allow it, and what it needs of keys that nothing is known of."""

    action: str
    resource: str
    statements: tuple[Grant, ...]
    needs: tuple[Change, ...] = ()


def step(
    actor: Actor,
    action: str,
    resource: str = "*",
    context: Mapping[str, str] | None = None,
    policy: Attached | None = None,
    layers: Layers | None = None,
) -> Step | None:
    """The step, if the actor may do it (with other `layers`, where told); `policy` is the resource's own."""
    theirs = actor.holder.layers if layers is None else layers
    if policy is None and not theirs.plan(action).identity.entries:
        return None
    request = Request(actor.holder.principal, action, resource, None, {**actor.holder.context, **(context or {})})
    asked = theirs if policy is None else theirs.about(policy)
    decision = decide(request, asked)
    if decision.allowed:
        return Step(action, resource, decision.statements)
    needs = open_conditions(request, asked) if decision.missing and policy is not None else ()
    return Step(action, resource, (), needs) if needs else None


def first(
    actor: Actor, actions: tuple[str, ...], resource: str, context: Mapping[str, str] | None = None
) -> Step | None:
    """The first of some actions that the actor may do on a resource."""
    for action in actions:
        found = step(actor, action, resource, context)
        if found is not None:
            return found
    return None


def anywhere(actor: Actor, action: str) -> Step | None:
    """The action on some resource that the actor's policies name, new ones among them."""
    for resource in ("*", *named(actor, action, "arn:")):
        found = step(actor, action, resource)
        if found is not None:
            return found
    return None


def named(actor: Actor, action: str, start: str) -> Iterator[str]:
    """What the actor's policies allow an action on, something short in the place of wildcards."""
    found: dict[str, None] = {}
    for entry in actor.holder.layers.plan(action).identity.entries:
        for text in entry.statement.resources or ():
            if "${" not in text and text.startswith((start, "arn:*")):
                found[_completed(text, actor)] = None
    yield from list(found)[:_TRIED]


def _completed(text: str, actor: Actor) -> str:
    fields = split(text) or ["arn", actor.partition, "x", "x", actor.account, text]
    head = [
        each if "*" not in each else fill
        for each, fill in zip(fields, ("arn", actor.partition, "x", "us-east-1", actor.account), strict=False)
    ]
    return ":".join([*head, fields[5].replace("*", "new").replace("?", "x")])


def is_administrator(actor: Actor, layers: Layers | None = None) -> bool:
    """Whether an actor (with other layers, where told) may do everything, as far as probing tells: manage identities,
    and whatever is in no list."""
    iam = f"arn:{actor.partition}:iam::{actor.account}:"
    probes = (
        ("iam:PutRolePolicy", iam + "role/some-role"),
        ("iam:CreateUser", iam + "user/some-user"),
        ("any:Thing", "*"),
    )
    return all(step(actor, action, resource, layers=layers) for action, resource in probes)


def would_rule(actor: Actor, unbound: bool = False) -> bool:
    """Whether an actor whose policies allowed everything would be an administrator: control policies and (unless
    `unbound`) its boundary may stand in the way."""
    theirs = actor.holder.layers
    boundaries = () if unbound else theirs.boundaries
    return is_administrator(actor, replace(theirs, identity=(ANYTHING,), boundaries=boundaries, plans={}))


ATTACHING = {"iam:policyarn": ADMINISTRATOR_ACCESS}
