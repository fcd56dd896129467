"""Who may do something, and what somebody may do.

Nothing here has rules of its own: whatever is listed has been decided by `iamd.policy.decide`, and whoever asks it the
same gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from iamd.analysis.reading import about
from iamd.policy import Act, Attached, Change, Decision, Layers, Principal, Request, Statement, decide, explain
from iamd.policy.batch import decide_many
from iamd.policy.patterns import ANY, MANY, Pattern, mark
from iamd.policy.variables import Context, Template, read

_CANDIDATES = 200  # resources that are tried for one action; a policy can name thousands
_UNMARKED = str.maketrans({ANY: "?", MANY: "*"})
_TRUSTED = frozenset({"sts:assumerole", "sts:tagsession", "sts:setsourceidentity"})


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal with the policies that bear on it, and the condition keys (lower case) that its requests share."""

    principal: Principal
    layers: Layers
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """A holder that is allowed something; `needs` are the conditions of statements, on keys that the question left
    open, on which that depends (none: it is allowed as things are)."""

    holder: Holder
    decision: Decision
    needs: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An action on a resource: its owner, its own policy if it has one, and what else is known of the request."""

    action: str
    resource: str = "*"
    resource_account: str | None = None
    policy: Attached | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def by(self, holder: Holder) -> tuple[Request, Layers]:
        """The request that a holder would make, and the layers that would decide it."""
        context = {**holder.context, **self.context}
        request = Request(holder.principal, self.action, self.resource, self.resource_account, context)
        return request, holder.layers.about(self.policy)


def who_can(holders: Iterable[Holder], question: Question) -> Iterator[Access]:
    """The holders that are allowed, and those that would be if keys that nothing is known of had the right values."""
    for holder in holders:
        request, layers = question.by(holder)
        decision = decide(request, layers)
        if decision.allowed:
            yield Access(holder, decision)
        elif decision.missing:
            needs = open_conditions(request, layers)
            if needs:
                yield Access(holder, decision, needs)


def open_conditions(request: Request, layers: Layers) -> tuple[Change, ...]:
    """Conditions on absent keys, where they alone stand between a request and its being allowed."""
    for way in explain(request, layers).ways:
        if all(_is_open(change) for change in way):
            return way
    return ()


def _is_open(change: Change) -> bool:
    absent = [element.actual is None for element in change.conditions]
    return all(absent) if change.act is Act.MEET else change.act is Act.SPARE and any(absent)


@dataclass(frozen=True, slots=True)
class Permission:
    """An action, the resources on which it is allowed (as policies name them, most general only), and resources under
    these on which a statement denies it."""

    action: str
    resources: tuple[str, ...]
    denied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """What `permissions` looks at: resources' own policies and owners by ARN (an owner only where the ARN does not
    tell), what is known of requests, and (if anything) the only resource that matters."""

    policies: Mapping[str, Attached] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    resource: str | None = None


def permissions(holder: Holder, actions: Iterable[tuple[str, bool]], reach: Reach) -> Iterator[Permission]:
    """What a holder may do: of `actions` (name, whether it works on resources) those that are allowed somewhere.

    A resource is tried as the policies name it: `arn:aws:s3:::reports/*` stands for what is under it. A role can be
    assumed where its trust policy is known, and no other.
    """
    context = {**holder.context, **reach.context}
    for action, has_resources in actions:
        tried = [reach.resource] if reach.resource else candidates(holder, action, has_resources, reach, context)
        decisions = decided(holder, action, tried, reach, context)
        allowed = [text for text, decision in decisions.items() if decision.allowed]
        if not allowed:
            continue
        widest = [text for text in allowed if not any(covers(other, text) for other in allowed if other != text)]
        denied = [text for text, decision in decisions.items() if decision.statements and not decision.allowed]
        yield Permission(
            action,
            tuple(sorted(widest)),
            tuple(sorted(text for text in denied if any(covers(other, text) for other in widest))),
        )


def decided(
    holder: Holder, action: str, resources: list[str], reach: Reach, context: dict[str, str | tuple[str, ...]]
) -> dict[str, Decision]:
    """The decision on each resource, with the resource's own policy where that is known."""
    plain = [text for text in resources if text not in reach.policies]
    requests = [Request(holder.principal, action, text, reach.owners.get(text), context) for text in plain]
    decisions = dict(zip(plain, decide_many(requests, holder.layers), strict=True))
    for text in resources:
        if text in reach.policies:
            request = Request(holder.principal, action, text, reach.owners.get(text), context)
            decisions[text] = decide(request, holder.layers.about(reach.policies[text]))
    return decisions


def covers(pattern: str, text: str) -> bool:
    """Whether a resource, or all that a pattern stands for, is under another pattern."""
    return Pattern(mark(pattern)).matches(text)


def candidates(holder: Holder, action: str, has_resources: bool, reach: Reach, context: Context) -> list[str]:
    """The resources that any statement about the action names, variables filled in."""
    trusting = action.lower() in _TRUSTED
    found = {} if trusting else {"*": None}
    if has_resources and not trusting:
        found |= dict.fromkeys(named_resources(holder.layers, action, context))
    for arn, attached in reach.policies.items():
        if has_resources and any(True for _ in about(attached, action)):
            found[arn] = None
    return list(found)[:_CANDIDATES]


def named_resources(layers: Layers, action: str, context: Context) -> Iterator[str]:
    """The resources that statements about an action name, patterns among them, variables filled in."""
    for attached in attached_to(layers):
        yield from _named(about(attached, action), attached, context)


def opened_resources(attached: Attached, action: str, context: Context) -> Iterator[str]:
    """The same of one policy, but for what it denies, or leaves out of what it allows."""
    opening = (each for each in about(attached, action) if each.allow is not each.spares_resources)
    yield from _named(opening, attached, context)


def attached_to(layers: Layers) -> Iterator[Attached]:
    """Every policy of these layers but those of resources and endpoints."""
    for policies in (*layers.scps, *layers.rcps, layers.identity, layers.boundaries, layers.session or ()):
        yield from policies


def _named(statements: Iterable[Statement], attached: Attached, context: Context) -> Iterator[str]:
    variables = attached.policy.document.has_variables
    for statement in statements:
        for text in statement.resources or ():
            ready = read(text, wild=True) if variables else mark(text)
            marked = ready.fill(context, []) if isinstance(ready, Template) else ready
            if marked is not None:
                yield marked.translate(_UNMARKED)
