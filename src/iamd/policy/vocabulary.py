"""The words of an answer: effects, layers, grants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .compiled import Policy
from .document import Statement
from .statement import Rule


class Effect(Enum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(Enum):
    """One kind of policy; the value is AWS's word for it in access-denied messages.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """

    SCP = "service control"
    RCP = "resource control"
    ENDPOINT = "VPC endpoint"
    RESOURCE = "resource-based"
    TRUST = "role trust"
    IDENTITY = "identity-based"
    BOUNDARY = "permissions boundary"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy where it is attached: a managed policy's ARN or an inline policy's name, and the policy."""

    name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement that counted: the policy's name, the statement's place in it (from 0), its Sid."""

    policy: str
    index: int
    sid: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request.

    `layer` is the one that settled it (None: nothing had to be asked). `statements` are those that granted or
    denied; an implicit denial has none. `missing` are the context keys (lower case) looked for in vain on the way.
    """

    effect: Effect
    layer: Layer | None = None
    statements: tuple[Grant, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOWED


class Entry:
    """A rule where it stands: its layer, the policy there, the rule."""

    __slots__ = ("_settled", "attached", "layer", "rule")

    def __init__(self, layer: Layer, attached: Attached, rule: Rule) -> None:
        self.layer = layer
        self.attached = attached
        self.rule = rule
        self._settled: Decision | None = None

    @property
    def name(self) -> str:
        return self.attached.name

    @property
    def statement(self) -> Statement:
        """The rule as it was written."""
        return self.attached.policy.document.statements[self.rule.index]

    def patterns(self) -> list[str] | None:
        return self.rule.patterns()

    @property
    def settled(self) -> Decision:
        """The decision of a request that this statement settles, where no key was looked for in vain; made once."""
        if self._settled is None:
            effect = Effect.ALLOWED if self.rule.allow else Effect.EXPLICIT_DENY
            self._settled = Decision(effect, self.layer, (Grant(self.name, self.rule.index, self.rule.sid),))
        return self._settled
