"""The policy simulator: what would be decided, on the engine that decides, told as AWS tells it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.guard.target import Target, nothing
from iamd.policy import Attached, Effect, Kind, Layer, Layers
from iamd.policy.simulate import Match, Simulated, Simulator, asked_keys, strictest
from iamd.reference.organization_policies import SCP_FULL_ACCESS
from iamd.services.call import Call, Reply
from iamd.services.iam import simulation_inputs as inputs
from iamd.services.iam.api import iam
from iamd.services.iam.exclusions import Exclusions
from iamd.services.iam.identities import Identity
from iamd.services.iam.roles import SERVICE_LINKED_PATH
from iamd.services.iam.simulated_resources import eligible, name_over
from iamd.services.iam.sources import AttachedPolicy, boundary_of, label, policies_of, policy_source
from iamd.services.paging import DEFAULT_PAGE, marker_of, text_of
from iamd.store.records import Role
from iamd.wire.errors import InvalidInput, ValidationError
from iamd.wire.shared import Shared

Documents = Sequence[str]
View = dict[str, Any]

# What the answer calls the layers that it tells of; they are not the names that the model lists.
_TYPES = {
    Layer.IDENTITY: "IAM Policy",
    Layer.RESOURCE: "Resource Policy",
    Layer.BOUNDARY: "Permissions Boundary Policy",
}


_LARGEST = 50_000
"""Resources, statements and keys that a page tells: some fifteen megabytes and half a second, which others wait."""
_TOO_MUCH = "The policies have too many statements about too many resources to be simulated at once."
_CHEAPER = 5  # looking at a statement is, than telling of it


def no_resource(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=no_resource)
def simulate_custom_policy(
    call: Call,
    _: None,
    *,
    policy_input_list: Documents,
    action_names: Sequence[str],
    permissions_boundary_policy_input_list: Documents = (),
    ordered_organization_policy_input_list: Sequence[Mapping[str, Any]] = (),
    resource_arns: Sequence[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> Reply:
    """Simulate policies that are given. An empty list of them allows nothing; control policies may come along."""
    asked = _asked(resource_arns, action_names, resource_handling_option, context_entries)
    scps = tuple(
        tuple(_attach("", text, Kind.SCP) for text in level.get("ServiceControlPolicyInputList") or ())
        for level in ordered_organization_policy_input_list
    )
    boundaries = _given_boundary(permissions_boundary_policy_input_list)
    layers = Layers(identity=_given(policy_input_list), boundaries=boundaries, scps=scps)
    return _simulation(call, asked, layers, caller_arn, resource_owner, resource_policy).page(marker, max_items)


@iam.operation(on=policy_source)
def simulate_principal_policy(
    call: Call,
    source: Identity,
    *,
    action_names: Sequence[str],
    policy_input_list: Documents = (),
    permissions_boundary_policy_input_list: Documents = (),
    policy_exclusion_list: Sequence[Mapping[str, Any]] = (),
    resource_arns: Sequence[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] = (),
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> Reply:
    """Simulate the policies that a user, group or role has, less those excluded, with further ones that are given.

    A boundary that is given takes the place of the one it has. The caller is the source unless another is named.
    """
    asked = _asked(resource_arns, action_names, resource_handling_option, context_entries)
    exclusions = Exclusions(policy_exclusion_list)
    own = (p for p in policies_of(call.records, source) if not exclusions.cover(p))
    identity = (*map(_attached, own), *_given(policy_input_list))
    boundaries = _given_boundary(permissions_boundary_policy_input_list)
    if not boundaries and not exclusions.boundary:
        held = boundary_of(call.records, source)
        boundaries = () if held is None else (_attach(held.name, held.document, Kind.BOUNDARY),)
    scps = () if exclusions.scps else _organizations_scps(call, source)
    layers = Layers(identity=identity, boundaries=boundaries, scps=scps)
    caller = caller_arn or source.arn
    return _simulation(call, asked, layers, caller, resource_owner, resource_policy).page(marker, max_items)


def _organizations_scps(call: Call, source: Identity) -> tuple[tuple[Attached, ...], ...]:
    """The control policies that bind a principal of the caller's account, level by level; where none does, as in the
    management account, one that allows everything, so that the organization is told of all the same."""
    standing = call.standing(call.account_id)
    if standing is None:
        return ()
    if not standing.scps or (isinstance(source, Role) and source.path.startswith(SERVICE_LINKED_PATH)):
        return ((_attach(SCP_FULL_ACCESS.arn, SCP_FULL_ACCESS.content, Kind.SCP),),)
    return tuple(
        tuple(_attach(each.name, each.policy.document.text, Kind.SCP) for each in level) for level in standing.scps
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    actions: list[str]
    resources: list[str]
    context: inputs.Context


def _asked(
    resource_arns: Sequence[str] | None,
    action_names: Sequence[str],
    scenario: str | None,
    context_entries: Sequence[Mapping[str, Any]],
) -> _Asked:
    resources = inputs.checked_resources(resource_arns)
    actions = inputs.checked_actions(action_names, resources, scenario)
    return _Asked(actions, resources, inputs.context_of(context_entries))


def _attach(name: str, document: str, kind: Kind) -> Attached:
    return Attached(name, inputs.compiled(document, kind))


def _given(documents: Documents) -> tuple[Attached, ...]:
    return tuple(_attach(f"PolicyInputList.{n}", text, Kind.IDENTITY) for n, text in enumerate(documents, 1))


def _given_boundary(documents: Documents) -> tuple[Attached, ...]:
    if len(documents) > 1:
        raise InvalidInput("Only one permissions boundary policy can be simulated.")
    named = enumerate(documents, 1)
    return tuple(_attach(f"PermissionsBoundaryPolicyInputList.{n}", text, Kind.BOUNDARY) for n, text in named)


def _attached(policy: AttachedPolicy) -> Attached:
    name = policy.name if policy.owner is None else f"{label(policy.owner)}_{policy.name}"
    return _attach(name, policy.document, Kind.IDENTITY)


def _simulation(
    call: Call, asked: _Asked, layers: Layers, caller_arn: str | None, owner: str | None, resource_policy: str | None
) -> _Simulation:
    principal, keys = inputs.checked_caller(caller_arn, call.account_id)
    account_id = inputs.checked_owner(owner)
    if resource_policy is not None:
        policy = inputs.checked_resource_policy(resource_policy, caller_arn, asked.resources)
        layers = layers.about(Attached("ResourcePolicy", policy))
    return _Simulation(asked, layers, Simulator(layers, principal, {**keys, **asked.context}, account_id))


class _Simulation:
    """One simulation: requests that differ in action and resource only."""

    def __init__(self, asked: _Asked, layers: Layers, simulator: Simulator) -> None:
        self._asked = asked
        self._layers = layers
        self._simulator = simulator
        self._absent = self._unsupplied()
        self._length = 0
        # What is told of answers and statements, by their identity: the simulator keeps both.
        self._bodies: dict[tuple[int, ...], View] = {}
        self._views: dict[tuple[int, str], Shared] = {}
        self._statements: dict[tuple[str, int], Shared] = {}

    def page(self, marker: str | None, max_items: int | None) -> Reply:
        """One page of results; actions are counted, each with all its resources.

        It ends early where there is much to tell. Raises InvalidInput where a page does not hold what there is to tell of one action.
        """
        actions, start = self._asked.actions, _position(marker)
        results: list[View] = []
        for action in actions[start : start + (max_items or DEFAULT_PAGE)]:
            found = self._found(action)
            if found is not None:
                results.append(self._result(action, found))
            elif results:
                break
            else:
                raise InvalidInput(_TOO_MUCH)
        end = start + len(results)
        reply = {"EvaluationResults": results, "IsTruncated": end < len(actions)}
        return {**reply, "Marker": marker_of(str(end))} if end < len(actions) else reply

    def _found(self, action: str) -> list[Simulated] | None:
        """What is found of an action on each resource; None when that is too much beside what is told already."""
        found: list[Simulated] = []
        for resource in self._asked.resources:
            each = self._simulator.simulate(action, resource, eligible(action, resource))
            found.append(each)
            self._length += 1 + len(each.matches) + (len(self._absent) if _is_open(each) else 0)
            if self._length + self._simulator.tried // _CHEAPER > _LARGEST:
                return None
        return found

    def _unsupplied(self) -> list[str]:
        """The keys that any statement asks for and the caller of the simulation did not give, each spelling once.

        They are told of statements about other actions, too; those of control policies are not (seen of live AWS).
        """
        layers = self._layers
        policies = [*layers.identity, *layers.boundaries, *([layers.resource] if layers.resource else ())]
        keys = dict.fromkeys(key for each in policies for key in asked_keys(each.policy.document))
        return [key for key in keys if key.lower() not in self._asked.context]

    def _result(self, action: str, found: Sequence[Simulated]) -> View:
        resources = self._asked.resources
        alike = tuple(map(id, found))
        body = self._bodies.get(alike)
        if body is None:
            body = self._bodies[alike] = self._body(found)
        name = resources[0] if len(resources) == 1 else name_over(action.lower())
        return {"EvalActionName": action, "EvalResourceName": name, **body}

    def _body(self, found: Sequence[Simulated]) -> View:
        """What a result says besides its name; the same for actions that the same statements are about."""
        resources = self._asked.resources
        effect = strictest(each.effect for each in found)
        body: View = {
            "EvalDecision": effect.value,
            "MatchedStatements": self._union(found, effect),
            "MissingContextValues": self._absent if any(map(_is_open, found)) else [],
            **_organizations(found),
            **_boundary(each.boundary for each in found),
        }
        if resources != inputs.ANYTHING:
            body["EvalDecisionDetails"] = _details(found)
            body["ResourceSpecificResults"] = list(map(self._on_resource, resources, found))
        return body

    def _on_resource(self, resource: str, found: Simulated) -> Shared:
        view = self._views.get((id(found), resource))
        if view is None:
            view = self._views[id(found), resource] = Shared(self._told, resource, found)
        return view

    def _told(self, resource: str, found: Simulated) -> View:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": found.effect.value,
            "MatchedStatements": list(map(self._statement, found.matches)),
            "MissingContextValues": self._absent if _is_open(found) else [],
            **({"EvalDecisionDetails": _details([found])} if found.details else {}),
            **_boundary([found.boundary]),
        }

    def _statement(self, match: Match) -> Shared:
        key = (match.policy, id(match.statement))
        view = self._statements.get(key)
        if view is None:
            view = self._statements[key] = Shared(_statement, match)
        return view

    def _union(self, found: Iterable[Simulated], effect: Effect) -> list[Shared]:
        """The statements of all resources, once each; where one is denied, those that deny."""
        told = {id(each): each for each in found if effect is not Effect.EXPLICIT_DENY or each.effect is effect}
        views = (self._statement(match) for each in told.values() for match in each.matches)
        return list({id(view): view for view in views}.values())


def _is_open(found: Simulated) -> bool:
    """Whether more context could matter: nothing allowed or denied, and no control policy hides the rest."""
    return found.effect is Effect.IMPLICIT_DENY and found.organizations is not False


def _position(marker: str | None) -> int:
    text = "0" if marker is None else text_of(marker)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise ValidationError("Invalid Marker.")
    return int(text)


def _statement(match: Match) -> View:
    statement = match.statement
    return {
        "SourcePolicyId": match.policy,
        "SourcePolicyType": _TYPES[match.layer],
        "StartPosition": {"Line": statement.start.line, "Column": statement.start.column},
        "EndPosition": {"Line": statement.end.line, "Column": statement.end.column},
    }


def _organizations(found: Iterable[Simulated]) -> View:
    said = [each.organizations for each in found if each.organizations is not None]
    return {"OrganizationsDecisionDetail": {"AllowedByOrganizations": all(said)}} if said else {}


def _boundary(answers: Iterable[bool | None]) -> View:
    said = [answer for answer in answers if answer is not None]
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(said)}} if said else {}


def _details(found: Iterable[Simulated]) -> View:
    """Each layer's strictest outcome when the resource is another account's; nothing within one account."""
    outcomes: dict[Layer, list[Effect]] = {}
    for each in found:
        for layer, effect in each.details.items():
            outcomes.setdefault(layer, []).append(effect)
    return {_TYPES[layer]: strictest(effects).value for layer, effects in outcomes.items()}
