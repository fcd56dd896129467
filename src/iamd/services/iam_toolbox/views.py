"""A denial as GetRequestAuthorizationDetails tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iamd.guard.denials import Denial
from iamd.policy import Attached, Effect, Layer, LayerTrace, Outcome, explain

_CHECKS = {
    Layer.SCP: ("SERVICE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"),
    Layer.RCP: ("RESOURCE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"),
    Layer.ENDPOINT: ("VPC_ENDPOINT", "VPC_ENDPOINT_POLICY"),
    Layer.RESOURCE: ("RESOURCE", "RESOURCE_BASED_POLICY"),
    Layer.TRUST: ("RESOURCE", "RESOURCE_BASED_POLICY"),
    Layer.IDENTITY: ("PRINCIPAL", "IDENTITY_BASED_POLICY"),
    Layer.BOUNDARY: ("PERMISSIONS_BOUNDARY", "PERMISSIONS_BOUNDARY"),
    Layer.SESSION: ("SESSION", "SESSION_POLICY"),
}
_EFFECTS = {
    Outcome.ALLOWED: "ALLOW",
    Outcome.EXPLICIT_DENY: "EXPLICIT_DENY",
    Outcome.IMPLICIT_DENY: "IMPLICIT_DENY",
    Outcome.NOT_APPLICABLE: "NO_IMPACT",
}
# What the caller and the circumstances give every evaluation of a request; the rest is about action and resource.
_is_shared = re.compile(
    r"aws:(principal\w*(/.*)?|userid|username|currenttime|epochtime|securetransport|sourceip|useragent|requestedregion"
    r"|viaawsservice)"
).fullmatch


@dataclass(frozen=True, slots=True)
class UsedPolicy:
    """A policy that was asked. `uri` is a managed policy's ARN; an inline one is told by its layer and name."""

    layer: Layer
    uri: str
    attached: Attached
    holder: str

    def view(self) -> dict[str, Any]:
        return {
            "type": _CHECKS[self.layer][1],
            "inline": not self.attached.name.startswith("arn:"),
            "uri": self.uri,
            "attachedTo": [{"arn": self.holder}],
        }


def used_policies(denial: Denial) -> list[UsedPolicy]:
    """Every policy that was asked, once for each layer that it is in."""
    policies: dict[tuple[Layer, str, str], UsedPolicy] = {}
    for layer, attached in _asked(denial):
        key = layer, attached.name, attached.policy.document.text
        if key not in policies:
            taken = sum(1 for used, name, _ in policies if (used, name) == key[:2])
            policies[key] = UsedPolicy(layer, _uri(layer, attached.name, taken), attached, _holder(denial, layer))
    return list(policies.values())


def _asked(denial: Denial) -> Iterator[tuple[Layer, Attached]]:
    layers = denial.layers
    for level in layers.scps:
        yield from ((Layer.SCP, each) for each in level)
    for level in layers.rcps:
        yield from ((Layer.RCP, each) for each in level)
    if layers.resource is not None:
        yield Layer.RESOURCE, layers.resource
    for layer, policies in (
        (Layer.ENDPOINT, layers.endpoint),
        (Layer.IDENTITY, layers.identity),
        (Layer.BOUNDARY, layers.boundaries),
        (Layer.SESSION, layers.session or ()),
    ):
        yield from ((layer, each) for each in policies)


def _uri(layer: Layer, name: str, taken: int) -> str:
    if name.startswith("arn:"):
        return name
    return f"inline/{_CHECKS[layer][1].lower()}/{name}" + (f"/{taken + 1}" if taken else "")


def _holder(denial: Denial, layer: Layer) -> str:
    if layer is Layer.RESOURCE:
        return denial.request.resource
    principal = denial.request.principal
    return principal.role_arn or principal.issuer_arn or principal.arn


def shared_context(denial: Denial) -> dict[str, Any]:
    """The condition keys that are the same whatever was decided on."""
    return {key: value for key, value in denial.request.context.items() if _is_shared(key)}


def evaluation(denial: Denial) -> dict[str, Any]:
    """The decision on the one action and resource that was denied, and what each kind of policy said."""
    request = denial.request
    found = explain(request, denial.layers, advise=False)
    explicit = found.decision.effect is Effect.EXPLICIT_DENY
    uris = {(used.layer, used.attached.name): used.uri for used in reversed(used_policies(denial))}
    return {
        "action": request.action,
        "resource": request.resource,
        "context": {key: value for key, value in request.context.items() if not _is_shared(key)},
        "evaluatedEffect": "EXPLICIT_DENY" if explicit else "IMPLICIT_DENY",
        "checks": [_check(denial, trace, uris) for trace in found.layers],
    }


def _check(denial: Denial, trace: LayerTrace, uris: dict[tuple[Layer, str], str]) -> dict[str, Any]:
    layer = Layer.RESOURCE if trace.layer is Layer.TRUST else trace.layer
    matched: dict[str, list[dict[str, Any]]] = {}
    cited = [(each.statement, "DENY") for each in trace.denies] + [(each, "ALLOW") for each in trace.allows]
    for statement, effect in cited:
        told = {"sid": statement.sid, "evaluatedEffect": effect}
        matched.setdefault(uris[layer, statement.policy], []).append(told)
    kind, policy_type = _CHECKS[layer]
    return {
        "checkType": kind,
        "evaluatedEffect": _EFFECTS[trace.outcome],
        "targetArn": _holder(denial, layer),
        "relevantPolicyTypes": [policy_type],
        "matchedPolicies": [{"uri": uri, "matchedStatements": told} for uri, told in matched.items()],
    }
