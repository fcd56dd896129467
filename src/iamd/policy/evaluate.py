"""The decision: every layer, and how the layers add up.

An explicit denial anywhere ends it. Control, endpoint, boundary and session policies only ever narrow; identity and
resource policies grant. In the caller's own account either may grant, and what a resource policy's grant bypasses
depends on how closely it names the caller; between accounts both must. Roles' trust policies and KMS key policies
must always allow. Whatever nothing here allows is denied.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from .arns import account_of
from .plan import Gate, Plan
from .principals import ACCOUNT, FEDERATED_USER, ISSUER, ITSELF, NOBODY, ROOT, SERVICE_LINKED
from .request import Layers, Request
from .vocabulary import Decision, Effect, Entry, Layer

# Calls that no policy can refuse.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
UNGUARDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)

# What the root user of the owning account may do even under a resource policy that denies it, so that nobody is
# locked out of a bucket or queue for good.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
_ROOT_RECOVERS = frozenset(
    {
        "s3:getbucketpolicy",
        "s3:putbucketpolicy",
        "s3:deletebucketpolicy",
        "sqs:getqueueattributes",
        "sqs:setqueueattributes",
    }
)

# What a management account may do in its members' accounts, and no policy of theirs has to allow.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
_ONE_SIDED = frozenset({"sts:assumeroot"})

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
_BEYOND_RCPS = frozenset({"kms:retiregrant"})

_UNASKED = Decision(Effect.ALLOWED)
_REFUSALS = {layer: Decision(Effect.IMPLICIT_DENY, layer) for layer in Layer}


class Case:
    """One request under its layers, with the facts that several rules ask for."""

    __slots__ = ("context", "layers", "missing", "owner", "plan", "request", "resource", "rules", "who")

    def __init__(self, request: Request, layers: Layers) -> None:
        self.request = request
        self.layers = layers
        self.who = request.principal
        self.resource = request.resource
        self.context = request.context
        self.plan: Plan = layers.plan(request.action)
        self.missing: list[str] = []
        self.owner = request.resource_account or account_of(request.resource) or self.who.account
        self.rules = None if layers.resource is None else layers.resource.policy.select(request.action)

    @property
    def resource_layer(self) -> Layer:
        return Layer.TRUST if self.is_trust else Layer.RESOURCE

    @property
    def is_trust(self) -> bool:
        """Whether the resource policy is a role's trust policy."""
        return self.plan.action in _TRUST_ACTIONS and ":role/" in self.resource

    @property
    def is_sovereign(self) -> bool:
        """Whether the resource's own policy must allow, whatever the identity's says."""
        action = self.plan.action
        if action.startswith("kms:"):
            return ":key/" in self.resource
        return self.is_trust

    @property
    def bounded(self) -> bool:
        """Whether the caller has a permissions boundary: no NotPrincipal spares it then."""
        return self.who.has_policies and bool(self.layers.boundaries)

    @property
    def under_scps(self) -> bool:
        """SCPs bind the principals of member accounts, service-linked roles excepted."""
        layers, who = self.layers, self.who
        if not layers.scps or who.account == layers.management_account:
            return False
        return who.has_policies and not who.is_service_linked

    @property
    def under_rcps(self) -> bool:
        """RCPs bind the resources of member accounts, whoever calls, service-linked roles excepted."""
        layers = self.layers
        if not layers.rcps or self.plan.action in _BEYOND_RCPS:
            return False
        if self.owner is not None and self.owner == layers.management_account:
            return False
        return not (self.who.is_service_linked or (self.is_trust and SERVICE_LINKED in self.resource))

    def refused(self, layer: Layer) -> Decision:
        """The implicit denial by a layer."""
        return _with_missing(_REFUSALS[layer], self.missing)

    def settled(self, entry: Entry | None) -> Decision:
        """The decision that a statement makes; without one, root's own permission to do everything."""
        return _with_missing(_UNASKED if entry is None else entry.settled, self.missing)


def _with_missing(decision: Decision, missing: list[str]) -> Decision:
    if not missing:
        return decision
    return Decision(decision.effect, decision.layer, decision.statements, tuple(dict.fromkeys(missing)))


def decide(request: Request, layers: Layers) -> Decision:
    """Whether the request is allowed under the layers. Pure; never raises for a well-typed request."""
    case = Case(request, layers)
    if case.plan.action in UNGUARDED:
        return _UNASKED
    under_scps, under_rcps = case.under_scps, case.under_rcps
    denial = _denial(case, under_scps, under_rcps)
    if denial is not None:
        return case.settled(denial)
    closed = _closed_gate(case, under_scps, under_rcps)
    if closed is not None:
        return case.refused(closed.layer)
    who = case.who
    if not who.has_policies:
        _, grant = _resource_grant(case)
        return case.refused(case.resource_layer) if grant is None else case.settled(grant)
    if who.kind is ROOT:
        return _decide_for_root(case)
    if who.account != case.owner and case.plan.action not in _ONE_SIDED:
        return _decide_across_accounts(case)
    return _decide_in_account(case)


def _denial(case: Case, under_scps: bool, under_rcps: bool) -> Entry | None:
    """The first statement that denies the request, or None."""
    plan, who = case.plan, case.who
    resource, context, missing = case.resource, case.context, case.missing
    if who.has_policies:
        for entry in (plan.denies if under_scps else plan.own_denies).near(resource):
            if entry.rule.applies(resource, context, missing):
                return entry
    bounded = case.bounded
    for shelf in (plan.rcp_denies, plan.endpoint_denies) if under_rcps else (plan.endpoint_denies,):
        for entry in shelf.near(resource):
            principals, rule = entry.rule.principals, entry.rule
            if (principals is None or principals.denies(who, bounded)) and rule.applies(resource, context, missing):
                return entry
    theirs = case.layers.resource
    if theirs is None or case.rules is None or not case.rules.denies.entries or root_recovers(case):
        return None
    for rule in case.rules.denies.near(resource):
        principals = rule.principals
        if (principals is None or principals.denies(who, bounded)) and rule.applies(resource, context, missing):
            return Entry(case.resource_layer, theirs, rule)
    return None


def root_recovers(case: Case) -> bool:
    """Whether the resource policy's denials are void, so that the owner can mend it."""
    who = case.who
    return who.kind is ROOT and case.plan.action in _ROOT_RECOVERS and who.account == case.owner


def _closed_gate(case: Case, under_scps: bool, under_rcps: bool) -> Gate | None:
    """The first control or endpoint policy level that does not allow the request, or None."""
    plan = case.plan
    gates: tuple[Gate, ...] = plan.endpoint
    if under_rcps and plan.rcps:
        gates = (*plan.rcps, *gates)
    if under_scps and plan.scps:
        gates = (*plan.scps, *gates)
    for gate in gates:
        if _opened(case, gate) is None:
            return gate
    return None


def _opened(case: Case, gate: Gate) -> Entry | None:
    """The entry of a gate that allows the request, or None."""
    resource, context, missing, who = case.resource, case.context, case.missing, case.who
    for entry in gate.near(resource):
        rule = entry.rule
        if (rule.principals is None or rule.principals.grants(who, True)) and rule.applies(resource, context, missing):
            return entry
    return None


def _resource_grant(case: Case) -> tuple[int, Entry | None]:
    """How closely the resource policy's Allow statements name the caller, and the closest of them."""
    best, found = NOBODY, None
    theirs = case.layers.resource
    if theirs is None or case.rules is None:
        return best, None
    for rule in case.rules.allows.near(case.resource):
        closeness = ITSELF if rule.principals is None else rule.principals.grants(case.who, False)
        if closeness > best and rule.applies(case.resource, case.context, case.missing):
            best, found = closeness, rule
    return best, None if found is None else case.layers.granting(case.resource_layer, theirs, found)


def _limits(case: Case) -> Layer | None:
    """The boundary or session layer that does not allow the request, or None."""
    if case.plan.boundary is not None and _opened(case, case.plan.boundary) is None:
        return Layer.BOUNDARY
    if case.plan.session is not None and _opened(case, case.plan.session) is None:
        return Layer.SESSION
    if case.who.kind is FEDERATED_USER and case.layers.session is None:
        return Layer.SESSION  # such a session has only what resource policies grant to itself
    return None


def _identity_grant(case: Case) -> tuple[bool, Entry | None]:
    """Whether the identity policies allow, and by which entry; what root passed on needs none."""
    issuer = case.who.issuer_arn
    if issuer is not None and issuer.endswith(":root"):
        return True, None
    entry = _opened(case, case.plan.identity)
    return entry is not None, entry


def _decide_for_root(case: Case) -> Decision:
    """The root user may do everything in its account; elsewhere, what is granted to its account."""
    plan = case.plan
    if case.is_trust:
        return case.refused(Layer.TRUST)  # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    if plan.session is not None and not plan.session_denies_only and _opened(case, plan.session) is None:
        return case.refused(Layer.SESSION)
    if case.who.account == case.owner and not case.is_sovereign:
        return case.settled(None)
    closeness, grant = _resource_grant(case)
    return case.settled(grant) if closeness >= ACCOUNT else case.refused(Layer.RESOURCE)


def _decide_across_accounts(case: Case) -> Decision:
    """Both accounts must allow, and nothing that limits the caller is bypassed."""
    allowed, _ = _identity_grant(case)
    if not allowed:
        return case.refused(Layer.IDENTITY)
    limit = _limits(case)
    if limit is not None:
        return case.refused(limit)
    _, grant = _resource_grant(case)
    return case.refused(case.resource_layer) if grant is None else case.settled(grant)


def _decide_in_account(case: Case) -> Decision:
    """Either side may grant; how closely the resource policy names the caller says what its grant bypasses.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource.html
    """
    allowed, entry = _identity_grant(case)
    limit = _limits(case)
    sovereign = case.is_sovereign
    if allowed and limit is None and not sovereign:
        return case.settled(entry)
    closeness, grant = _resource_grant(case)
    if closeness >= ITSELF:
        return case.settled(grant)
    if closeness != ISSUER:
        if not allowed:
            return case.refused(Layer.IDENTITY)
        if sovereign and closeness < ACCOUNT:
            return case.refused(case.resource_layer)
        grant = entry
    return case.settled(grant) if limit is None else case.refused(limit)
