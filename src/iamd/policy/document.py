"""A policy document as it was written: frozen values, with the place of every statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

LATEST_VERSION = "2012-10-17"
FIRST_VERSION = "2008-10-17"


class Kind(Enum):
    """What a document is for; decides its grammar.

    MANAGED is an identity policy that is stored as a customer managed policy (and so may be a boundary): it must be
    of the latest version. ENDPOINT is a VPC endpoint policy.
    """

    IDENTITY = "identity"
    MANAGED = "managed"
    RESOURCE = "resource"
    TRUST = "trust"
    SESSION = "session"
    BOUNDARY = "boundary"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "endpoint"

    @property
    def names_principals(self) -> bool:
        """Whether statements of this kind must have a Principal (the others must not)."""
        return self in _WITH_PRINCIPALS


_WITH_PRINCIPALS = frozenset({Kind.RESOURCE, Kind.TRUST, Kind.RCP, Kind.ENDPOINT})


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the text, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal or NotPrincipal element. `everyone`: `"*"` (then `bare`), or `*` among the AWS principals."""

    negated: bool = False
    everyone: bool = False
    bare: bool = False
    aws: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator, as spelled; numbers and Booleans are their JSON text."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """`resources` is None where the element is absent (trust policies; some services' resource policies)."""

    index: int
    sid: str | None
    allow: bool
    principals: Principals | None
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...] | None
    not_resource: bool
    conditions: tuple[Condition, ...]
    start: Position
    end: Position

    # An Allow of all but an empty list grants nothing.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

    @property
    def spares_actions(self) -> bool:
        """Whether it is about all actions but the listed."""
        return self.not_action and (bool(self.actions) or not self.allow)

    @property
    def spares_resources(self) -> bool:
        """Whether it is about all resources but the listed."""
        return self.not_resource and (bool(self.resources) or not self.allow)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that follows the grammar of its kind."""

    kind: Kind
    text: str
    version: str
    id: str | None
    statements: tuple[Statement, ...]

    @property
    def has_variables(self) -> bool:
        """Whether the version knows policy variables."""
        return self.version == LATEST_VERSION

    def principals(self) -> tuple[tuple[str, str], ...]:
        """Every (type, value) that Principal and NotPrincipal elements name, in order, `*` left out."""
        named: list[tuple[str, str]] = []
        for statement in self.statements:
            if statement.principals is not None:
                who = statement.principals
                named += [("AWS", value) for value in who.aws]
                named += [("Service", value) for value in who.service]
                named += [("Federated", value) for value in who.federated]
                named += [("CanonicalUser", value) for value in who.canonical]
        return tuple(named)
