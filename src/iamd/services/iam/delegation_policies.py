"""What a delegation request asks for: its policy, in the forms in which people and the engine look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iamd.caller.caller import CallerKind
from iamd.policy import Decision, Document, Effect, Kind, MalformedPolicy, Request, Statement, decide, load, parse
from iamd.services.call import Call
from iamd.services.iam.policies import find
from iamd.services.iam.role_rendering import filled
from iamd.services.iam.sources import document_at
from iamd.wire.errors import InvalidInput

_BOUNDARY = "iam:permissionsboundary"
_LONGEST_SUMMARY = 10_000


def requested_policy(call: Call, permissions: Mapping[str, Any]) -> str:
    """The policy that a request asks for: its template with the parameters in their places. Raises InvalidInput.

    AWS registers templates by hand when a product is taken on; here the requestor's managed policies are templates.
    A policy with which roles could be created must hold them to a permissions boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html
    """
    arn = permissions.get("PolicyTemplateArn")
    if arn is None or find(call.records, arn) is None:
        raise InvalidInput(f"The policy template {arn} cannot be found.")
    parameters = permissions.get("Parameters") or ()
    if any(each.get("Type") == "string" and len(each.get("Values") or ()) != 1 for each in parameters):
        raise InvalidInput("A parameter of type string takes exactly one value.")
    given = {each.get("Name", ""): list(each.get("Values") or ()) for each in parameters}
    text = filled(document_at(call.records, arn), given)
    try:
        document = parse(text, Kind.IDENTITY)
    except MalformedPolicy as error:
        raise InvalidInput(f"The rendered policy is not valid: {error}") from None
    if any(not _boundaries(statement) for statement in _creating_roles(document)):
        raise InvalidInput("A policy that allows iam:CreateRole must require a permissions boundary.")
    return text


def role_restrictions(policy: str) -> list[str]:
    """The boundaries to which roles that are created with the policy are held."""
    found = (arn for statement in _creating_roles(_document(policy)) for arn in _boundaries(statement))
    return list(dict.fromkeys(found))


def _document(policy: str) -> Document:
    return load(policy, Kind.IDENTITY).document


def _creating_roles(document: Document) -> Iterator[Statement]:
    rules = load(document.text, Kind.IDENTITY).select("iam:CreateRole").allows
    return (document.statements[rule.index] for rule in rules)


def _boundaries(statement: Statement) -> Sequence[str]:
    held = (
        condition.values
        for condition in statement.conditions
        if condition.key.lower() == _BOUNDARY
        and condition.operator in ("StringEquals", "ArnEquals", "StringLike", "ArnLike")
    )
    return next(held, ())


def covered(call: Call, policy: str) -> str:
    """Whether the caller could do itself what the policy allows: `ALLOWED`, `DENIED`, or `UNSURE` where that depends on
    conditions. An approximation, as AWS's is: patterns of actions and resources are asked for as they are written."""
    if call.caller.kind is CallerKind.ROOT:
        return "ALLOWED"
    decisions = [_own(call, action, resource) for action, resource in _asked(_document(policy))]
    if any(each.effect is not Effect.ALLOWED and not each.missing for each in decisions):
        return "DENIED"
    return "ALLOWED" if all(each.allowed for each in decisions) else "UNSURE"


def _asked(document: Document) -> Iterator[tuple[str, str]]:
    for statement in document.statements:
        if statement.allow:
            for action in ["*"] if statement.not_action else statement.actions:
                for resource in ["*"] if statement.not_resource else statement.resources or ("*",):
                    yield action, resource


def _own(call: Call, action: str, resource: str) -> Decision:
    snapshot = call.snapshot()
    request = Request(snapshot.principal, action, resource, call.account_id, dict(snapshot.context))
    return decide(request, snapshot.layers)


def summary(requestor: str, seconds: int, policy: str) -> str:
    """The request in plain English."""
    hours, minutes = divmod(seconds // 60, 60)
    time = " and ".join(f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in ((hours, "hour"), (minutes, "minute")) if n)
    lines = [f"Account {requestor} asks for access to this account for {time}."]
    lines += [_sentence(statement) for statement in _document(policy).statements]
    restrictions = role_restrictions(policy)
    if restrictions:
        lines.append(f"Roles that it creates are held to the permissions boundary {', '.join(restrictions)}.")
    return "\n".join(lines)[:_LONGEST_SUMMARY]


def _sentence(statement: Statement) -> str:
    listed = ", ".join(statement.actions)
    actions = f"everything but {listed}" if statement.not_action else listed
    places = ", ".join("all resources" if text == "*" else text for text in statement.resources or ())
    resources = f"everything but {places}" if statement.not_resource else places
    verb = "It would be allowed" if statement.allow else "It would be denied"
    when = f", if {' and '.join(_clause(each) for each in statement.conditions)}" if statement.conditions else ""
    return f"{verb} {actions} on {resources}{when}."


def _clause(condition: Any) -> str:
    return f"{condition.key} meets {condition.operator} {' or '.join(condition.values)}"
