"""Operations: plain functions, checked against the service model when they are imported, invoked behind the guard.

An operation is a pair of functions. The *resolver* names the target from the inputs; the guard decides on it; then the
*handler* gets the target's value and does the work. The parameters of both together are the members of the model's
input; one that neither has is refused when it is sent, so that nothing a client sends is dropped without a word.

Both run on the event loop, and may run twice. What is slow, or must stand whatever is decided, an operation has done
ahead by a third function, its *preparation*: a coroutine, whose result the others find as `call.prepared`, or a plain
function that returns such a coroutine, or None where these inputs ask for nothing.

Operations that AWS takes without signature have an *admission* instead: a coroutine that tells from the inputs who
calls (an identity provider's token is among them), before anything else.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from msgspec import structs

from iamd.guard import sessions
from iamd.guard.context import SEES_TARGET_BOUNDARY, Context, Row, parameter_keys, request_context, target_context
from iamd.guard.enforce import Ask, authorize
from iamd.guard.gather import Snapshot
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Realm, Reply
from iamd.wire import model
from iamd.wire.errors import AwsError, InvalidAction, InvalidInput
from iamd.wire.model import OperationModel, ServiceModel

Handler = Callable[..., Reply | None]
Resolver = Callable[..., Target[Any]]
Also = Callable[[Call, Any], Iterable[Ask]]
Preparation = Callable[..., Awaitable[Any] | None]
Admission = Callable[..., Awaitable[Admitted]]
H = TypeVar("H", bound=Handler)

MAX_ECHOED = 128  # characters of an unknown name that are told; the longest known one has 50
READS = ("describe_", "get_", "list_", "simulate_")
GLOBAL = frozenset({"iam", "organizations", "account"})
"""Services that answer any region as us-east-1."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to be invoked. `reads` tells that it changes no record."""

    service: str
    name: str
    model: OperationModel
    action: str
    resolver: Resolver
    handler: Handler
    resolver_members: tuple[str, ...]
    handler_members: tuple[str, ...]
    also: Also | None
    preparation: Preparation | None
    preparation_members: tuple[str, ...]
    admission: Admission | None
    admission_members: tuple[str, ...]
    reads: bool
    keys: tuple[Row, ...]
    refuses: Mapping[str, str]


class Api:
    """The operations that iamd implements of one service."""

    def __init__(self, name: str, prefix: str | None = None, source: str | None = None) -> None:
        self.name = name
        self.source = f"{source or name}.amazonaws.com"  # of its events
        self.prefix = prefix or name  # of its actions
        self.is_global = name in GLOBAL
        self.model: ServiceModel = model.load(name)
        self.operations: dict[str, Operation] = {}
        self.declined: dict[str, str] = {}  # why an operation of the model is not served
        self._by_function = {operation.snake: operation for operation in self.model.operations.values()}

    def operation(
        self,
        *,
        on: Resolver,
        also: Also | None = None,
        prepare: Preparation | None = None,
        admit: Admission | None = None,
        reads: bool | None = None,
        refuses: Mapping[str, str] | None = None,
        action: str | None = None,
    ) -> Callable[[H], H]:
        """Register the function as the operation of its name.

        `on` resolves the target; `also` names further actions that must be allowed (`iam:PassRole`); `prepare` is run
        before anything is decided, off the records; `admit` tells who calls an operation that takes no signature: it is
        called with the realm, the time and the inputs that it names, and raises AwsError; `refuses` maps input members
        that iamd does not honour to the reason answered when one is sent; `action` is the permission to decide on where
        it has not the operation's name. Raises TypeError when the parameters do not fit the model; a member that
        nothing reads is refused when sent.
        """

        def register(handler: H) -> H:
            described = self._by_function.get(handler.__name__)
            if described is None:
                raise TypeError(f"{self.name} has no operation {handler.__name__}")
            if described.unsigned is not (admit is not None):
                raise TypeError(f"{described.name}: `admit` is for operations that the model takes without signature")
            readers = [each for each in (handler, on, prepare, admit) if each]
            unread = _unread(described, readers, frozenset(refuses or {}))
            members = frozenset(member.snake for member in described.inputs)
            self.operations[described.name] = Operation(
                service=self.name,
                name=described.name,
                model=described,
                action=f"{self.prefix}:{action or described.name}",
                resolver=on,
                handler=handler,
                resolver_members=_members(on),
                handler_members=_members(handler),
                also=also,
                preparation=prepare,
                preparation_members=() if prepare is None else _members(prepare),
                admission=admit,
                admission_members=() if admit is None else _members(admit),
                reads=handler.__name__.startswith(READS) if reads is None else reads,
                keys=parameter_keys(self.name, handler.__name__, members),
                refuses={**(refuses or {}), **unread},
            )
            return handler

        return register

    def decline(self, reason: str, *names: str) -> None:
        """Say why operations are not served; raises TypeError for names that the model has not."""
        unknown = [name for name in names if name not in self.model.operations]
        if unknown:
            raise TypeError(f"{self.name} has no operation {', '.join(unknown)}")
        self.declined.update(dict.fromkeys(names, reason))

    def find(self, action: str, version: str) -> Operation:
        """The operation of that name; raises InvalidAction in AWS's words, and tells what AWS has and iamd lacks."""
        operation = self.operations.get(action)
        if operation is None or version != self.model.api_version:
            known = version == self.model.api_version and action in self.model.operations
            version = version[:MAX_ECHOED] or "NO_VERSION_SPECIFIED"
            why = ""
            if known:
                reason = self.declined.get(action, "a newer one may.")
                why = f". AWS has it, but this version of iamd does not serve it: {reason}"
            raise InvalidAction(f"Could not find operation {action[:MAX_ECHOED]} for version {version}{why}")
        return operation


async def admit(operation: Operation, realm: Realm, now: datetime, params: Mapping[str, Any]) -> Admitted | None:
    """Who calls an operation that takes no signature; None when it takes one. Raises AwsError."""
    if operation.admission is None:
        return None
    return await operation.admission(realm, now, **_given(params, operation.admission_members))


def prepare(call: Call) -> Awaitable[Any] | None:
    """The operation's preparation, to be awaited; None when there is nothing to prepare.

    Raises AwsError, now or when awaited; the call's records are to be read anew afterwards.
    """
    operation = call.operation
    if operation.preparation is None:
        return None
    sessions.check(call.caller, operation.service, operation.name)
    return operation.preparation(call, **_given(call.params, operation.preparation_members))


def invoke(call: Call) -> Reply | None:
    """Resolve, decide, execute. Raises AwsError; nothing is executed unless every decision allowed it."""
    target = permitted(call)
    return call.operation.handler(call, target.value, **_given(call.params, call.operation.handler_members))


def permitted(call: Call) -> Target[Any]:
    """The target, which exists, of a call that is allowed; raises AwsError otherwise.

    A preparation calls it first where it costs something, so that nobody makes the server work who may not.
    """
    operation, params = call.operation, call.params
    sessions.check(call.caller, operation.service, operation.name)
    for member, reason in operation.refuses.items():
        if member in params:
            raise InvalidInput(reason)
    target = operation.resolver(call, **_given(call.params, operation.resolver_members))
    _authorize(call, target)
    if target.missing is not None:
        raise target.missing
    return target


def _given(params: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
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
        further = structs.replace(ask, context={**seen, **ask.context}, owner=owner)
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
        authorize(call.caller.arn, snapshot, structs.replace(ask, context={**seen, **ask.context}, owner=owner))
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
    same = (call.now, call.client_ip, call.secure, call.agent, call.region)
    if snapshot.same == same:  # the next call of the same program within the second
        return snapshot.circumstances.copy()
    snapshot.same = same
    snapshot.circumstances = {**snapshot.context, **request_context(call.caller, *same)}
    return snapshot.circumstances.copy()


def _members(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(p.name for p in _keywords(function))


def _keywords(function: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            raise TypeError(f"{function.__name__}: name every parameter, or an unread one would vanish")
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            yield parameter


def _unread(
    described: OperationModel, readers: Iterable[Callable[..., Any]], refused: frozenset[str]
) -> dict[str, str]:
    """The model's input members that no function takes, each with what is answered when one is sent.

    There are none of the model that iamd was made for (a test tells), but a newer one may bring some, which must
    neither stop iamd nor be dropped. Raises TypeError for a parameter that the model lacks, or that needs a default.
    """
    honoured = {p.name: p for reader in readers for p in _keywords(reader)}
    unread = {}
    for member in described.inputs:
        if member.snake in refused:
            continue
        parameter = honoured.pop(member.snake, None)
        if parameter is None:
            unread[member.snake] = f"This version of iamd does not know {member.name} of {described.name}."
        elif not member.required and parameter.default is inspect.Parameter.empty:
            raise TypeError(f"{described.name}: `{member.snake}` is optional in the model and needs a default")
    if honoured:
        raise TypeError(f"{described.name}: the model has no {', '.join(sorted(honoured))}")
    return unread
