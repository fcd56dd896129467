"""The only place where a request is allowed or refused."""

from __future__ import annotations

from iamd.guard.ask import Ask
from iamd.guard.denials import Denial, Denied, is_numbered, new_id
from iamd.guard.organizations import under_rcps
from iamd.guard.snapshot import Snapshot
from iamd.policy import Decision, Effect, Layer, Layers, PrincipalKind, Request, decide
from iamd.wire.errors import AccessDenied


def authorize(caller_arn: str, snapshot: Snapshot, ask: Ask) -> Decision:
    """Decide one request; raises AccessDenied with AWS's wording unless it is allowed.

    Whatever goes wrong in here is a refusal: an exception leaves without a decision, and nothing is executed.
    """
    request, layers = posed(snapshot, ask)
    decision = decide(request, layers)
    if not decision.allowed:
        if snapshot.principal.kind is PrincipalKind.FEDERATED:  # whom STS tells no more (seen of live AWS)
            raise AccessDenied(f"Not authorized to perform {ask.action}")
        message = denial(caller_arn, ask, decision)
        if is_numbered(ask.action):
            raise Denied(message, Denial(new_id(), caller_arn, request, layers))
        raise AccessDenied(message)
    return decision


def posed(snapshot: Snapshot, ask: Ask) -> tuple[Request, Layers]:
    """What the engine is asked: the request, and every layer of policies that bears on it."""
    layers = snapshot.layers
    if ask.owner is not None and ask.owner.rcps and under_rcps(ask.action):
        layers = snapshot.towards(ask.owner)
    if ask.policy is not None:
        layers = snapshot.about(layers, ask.resource, ask.policy, ask.policy_kind)
    return Request(snapshot.principal, ask.action, ask.resource, ask.account_id, ask.context), layers


def decision_on(snapshot: Snapshot, ask: Ask) -> Decision:
    """The decision on one request, for programs that ask and enforce it themselves. Never raises."""
    return decide(*posed(snapshot, ask))


def denial(caller_arn: str, ask: Ask, decision: Decision) -> str:
    """AWS's sentence for a denial (the page "Troubleshoot access denied error messages")."""
    said = f"User: {caller_arn} is not authorized to perform: {ask.action} on resource: {ask.label or ask.resource}"
    layer = decision.layer or Layer.IDENTITY
    if ask.action == "sts:AssumeRoot":  # never tells why (seen of live AWS)
        return said
    if decision.effect is Effect.IMPLICIT_DENY:
        if ask.action.startswith("sts:"):
            # STS does not tell what is missing (seen of live AWS), or it would tell which roles there are.
            return said
        return f"{said} because no {_policy_type(layer)} allows the {ask.action} action"
    name = next((grant.policy for grant in decision.statements if grant.policy.startswith("arn:")), None)
    suffix = f": {name}" if name and layer in _NAMES_ITS_POLICY else ""
    return f"{said} with an explicit deny in {_article(layer)} {_policy_type(layer)}{suffix}"


# Types whose denials may be followed by the ARN of the policy.
_NAMES_ITS_POLICY = frozenset({Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SCP, Layer.RCP})


def _policy_type(layer: Layer) -> str:
    return "permissions boundary" if layer is Layer.BOUNDARY else f"{layer.value} policy"


def _article(layer: Layer) -> str:
    if layer is Layer.TRUST:
        return "the"
    return "an" if layer is Layer.IDENTITY else "a"
