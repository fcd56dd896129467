"""An operation invoked behind the guard: resolve the target, decide, execute."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any

from iamd.guard import sessions
from iamd.guard.ask import Ask
from iamd.guard.context import SEES_TARGET_BOUNDARY, Context, target_context
from iamd.guard.enforce import authorize
from iamd.guard.snapshot import Snapshot
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, PublicCall, Realm, Reply
from iamd.services.registry import Operation
from iamd.wire.errors import AwsError, InvalidInput


def admit(operation: Operation, realm: Realm, now: datetime, params: Mapping[str, Any]) -> Awaitable[Admitted]:
    """Who calls an operation that takes no signature, to be awaited (raises AwsError)."""
    if operation.admission is None:
        raise TypeError(f"{operation.name} takes a signature")
    return operation.admission(realm, now, **given(params, operation.admission_members))


def public(operation: Operation, call: PublicCall, params: Mapping[str, Any]) -> Awaitable[Reply | None]:
    """What a public operation answers, to be awaited (raises AwsError). Raises InvalidInput for what it does not take."""
    if operation.public is None:
        raise TypeError(f"{operation.name} is not public")
    _require_known(operation, params)
    return operation.public(call, **given(params, operation.handler_members))


def prepare(call: Call) -> Awaitable[Any] | None:
    """The operation's preparation, to be awaited; None when there is nothing to prepare.

    Raises AwsError, now or when awaited; the call's records are to be read anew afterwards.
    """
    operation = call.operation
    if operation.preparation is None:
        return None
    sessions.check(call.caller, operation.service, operation.name)
    return operation.preparation(call, **given(call.params, operation.preparation_members))


def invoke(call: Call) -> Reply | None:
    """Resolve, decide, execute. Raises AwsError; nothing is executed unless every decision allowed it."""
    target = permitted(call)
    return call.operation.handler(call, target.value, **given(call.params, call.operation.handler_members))


def permitted(call: Call) -> Target[Any]:
    """The target, which exists, of a call that is allowed; raises AwsError otherwise.

    A preparation calls it first where it costs something, so that nobody makes the server work who may not.
    """
    operation, params = call.operation, call.params
    sessions.check(call.caller, operation.service, operation.name)
    _require_known(operation, params)
    target = operation.resolver(call, **given(call.params, operation.resolver_members))
    _authorize(call, target)
    if target.missing is not None:
        raise target.missing
    return target


def _require_known(operation: Operation, params: Mapping[str, Any]) -> None:
    for member, reason in operation.refuses.items():
        if member in params:
            raise InvalidInput(reason)


def given(params: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    """Those of the parameters that a function takes."""
    return {name: params[name] for name in members if name in params} if members else {}


def _authorize(call: Call, target: Target[Any]) -> None:
    snapshot = call.snapshot()
    account_id = target.account_id or call.caller.account_id
    owner = snapshot.standing if account_id == call.caller.account_id else call.standing(account_id)
    context = _circumstances(call, snapshot)
    context["aws:resourceaccount"] = account_id
    if owner is not None and "aws:resourceaccount" not in target.context:
        context.update(owner.resource_keys)
    if target.tags or target.context:
        context.update(target_context(target))  # a resource of AWS's own tells another account
    if call.operation.keys:
        context.update(_parameters(call))
    if target.boundary is not None and call.operation.model.snake in SEES_TARGET_BOUNDARY:
        context.setdefault("iam:permissionsboundary", target.boundary)
    asked = Ask(
        call.operation.action,
        target.arn,
        account_id,
        target.label,
        target.policy,
        target.policy_kind,
        context,
        owner=owner,
    )
    call.asked[:] = [asked]  # not what was asked ahead, by a preparation or on records of before
    authorize(call.caller.arn, snapshot, asked)
    for ask in call.operation.also(call, target.value) if call.operation.also and target.missing is None else ():
        owner = call.standing(ask.account_id)
        seen = context
        if ask.tags is not None or (ask.action != asked.action and ask.resource != asked.resource):
            # Another action on another resource, such as passing a role, must not see this target's tags as its own.
            seen = {**_circumstances(call, snapshot), **_parameters(call), "aws:resourceaccount": ask.account_id}
            seen.update({f"aws:resourcetag/{key.lower()}": value for key, value in ask.tags or ()})
            if owner is not None:
                seen.update(owner.resource_keys)
        further = ask.seeing(seen, owner)
        call.asked.append(further)
        authorize(call.caller.arn, snapshot, further)


def refusal(call: Call, ask: Ask) -> AwsError | None:
    """Why the caller may not do that to one of several resources of a call, which are refused one by one; None: it may.

    The call itself has been allowed; of what is asked here, an operation changes nothing that is refused.
    """
    snapshot, owner = call.snapshot(), call.standing(ask.account_id)
    seen = {**_circumstances(call, snapshot), **_parameters(call), "aws:resourceaccount": ask.account_id}
    if owner is not None:
        seen.update(owner.resource_keys)
    try:
        authorize(call.caller.arn, snapshot, ask.seeing(seen, owner))
    except AwsError as error:
        return error
    return None


def _parameters(call: Call) -> Context:
    """The condition keys that the inputs give."""
    context: Context = {}
    for _service, _prefix, member, keys in call.operation.keys:
        value = call.params.get(member)
        if value is not None:
            context.update(keys(value))
    return context


def _circumstances(call: Call, snapshot: Snapshot) -> Context:
    """What is known of the caller and of the way in which it calls: a copy, to be added to."""
    return snapshot.under(call.now, call.client_ip, call.secure, call.agent, call.region, call.caller).copy()
