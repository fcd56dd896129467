"""What a principal may do with a resource, of all that its service has for it.

Every answer is a decision of the engine. What is under a resource (a bucket's objects) is tried as a whole, and wherever
policies name a part of it. Keys of which nothing is known are left open: conditions on them are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iamd.analysis.access import Holder, attached_to, covers, open_conditions, opened_resources
from iamd.policy import Attached, Layers, Request, decide
from iamd.policy.arns import split
from iamd.policy.memo import remembered
from iamd.policy.variables import Context
from iamd.reference import services

_VARIABLE = re.compile(r"\$\{[^}]+\}")
_WILDCARD = re.compile("[*?]")
_KEPT = 1_000_000  # characters of policies
_PARTS = 200  # of a resource, that are tried for one action


@dataclass(frozen=True, slots=True)
class Guarded:
    """A resource with its owner and, if it has one, its own policy."""

    arn: str
    account_id: str
    policy: Attached | None = None


Conditions = tuple[tuple[str, str], ...]


def given(holder: Holder, resource: Guarded) -> Mapping[Conditions, tuple[str, ...]]:
    """The actions that a holder may do with a resource, by the conditions (key and values) on which that depends."""
    layers = holder.layers.about(resource.policy)
    found: dict[Conditions, list[str]] = {}
    for action, patterns in _actions(resource.arn):
        if not _is_granted(layers, action):
            continue
        needed = _needed(holder, layers, action, resource, patterns)
        if needed is not None:
            found.setdefault(needed, []).append(action)
    return {needed: tuple(actions) for needed, actions in found.items()}


def _is_granted(layers: Layers, action: str) -> bool:
    """Whether any policy that can grant says anything of an action: most say nothing of most."""
    granting = [*layers.identity, *([layers.resource] if layers.resource is not None else [])]
    return any(each.policy.select(action).allows.entries for each in granting)


def _needed(
    holder: Holder, layers: Layers, action: str, resource: Guarded, patterns: tuple[str, ...]
) -> Conditions | None:
    """On what it depends that the action is allowed somewhere; None where it is not."""
    context = {**holder.context}
    needed: Conditions | None = None
    for text in list(dict.fromkeys(_tried(layers, action, resource.arn, patterns, context)))[:_PARTS]:
        request = Request(holder.principal, action, text, resource.account_id, context)
        decision = decide(request, layers)
        if decision.allowed:
            return ()
        if needed is None and decision.missing:
            changes = open_conditions(request, layers)
            elements = [each for change in changes for each in change.conditions if each.key]
            if changes:
                needed = tuple(dict.fromkeys((str(each.key), ",".join(each.expected)) for each in elements))
    return needed


def _tried(layers: Layers, action: str, arn: str, patterns: tuple[str, ...], context: Context) -> Iterator[str]:
    yield from patterns
    if all(text == arn for text in patterns):
        return
    own = () if layers.resource is None else (layers.resource,)
    for attached in (*attached_to(layers), *own):
        for text in opened_resources(attached, action, context):
            for below in (f"{arn}/", f"{arn}:"):
                yield from _parts(text, below)


@remembered(_KEPT)
def _parts(pattern: str, below: str) -> tuple[str, ...]:
    """What a pattern names of all that begins with a text."""
    if pattern.startswith(below):
        return (pattern,)
    plain = _WILDCARD.split(pattern, maxsplit=1)[0]
    if not below.startswith(plain):
        return ()
    ends = (at for at in range(len(plain) + 1, len(pattern)) if covers(pattern[:at], below))
    return tuple(below + ("*" if pattern[at - 1] == "*" else "") + pattern[at:] for at in ends)


@remembered(_KEPT)
def _actions(arn: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The actions of the resource's service that are about it or what is under it, with the resources to try."""
    service = services.get((split(arn) or ["", "", ""])[2])
    if service is None:
        return ()
    tried = {each.name: _tried_of(each.arn, arn) for each in service.resource_types.values()}
    found = []
    for action in service.actions.values():
        texts = [text for each in action.resource_types if (text := tried.get(each.name)) is not None]
        if texts:
            found.append((f"{service.prefix}:{action.name}", tuple(dict.fromkeys(texts))))
    return tuple(found)


def _tried_of(form: str, arn: str) -> str | None:
    """The ARN itself, where it is of a form, or all that is under it of that form; None where neither is."""
    parts = form.split("/")
    for count in range(len(parts), 0, -1):
        escaped = "[^/]+".join(map(re.escape, _VARIABLE.split("/".join(parts[:count]))))
        if re.fullmatch(escaped, arn):
            rest = "".join("/" + _VARIABLE.sub("*", part) for part in parts[count:])
            return arn + rest
    return None
