"""Explanations in plain values: the decision, what each kind of policy says, whose policies these are, and what would
allow a request that is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from iamd.authorization import mapping
from iamd.authorization.evaluations import Evaluator, Question
from iamd.authorization.messages import Evaluation
from iamd.guard.enforce import posed
from iamd.policy import Attached, Change, Cited, Layer, Layers, LayerTrace, Request, explain
from iamd.policy.draft import to_json
from iamd.policy.wording import advice, conclusion, met, place, said, unmet
from iamd.services.call import Realm
from iamd.services.iam_toolbox.authorization_details import is_ours
from iamd.store.image import Records

SHOWN = 20
"""Policies of a layer, and statements of it, that are told; there can be thousands."""
_OWNERS = frozenset({Layer.RCP, Layer.RESOURCE, Layer.TRUST})
"""The layers whose policies are those of the resource's owner, or of the owner's organization."""

Told = dict[str, Any]


def answered(realm: Realm, evaluator: Evaluator, records: Records, asked: Evaluation) -> Told:
    """The explanation of the decision on a complete question, by the policies as they are. Raises Unknown, Unmappable,
    Cold."""
    snapshot, ask = _question(evaluator, asked)
    request, layers = posed(snapshot, ask)
    whose = holders(records, snapshot.principal.unique_id or "")
    return told(realm, records.account_id, request, layers, whose)


def _question(evaluator: Evaluator, asked: Evaluation) -> Question:
    """The question; the resource `*` is that of actions without one."""
    if asked.resource is None or asked.resource.id != "*" or asked.subject is None or asked.action is None:
        return evaluator.question(asked)
    snapshot = evaluator.subject(asked.subject)
    action = mapping.action_of(asked.action.name or "", asked.resource.type or "")
    return Question(snapshot, evaluator.ask(action, "*", evaluator.context(asked), snapshot))


def told(realm: Realm, asking: str, request: Request, layers: Layers, whose: Sequence[str | None] = ()) -> Told:
    """The explanation of a decision, for that account: of resources of strangers it is told what their policies come to,
    and nothing of what is in them. `whose` are the groups by which a caller has its policies, in their order (None: they
    are its own); without them, nothing is told of that."""
    found = explain(request, layers)
    hidden = frozenset() if is_ours(realm, asking, request.resource_account or asking) else _OWNERS
    return {
        "principal": request.principal.arn,
        "action": request.action,
        "resource": request.resource,
        "decision": found.decision.effect.value,
        "settledBy": None if found.decision.layer is None else found.decision.layer.value,
        "conclusion": conclusion(request, found.decision),
        "missing": [] if hidden else list(found.missing),
        "layers": [
            _layer(_bare(trace), (), ()) if trace.layer in hidden else _layer(trace, _policies(trace, layers), whose)
            for trace in found.layers
        ],
        "ways": [
            [_change(change) for change in way]
            for way in found.ways
            if not any(change.layer in hidden and change.statement is not None for change in way)
        ],
    }


def _bare(trace: LayerTrace) -> LayerTrace:
    """What a layer says, without its statements."""
    return dataclasses.replace(trace, allows=(), denies=(), nearest=())


def _layer(trace: LayerTrace, policies: Sequence[Attached], whose: Sequence[str | None]) -> Told:
    groups = dict(enumerate(whose)) if trace.layer is Layer.IDENTITY else {}
    statements = [
        {**_cited(each.statement), "effect": "Deny", "reasons": [met(condition) for condition in each.conditions]}
        for each in trace.denies
    ]
    statements += [{**_cited(each), "effect": "Allow", "reasons": []} for each in trace.allows]
    nearest = [
        {**_cited(each.statement), "reasons": [unmet(failed) for failed in each.failed]} for each in trace.nearest
    ]
    return {
        "layer": trace.layer.value,
        "level": trace.level,
        "outcome": trace.outcome.value,
        "said": said(trace),
        "policies": [{"name": each.name, "group": groups.get(at)} for at, each in enumerate(policies[:SHOWN])],
        "allPolicies": len(policies),
        "statements": statements[:SHOWN],
        "allStatements": len(statements),
        "nearest": nearest,
    }


def _cited(statement: Cited) -> Told:
    return {**statement.to_json(), "place": place(statement)}


def _policies(trace: LayerTrace, layers: Layers) -> Sequence[Attached]:
    if trace.level is not None:
        return (layers.scps if trace.layer is Layer.SCP else layers.rcps)[trace.level]
    if trace.layer in (Layer.RESOURCE, Layer.TRUST):
        return () if layers.resource is None else (layers.resource,)
    return {
        Layer.ENDPOINT: layers.endpoint,
        Layer.IDENTITY: layers.identity,
        Layer.BOUNDARY: layers.boundaries,
        Layer.SESSION: layers.session or (),
    }[trace.layer]


def _change(change: Change) -> Told:
    return {
        "layer": change.layer.value,
        "level": change.level,
        "advice": advice(change),
        "add": None if change.added is None else to_json(change.added),
    }


def holders(records: Records, id_: str) -> list[str | None]:
    """By which group a user or role has each of its identity policies (None: it is its own), in the order in which the
    guard gathers them."""
    found: list[str | None] = []
    groups = [records.groups.get(each.group_id) for each in records.memberships.where("user", id_)]
    for owner in (None, *filter(None, groups)):
        owner_id = id_ if owner is None else owner.id
        held = len(records.inline.where("owner", owner_id)) + len(records.attachments.where("owner", owner_id))
        found += [None if owner is None else owner.name] * held
    return found
