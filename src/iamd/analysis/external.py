"""Who from outside a policy of a resource lets in: one grant for each principal that is named, or for everyone.

A grant is proved: it comes with a request from outside the zone of trust that the whole policy allows, denials and
conditions included, which the engine has confirmed. Where none can be told and none can be ruled out, access is reported
without one. AWS's own services are trusted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iamd.analysis.narrowing import is_open, strange_to
from iamd.analysis.symbolic import (
    STRANGER,
    Access,
    Budget,
    Caller,
    Extra,
    Undecided,
    nothing_of,
    place,
    unnamed,
)
from iamd.policy import Condition, Document, Kind, PrincipalKind, Principals, Request, Statement
from iamd.policy.arns import account_of
from iamd.policy.document import FIRST_VERSION, LATEST_VERSION
from iamd.policy.operators import FOR_ANY
from iamd.policy.patterns import Pattern, mark
from iamd.policy.simulate import asked_keys
from iamd.policy.text import lower

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_STEPS = 100_000  # of one proof
_OWN = "execute-api:"  # begins what names a part of the API that has the policy
_PLAIN = Document(Kind.RESOURCE, "", FIRST_VERSION, None, ())  # whose texts have no variables


@dataclass(frozen=True, slots=True)
class Grant:
    """What one principal outside is given. `type` is AWS, Federated or CanonicalUser, `principal` the account, ARN, id or
    provider, or `*`; `statement` is the place (from 0) of what grants it, `witness` a request that gets through."""

    type: str
    principal: str
    actions: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    is_public: bool
    statement: int
    witness: Request | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Whom one trusts: some accounts, and where they are an organization, whoever is in it."""

    accounts: frozenset[str]
    organization: str | None = None


def grants(document: Document, resource: str, zone: Zone, denials: Iterable[Statement] = ()) -> Iterator[Grant]:
    """What principals outside a zone of trust are given by the policy of a resource in it, but for what `denials` take
    away: those of resource control policies, of the latest version."""
    outsiders = {each.index: _outsiders(each, zone, document.kind) for each in document.statements}
    if not any(outsiders.values()):
        return
    proof = _Proof(_together(document, denials), resource, zone)
    for statement in document.statements:
        for type_, principal in outsiders[statement.index]:
            who = _ONE[type_](principal)
            actions, witness = proof.given(statement, who)
            if actions:
                told = tuple((each.key, ",".join(each.values)) for each in statement.conditions)
                public = principal == "*" and proof.is_public(statement, who)
                yield Grant(type_, principal, actions, told, public, statement.index, witness)


def _together(document: Document, denials: Iterable[Statement]) -> Document:
    """A document that denials have been put into."""
    statements = [*document.statements, *denials]
    version = document.version if len(statements) == len(document.statements) else LATEST_VERSION
    numbered = tuple(replace(each, index=at) for at, each in enumerate(statements))
    return replace(document, version=version, statements=numbered)


class _Proof:
    """Questions about one policy."""

    def __init__(self, document: Document, resource: str, zone: Zone) -> None:
        self._document = document
        self._access, self._nothing = Access.of(document), nothing_of(document.kind)
        named = document.kind is not Kind.TRUST and resource.startswith("arn:")
        own = (text for each in document.statements for text in each.resources or () if text.startswith(_OWN))
        self._resources = (resource, f"{resource}/*", f"{resource}:*", *own) if named else None
        self._zone = zone
        self._conditions = tuple(_outside(zone, resource, {lower(key) for key in asked_keys(document)}))
        self._denies = any(not each.allow for each in document.statements)

    def given(self, statement: Statement, who: Principals) -> tuple[tuple[str, ...], Request | None]:
        """The actions that a statement gives to a principal, as it lists them, and a request that shows one."""
        listed = tuple(_actions(self._document, statement))
        possible, witness = self._found(replace(statement, actions=listed, not_action=False), who)
        if not possible or not (self._denies or self._document.kind is Kind.TRUST) or len(listed) < 2:
            return listed if possible else (), witness
        each = (self._found(replace(statement, actions=(action,), not_action=False), who)[0] for action in listed)
        return tuple(action for action, is_given in zip(listed, each, strict=True) if is_given), witness

    def is_public(self, statement: Statement, who: Principals) -> bool:
        """Whether callers get in of whom the policy says nothing."""
        return self._found(statement, who, public=True)[0]

    def _found(self, statement: Statement, who: Principals, public: bool = False) -> tuple[bool, Request | None]:
        about = _PLAIN, replace(statement, principals=who, resources=self._resources, not_resource=False, conditions=())
        if public:
            extra = Extra((*self._conditions, *strange_to(self._document)), about, unnamed)
        else:
            extra = Extra(self._conditions, about, self._is_outside)
        try:
            found = place(self._access, self._nothing, statement.index, extra, Budget(_STEPS))
        except Undecided:
            return (is_open(statement) if public else True), None
        return found is not None, None if found is None else found.request

    def _is_outside(self, caller: Caller) -> bool:
        """Whether a caller is not of the zone; nor is it an AWS service."""
        who = caller.principal
        if who.kind in (PrincipalKind.SERVICE, PrincipalKind.FEDERATED):
            return who.kind is PrincipalKind.FEDERATED
        return who.account == STRANGER or who.account not in self._zone.accounts


def _outside(zone: Zone, resource: str, tested: set[str]) -> Iterator[tuple[Condition, bool]]:
    """What holds of requests from outside, of the (lower-case) keys that are tested: nothing in them is of the zone, but
    the resource."""
    accounts, owner = tuple(sorted(zone.accounts)), account_of(resource)
    known = [
        *(Condition("StringEquals", key, accounts) for key in ("aws:principalaccount", "aws:sourceaccount")),
        Condition("StringEquals", "kms:calleraccount", accounts),
        *(
            Condition("ArnLike", key, tuple(f"arn:*:*:*:{each}:*" for each in accounts))
            for key in ("aws:principalarn", "aws:sourcearn")
        ),
    ]
    if zone.organization is not None:
        org = zone.organization
        known += [Condition("StringEquals", f"aws:{key}orgid", (org,)) for key in ("principal", "source")]
        known += [
            Condition(f"{FOR_ANY}StringLike", f"aws:{key}orgpaths", (f"{org}/*",)) for key in ("principal", "source")
        ]
        if "aws:resourceorgid" in tested:
            yield Condition("StringEquals", "aws:resourceorgid", (org,)), True
    if owner is not None and "aws:resourceaccount" in tested:
        yield Condition("StringEquals", "aws:resourceaccount", (owner,)), True
    yield from ((each, False) for each in known if each.key in tested)


def _outsiders(statement: Statement, zone: Zone, kind: Kind) -> list[tuple[str, str]]:
    """The principals whom a statement allows something, as it names them, but for those of the zone."""
    who = statement.principals
    if who is None or not statement.allow:
        return []
    if who.negated or who.everyone:
        return [("AWS", "*")]
    named = {"AWS": who.aws, "Federated": who.federated, "CanonicalUser": who.canonical}
    return [(type_, text) for type_, texts in named.items() for text in texts if not _inside(type_, text, zone, kind)]


_ONE = {
    "AWS": lambda text: Principals(everyone=True) if text == "*" else Principals(aws=(text,)),
    "Federated": lambda text: Principals(federated=(text,)),
    "CanonicalUser": lambda text: Principals(canonical=(text,)),
}


def _inside(type_: str, principal: str, zone: Zone, kind: Kind) -> bool:
    """Whether a principal is of the zone. Unique ids stand in trust policies for those that were, and are nobody any
    more; elsewhere they may be anybody's."""
    if type_ != "AWS":
        return False
    inside = principal in zone.accounts or account_of(principal) in zone.accounts
    return inside or (kind is Kind.TRUST and principal[:4] in ("AROA", "AIDA"))


def _actions(document: Document, statement: Statement) -> list[str]:
    """The actions that can matter: those of assuming roles, or what the statement lists."""
    if document.kind is Kind.TRUST:
        return [action for action in _ASSUMING if _covers(statement, action)]
    return ["*"] if statement.not_action else list(statement.actions)


def _covers(statement: Statement, action: str) -> bool:
    listed = any(Pattern(mark(text.lower())).matches(action.lower()) for text in statement.actions)
    return listed is not statement.not_action
