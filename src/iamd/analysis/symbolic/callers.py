"""Callers in classes: within one, every Principal element names all of them or none.

What AWS itself says of a caller in every request, its ARN, account and type, is tied to the caller: no witness claims
an ARN that is not its own.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from iamd.analysis.symbolic.budget import Undecided
from iamd.policy import Condition, Document, Kind, Principal, PrincipalKind
from iamd.policy.arns import account_of, split
from iamd.policy.memo import Memo
from iamd.policy.simulate import asked_keys
from iamd.policy.text import lower

STRANGER = "999999999999"
STRANGE_NAME = "example.com"  # a service or identity provider that nobody names: one stands for all
_ARN, _ACCOUNT, _TYPE = "aws:principalarn", "aws:principalaccount", "aws:principaltype"
_SERVICE, _SERVICE_NAME, _USER_NAME = "aws:principalisawsservice", "aws:principalservicename", "aws:username"
TIED = frozenset({_ARN, _ACCOUNT, _TYPE, _SERVICE, _SERVICE_NAME, _USER_NAME})
_KEPT, _FEW = 200_000, 20  # characters of answers that are kept: of policies that name few
_CALLERS = 10_000  # classes that are looked at
_TIES = 1_000_000  # and what holds of all of them together
_FEDERATING = frozenset({"sts:assumerolewithsaml", "sts:assumerolewithwebidentity"})

Tie = tuple[Condition, bool]


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller of a class, and what holds for the keys that are tied to it: conditions, and whether each is met."""

    principal: Principal
    ties: tuple[Tie, ...] = ()

    @property
    def hints(self) -> dict[str, str]:
        """Likely values of the keys that are tied to it."""
        who = self.principal
        arn = who.role_arn or who.arn
        return {_ARN: arn, _ACCOUNT: who.account or "", _USER_NAME: who.name}

    @property
    def fixed(self) -> dict[str, str | None]:
        """The keys of which nothing is left open, with their values (None: its requests do not have them)."""
        equal = {each.key: each.values[0] for each, met in self.ties if met and each.operator == "StringEquals"}
        return {**equal, **{each.key: None for each, met in self.ties if met and each.operator == "Null"}}

    def makes(self, action: str, kind: Kind) -> bool:
        """Whether such a caller can make a request at all: federation is for identity providers' principals, and
        what is left of a trust policy for everyone else who signs."""
        if kind is not Kind.TRUST:
            return True
        if self.principal.kind in (PrincipalKind.ANONYMOUS, PrincipalKind.ROOT):
            return False
        return (action in _FEDERATING) is (self.principal.kind is PrincipalKind.FEDERATED)


def unnamed(caller: Caller) -> bool:
    """Whether nobody has named it or its account."""
    return caller.principal.kind is PrincipalKind.ANONYMOUS or caller.principal.account == STRANGER


ANYONE = Caller(Principal.from_text("arn:aws:iam::123456789012:user/someone"))  # whose policies are not about callers


def callers(documents: Iterable[Document]) -> tuple[Caller, ...]:
    """A caller of each class that the documents can tell apart."""
    listed = list(documents)
    named = tuple(dict.fromkeys(each for document in listed for each in document.principals()))
    tested = frozenset(lower(text) for document in listed for text in asked_keys(document))
    classes = _kept_classes if len(named) <= _FEW else _classes
    return classes(named, tuple(dict.fromkeys(_tested_accounts(listed))), tested & TIED)


def _classes(
    named: tuple[tuple[str, str], ...], tested_accounts: tuple[str, ...], tested: frozenset[str]
) -> tuple[Caller, ...]:
    """The same of what documents name, of accounts that conditions name, and with ties of the keys that are tested."""
    texts = [text for type_, text in named if type_ == "AWS" and _is_somebody(text)]
    accounts = list(dict.fromkeys([*_accounts(texts), *tested_accounts, STRANGER]))
    most = _CALLERS if not tested else min(_CALLERS, _TIES // (len(accounts) + len(texts)))
    everyone = list(islice(_everyone(named, texts, accounts), most + 1))
    if len(everyone) > most:
        raise Undecided("the policies name too many principals together")
    if not tested:
        return tuple(Caller(who) for who, _ in everyone)
    services = [text for type_, text in named if type_ == "Service" and text not in ("", STRANGE_NAME)]
    return tuple(_about(_tied(who, texts, accounts, services, fresh), tested) for who, fresh in everyone)


_kept_classes = Memo(_classes, _KEPT)


def _everyone(
    named: tuple[tuple[str, str], ...], texts: list[str], accounts: list[str]
) -> Iterator[tuple[Principal, bool]]:
    """One of each class, and whether it stands for many: of its account, or of those that nobody names."""
    canonical = [text for type_, text in named if type_ == "CanonicalUser"]
    people = chain(
        ((who, False) for who in _named(texts)), ((who, True) for account in accounts for who in _members(account))
    )
    for who, fresh in people:
        yield who, fresh
        yield from ((replace(who, canonical_user=text), fresh) for text in canonical)
    for type_, kind in (("Service", "service"), ("Federated", "federated")):
        for text in dict.fromkeys([*(text for of, text in named if of == type_ and text), STRANGE_NAME]):
            yield Principal.from_text(f"{kind}:{text}"), text == STRANGE_NAME
    yield Principal.from_text("*"), False


def _is_somebody(text: str) -> bool:
    """Whether there can be whom a text names: an account, a unique id or the ARN of a principal."""
    if text.isascii() and text.isalnum():
        return True
    try:
        return Principal.from_text(text).account is not None
    except ValueError:
        return False


def _named(texts: list[str]) -> Iterator[Principal]:
    """Those whom ARNs and unique ids name, sessions of roles with and without names of their own, and mixtures."""
    ids = [text for text in texts if text[:4] in ("AIDA", "AROA")]
    roles = [text for text in texts if _resource(text).startswith("role/")]
    sessions = [text for text in texts if _resource(text).startswith("assumed-role/")]
    users = [text for text in texts if _resource(text).startswith("user/")]
    for text in texts:
        if _resource(text).startswith(("user/", "federated-user/")):
            yield Principal.from_text(text)
    for user in users:
        yield Principal.from_text(f"arn:aws:sts::{account_of(user)}:federated-user/someone", user)
    for role in roles:
        yield Principal.from_text(_session(role, "session"), role)
    for text in sessions:
        yield Principal.from_text(text)
        for role in roles:
            if _session(role, text.rpartition("/")[2]) == text:
                yield Principal.from_text(text, role)
    strange = (f"arn:aws:iam::{STRANGER}:user/x", f"arn:aws:iam::{STRANGER}:role/x")
    for unique in ids:
        if unique.startswith("AIDA"):
            for user in (*users, strange[0]):
                yield Principal.from_text(user, unique_id=unique)
        else:
            for role in (*roles, strange[1]):
                for name in {"session", *(text.rpartition("/")[2] for text in sessions)}:
                    yield Principal.from_text(_session(role, name), role, unique_id=unique)


def _resource(arn: str) -> str:
    fields = split(arn)
    return "" if fields is None else fields[5]


def _session(role: str, name: str) -> str:
    return f"arn:aws:sts::{account_of(role)}:assumed-role/{role.rpartition('/')[2]}/{name}"


def _members(account: str) -> Iterator[Principal]:
    yield Principal.from_text(f"arn:aws:iam::{account}:user/someone")
    role = f"arn:aws:iam::{account}:role/some-role"
    yield Principal.from_text(_session(role, "someone"), role)
    yield Principal.from_text(f"arn:aws:iam::{account}:root")
    issuer = f"arn:aws:iam::{account}:user/some-issuer"
    yield Principal.from_text(f"arn:aws:sts::{account}:federated-user/someone", issuer)


def _accounts(texts: list[str]) -> Iterator[str]:
    for text in texts:
        account = text if len(text) == 12 and text.isdigit() else account_of(text)
        if account is not None:
            yield account


def _tested_accounts(documents: list[Document]) -> Iterator[str]:
    """Accounts that conditions on the caller name."""
    for document in documents:
        for statement in document.statements:
            for condition in statement.conditions:
                if lower(condition.key) in (_ACCOUNT, _ARN):
                    yield from _accounts(list(condition.values))


def _tied(who: Principal, texts: list[str], accounts: list[str], services: list[str], fresh: bool) -> Caller:
    """A caller with what its requests say of it. `fresh`: one of many in its account, or of all services, none of those
    that are named."""
    is_service = who.kind is PrincipalKind.SERVICE
    ties: list[Tie] = [
        (_equals(_TYPE, _TYPES[who.kind]), True),
        (Condition("Bool", _SERVICE, ("true" if is_service else "false",)), True),
    ]
    if is_service and fresh:
        ties.append((Condition("StringLike", _SERVICE_NAME, ("?*",)), True))
        ties += [(_equals(_SERVICE_NAME, text), False) for text in services]
    else:
        ties.append((_equals(_SERVICE_NAME, who.arn) if is_service else _lacks(_SERVICE_NAME), True))
    if who.account is None or who.kind is PrincipalKind.FEDERATED:
        ties.append((_lacks(_ARN), True))
        if who.kind is PrincipalKind.ANONYMOUS:
            ties.append((_equals(_ACCOUNT, "anonymous"), True))
        else:  # it is no customer's account that they speak for
            ties += [(_equals(_ACCOUNT, each), False) for each in accounts]
    else:
        ties += [*_account_ties(who.account, accounts), *_arn_ties(who, texts, accounts, fresh)]
    if who.kind is not PrincipalKind.USER:
        ties.append((_lacks(_USER_NAME), True))
    elif not fresh:
        ties.append((_equals(_USER_NAME, who.name), True))
    return Caller(who, tuple(ties))


def _account_ties(account: str, accounts: list[str]) -> Iterator[Tie]:
    if account != STRANGER:
        yield _equals(_ACCOUNT, account), True
        return
    yield Condition("StringLike", _ACCOUNT, ("?" * 12,)), True
    yield from ((_equals(_ACCOUNT, each), False) for each in accounts if each != STRANGER)


def _arn_ties(who: Principal, texts: list[str], accounts: list[str], fresh: bool) -> Iterator[Tie]:
    arn = who.role_arn or who.arn
    service, type_ = arn.split(":")[2], _resource(arn).partition("/")[0]
    name = "" if type_ == "root" else "/?*"
    if who.account == STRANGER:
        yield Condition("ArnLike", _ARN, (f"arn:*:{service}::{'?' * 12}:{type_}{name}",)), True
        others = [each for each in accounts if each != STRANGER]
        yield from ((Condition("ArnLike", _ARN, (f"arn:*:{service}::{each}:*",)), False) for each in others)
    elif fresh:
        yield Condition("ArnLike", _ARN, (f"arn:*:{service}::{who.account}:{type_}{name}",)), True
    else:
        yield _equals(_ARN, arn), True
    if fresh:
        yield from ((_equals(_ARN, text), False) for text in texts if _resource(text).startswith(type_ + "/"))


def _lacks(key: str) -> Condition:
    return Condition("Null", key, ("true",))


def _equals(key: str, value: str) -> Condition:
    return Condition("StringEquals", key, (value,))


_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE: "AssumedRole",
    PrincipalKind.SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.SERVICE: "AWSService",
    PrincipalKind.FEDERATED: "FederatedUser",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


def _about(caller: Caller, tested: frozenset[str]) -> Caller:
    """The caller with ties of those keys alone that statements test."""
    return replace(caller, ties=tuple(tie for tie in caller.ties if tie[0].key in tested))


def actual(caller: Caller, context: dict[str, str | tuple[str, ...]]) -> Principal:
    """The caller that a context tells of: of a class with many, the one whose ARN, or name as a service, was found."""
    who, arn, service = caller.principal, context.get(_ARN), context.get(_SERVICE_NAME)
    if who.kind is PrincipalKind.SERVICE and isinstance(service, str) and service:
        return Principal.from_text(f"service:{service}")
    if not isinstance(arn, str) or arn in (who.arn, who.role_arn) or account_of(arn) is None:
        return who
    if who.kind is PrincipalKind.SESSION:
        return Principal.from_text(
            _session(arn, who.name), arn, canonical_user=who.canonical_user, unique_id=who.unique_id
        )
    return Principal.from_text(arn, canonical_user=who.canonical_user, unique_id=who.unique_id)
