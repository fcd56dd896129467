"""Operations: plain functions, checked against the service model when they are imported; `invocation` runs them.

An operation is a pair of functions. The *resolver* names the target from the inputs; the guard decides on it; then the
*handler* gets the target's value and does the work. The parameters of both together are the members of the model's
input; one that neither has is refused when it is sent, so that nothing a client sends is dropped without a word.

Both run on the event loop, and may run twice. What is slow, or must stand whatever is decided, an operation has done
ahead by a third function, its *preparation*: a coroutine, whose result the others find as `call.prepared`, or a plain
function that returns such a coroutine, or None where these inputs ask for nothing.

Operations that AWS takes without signature have an *admission* instead: a coroutine that tells from the inputs who
calls (an identity provider's token is among them), before anything else. A few of these are *public*: no policy of
anybody says who may call them, because what is sent along is all that counts. They are one coroutine each.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from iamd.guard.ask import Ask
from iamd.guard.context import Row, parameter_keys
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Reply
from iamd.wire import model
from iamd.wire.errors import InvalidAction
from iamd.wire.model import OperationModel, ServiceModel

Handler = Callable[..., Reply | None]
Resolver = Callable[..., Target[Any]]
Also = Callable[[Call, Any], Iterable[Ask]]
Preparation = Callable[..., Awaitable[Any] | None]
Admission = Callable[..., Awaitable[Admitted]]
Public = Callable[..., Awaitable[Reply | None]]
H = TypeVar("H", bound=Handler)
P = TypeVar("P", bound=Public)

MAX_ECHOED = 128  # characters of an unknown name that are told; the longest known one has 50
READS = ("describe_", "get_", "list_", "simulate_")
GLOBAL = frozenset({"iam", "organizations", "account"})
"""Services that answer any region as us-east-1."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to be invoked. `reads` tells that it changes no record; `public` is all of an operation that
    has neither target nor decision."""

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
    public: Public | None = None

    @property
    def takes_unsigned(self) -> bool:
        """Whether it is called without signature."""
        return self.admission is not None or self.public is not None


class Api:
    """The operations that iamd implements of one service."""

    def __init__(self, name: str, prefix: str | None = None, source: str | None = None) -> None:
        self.name = name
        self.source = source if name == model.OWN and source else f"{source or name}.amazonaws.com"  # of its events
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

    def public(self, function: P) -> P:
        """Register the coroutine as the operation of its name, which takes no signature and about which no policy says
        anything: the function itself finds out whether what is sent along is good. It is called with a `call.PublicCall`
        and the inputs, records what belongs into a trail, and raises AwsError. Raises TypeError as `operation` does.
        """
        described = self._by_function.get(function.__name__)
        if described is None or not described.unsigned:
            raise TypeError(f"{self.name} has no operation {function.__name__} without signature")
        self.operations[described.name] = Operation(
            service=self.name,
            name=described.name,
            model=described,
            action=f"{self.prefix}:{described.name}",
            resolver=_public,
            handler=_public,
            resolver_members=(),
            handler_members=_members(function),
            also=None,
            preparation=None,
            preparation_members=(),
            admission=None,
            admission_members=(),
            reads=function.__name__.startswith(READS),
            keys=(),
            refuses=_unread(described, [function], frozenset()),
            public=function,
        )
        return function

    def decline(self, reason: str, *names: str) -> None:
        """Say why operations are not served; raises TypeError for names that the model has not."""
        unknown = [name for name in names if name not in self.model.operations]
        if unknown:
            raise TypeError(f"{self.name} has no operation {', '.join(unknown)}")
        self.declined.update(dict.fromkeys(names, reason))

    def beside(self, name: str, *, on: Resolver, also: Also | None = None) -> Callable[[Handler], Operation]:
        """Make the function an operation that the console has and no client can call. It stands beside the one of that
        name: it takes the same permission, is recorded as that one, and has inputs of its own."""

        def make(handler: Handler) -> Operation:
            return replace(
                self.operations[name],
                resolver=on,
                handler=handler,
                resolver_members=_members(on),
                handler_members=_members(handler),
                also=also,
                preparation=None,
                preparation_members=(),
                keys=(),
                refuses={},
            )

        return make

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


def _public(call: Call) -> Any:
    raise TypeError(f"{call.operation.name} has no target and no handler")


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
