"""Who asks, and how a Principal element names them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from .anyof import kept
from .arns import account_of, split
from .document import Principals

SERVICE_LINKED = ":role/aws-service-role/"


class PrincipalKind(Enum):
    ROOT = "root"
    USER = "user"
    ROLE = "role"
    SESSION = "session"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    FEDERATED = "federated"
    ANONYMOUS = "anonymous"


ROOT: Final = PrincipalKind.ROOT  # by these names because an attribute of an enumeration is slow to get
FEDERATED_USER: Final = PrincipalKind.FEDERATED_USER
_USER: Final = PrincipalKind.USER
_ROLE: Final = PrincipalKind.ROLE
_SESSION: Final = PrincipalKind.SESSION
_SERVICE: Final = PrincipalKind.SERVICE
_FEDERATED: Final = PrincipalKind.FEDERATED

_WITHOUT_POLICIES = frozenset({_SERVICE, _FEDERATED, PrincipalKind.ANONYMOUS})


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, as policies see it.

    `arn` is the caller's own ARN ("*" when anonymous, the provider for FEDERATED, the service's name for SERVICE).
    `role_arn` is the role behind a SESSION, `issuer_arn` the IAM user (or root) behind a FEDERATED_USER, `unique_id`
    the id (AIDA..., AROA...) of the user or of the role behind a session. Derived: `has_policies`, whether identity
    policies and SCPs are about such a caller; `is_service_linked`, whether it is a service-linked role's session.
    """

    kind: PrincipalKind
    arn: str
    account: str | None = None
    name: str = ""
    role_arn: str | None = None
    issuer_arn: str | None = None
    service: str | None = None
    canonical_user: str | None = None
    unique_id: str | None = None
    has_policies: bool = field(init=False, compare=False, repr=False)
    is_service_linked: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "has_policies", self.kind not in _WITHOUT_POLICIES)
        linked = self.kind in (_ROLE, _SESSION) and SERVICE_LINKED in (self.role_arn or self.arn)
        object.__setattr__(self, "is_service_linked", linked)

    @staticmethod
    def from_text(
        text: str,
        session_issuer: str | None = None,
        account: str | None = None,
        canonical_user: str | None = None,
        unique_id: str | None = None,
    ) -> Principal:
        """A principal from an ARN, `*` (anonymous), `service:NAME` or `federated:PROVIDER`; ValueError otherwise.

        `session_issuer` is asked of sessions alone: the role's ARN, or the user's (or root's) that federated.
        """
        if text == "*":
            return Principal(PrincipalKind.ANONYMOUS, text, account, canonical_user=canonical_user)
        kind, _, name = text.partition(":")
        if kind == "service" and name:
            return Principal(PrincipalKind.SERVICE, name, account, name, service=name)
        if kind == "federated" and name:
            return Principal(PrincipalKind.FEDERATED, name, account or account_of(name), name)
        found = _from_arn(text, session_issuer, canonical_user, unique_id)
        if account is not None and account != found.account:
            raise ValueError(f"principal `{text}` is not of account `{account}`")
        return found


def _from_arn(text: str, session_issuer: str | None, canonical_user: str | None, unique_id: str | None) -> Principal:
    fields, account = split(text), account_of(text)
    if fields is None or account is None:
        raise ValueError(f"principal `{text}` is neither an ARN, `*`, `service:NAME` nor `federated:PROVIDER`")
    service, (type_, _, path) = fields[2], fields[5].partition("/")
    name = path.rsplit("/", 1)[-1]
    if service == "iam" and fields[5] == "root":
        return Principal(PrincipalKind.ROOT, text, account, "root", canonical_user=canonical_user)
    if name and service == "iam" and type_ == "user":
        return Principal(PrincipalKind.USER, text, account, name, canonical_user=canonical_user, unique_id=unique_id)
    if name and service == "iam" and type_ == "role":
        return Principal(
            PrincipalKind.ROLE, text, account, name, text, canonical_user=canonical_user, unique_id=unique_id
        )
    if service == "sts" and session_issuer is not None:
        _check_issuer(session_issuer, account, type_)
    if service == "sts" and type_ == "assumed-role" and path.count("/") == 1 and name:
        role = session_issuer or f"arn:{fields[1]}:iam::{account}:role/{path.partition('/')[0]}"
        return Principal(
            PrincipalKind.SESSION, text, account, name, role, canonical_user=canonical_user, unique_id=unique_id
        )
    if name and service == "sts" and type_ == "federated-user":
        return Principal(
            PrincipalKind.FEDERATED_USER,
            text,
            account,
            name,
            issuer_arn=session_issuer,
            canonical_user=canonical_user,
            unique_id=unique_id,
        )
    raise ValueError(f"principal `{text}` is no root user, user, role, role session or federated user")


def _check_issuer(issuer: str, account: str, type_: str) -> None:
    """ValueError unless an IAM principal of the account may stand behind a session of that type."""
    fields = split(issuer)
    kinds = ("role/",) if type_ == "assumed-role" else ("user/", "root")
    if fields is None or fields[2] != "iam" or fields[4] != account or not fields[5].startswith(kinds):
        raise ValueError(f"session issuer `{issuer}` is no principal of account `{account}` that makes such sessions")


# How closely an element names a caller, in rising order. It decides what a grant bypasses:
NOBODY = 0  # not named
ACCOUNT = 1  # the account is named: it delegates to the account's own policies
ISSUER = 2  # the role behind the session, or the user behind the federated session
ITSELF = 3  # the caller's own ARN
EVERYONE = 4  # "*"


class _Others:
    """The names of an element that are no AWS principals; most have none."""

    __slots__ = ("canonical", "federated", "services")

    def __init__(self, element: Principals) -> None:
        self.services = kept(element.service)
        self.federated = kept(element.federated)
        self.canonical = kept(element.canonical)


_NO_OTHERS = _Others(Principals())


class PrincipalSet:
    """A compiled Principal or NotPrincipal element."""

    __slots__ = ("_aws", "_others", "everyone", "negated")

    def __init__(self, element: Principals) -> None:
        self.negated = element.negated
        self.everyone = element.everyone
        # ARNs and unique ids, and the digits of accounts, which the ARN of a root user stands for
        self._aws = kept(_account_of_root(text) or text for text in element.aws)
        others = element.service or element.federated or element.canonical
        self._others = _Others(element) if others else _NO_OTHERS

    def named(self, who: Principal) -> int:
        """How closely the list (negated or not) names the caller."""
        if self.everyone:
            return EVERYONE
        kind, aws = who.kind, self._aws
        if not who.has_policies:
            if kind is _SERVICE:
                return ITSELF if who.service in self._others.services else NOBODY
            return ITSELF if kind is _FEDERATED and who.arn in self._others.federated else NOBODY
        if who.arn in aws and kind is not ROOT:
            return ISSUER if kind is _ROLE else ITSELF
        if who.unique_id is not None and who.unique_id in aws:
            return ITSELF if kind is _USER else ISSUER
        if who.role_arn in aws or who.issuer_arn in aws:
            return ISSUER
        if not self._names_account(who):
            return NOBODY
        return ISSUER if who.issuer_arn is not None and who.issuer_arn.endswith(":root") else ACCOUNT

    def _names_account(self, who: Principal) -> bool:
        return who.account in self._aws or who.canonical_user in self._others.canonical

    def exempts(self, who: Principal) -> bool:
        """Whether a NotPrincipal list leaves the caller out of a Deny.

        AWS validates the account, then the role, then the session: each has to be in the list.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        closeness = self.named(who)
        if closeness == EVERYONE or who.account is None or who.kind in (_SERVICE, _FEDERATED):
            return closeness != NOBODY
        if not self._names_account(who):
            return False
        if who.kind is ROOT:
            return True
        if who.kind is _SESSION:
            role = who.role_arn in self._aws or (who.unique_id is not None and who.unique_id in self._aws)
            return role and who.arn in self._aws
        return closeness > ACCOUNT

    def grants(self, who: Principal, admits_federated: bool) -> int:
        """How closely an Allow names the caller. `admits_federated`: `*` covers an identity provider's principal
        (it does in control and endpoint policies, and does not in a trust policy)."""
        if self.negated:  # an empty list includes nobody, even so
            empty = not self._aws and self._others is _NO_OTHERS
            return NOBODY if empty or self.named(who) != NOBODY else EVERYONE
        if self.everyone and who.kind is _FEDERATED and not admits_federated:
            return ITSELF if who.arn in self._others.federated else NOBODY
        return self.named(who)

    def denies(self, who: Principal, bounded: bool) -> bool:
        """Whether a Deny covers the caller; `bounded`: they have a permissions boundary, whom no NotPrincipal spares."""
        if self.negated:
            return bounded or not self.exempts(who)
        return self.named(who) != NOBODY


def _account_of_root(text: str) -> str | None:
    """The account that the root user's ARN stands for, which is as good as its twelve digits."""
    fields = split(text)
    return account_of(text) if fields is not None and fields[2] == "iam" and fields[5] == "root" else None
