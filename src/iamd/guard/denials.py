"""Denials that can be asked about afterwards: what was decided on, kept as it was.

A denial is kept with the documents as they were then, each once, so that its explanation can be worked out when
somebody asks, whatever has changed since. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from iamd.audit.stored import packed
from iamd.policy import Attached, Kind, Layer, Layers, Policy, Principal, PrincipalKind, Request, load
from iamd.wire.errors import AccessDenied

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 25

# Denials of IAM that AWS was seen to number none of.
_UNNUMBERED = frozenset(
    {
        "iam:ListOrganizationsFeatures",
        "iam:EnableOrganizationsRootCredentialsManagement",
        "iam:EnableOrganizationsRootSessions",
        "iam:DisableOrganizationsRootCredentialsManagement",
        "iam:DisableOrganizationsRootSessions",
        "iam:GetRoleTemplateVersion",
    }
)


@dataclass(frozen=True, slots=True)
class Denial:
    """A request that was denied, and the policies that it was decided on. `id` is its authorization id."""

    id: str
    caller_arn: str
    request: Request
    layers: Layers

    def encode(self) -> bytes:
        """What is stored of it beside the documents; `restored` reads it."""
        who, request, layers = self.request.principal, self.request, self.layers
        return packed(
            _Kept(
                self.caller_arn,
                (who.kind.value, who.arn, who.account, who.name, who.role_arn, who.issuer_arn, who.unique_id),
                request.action,
                request.resource,
                request.resource_account,
                dict(request.context),
                [_Use(layer.value, level, each.name, _digest(each.policy)) for layer, level, each in _policies(layers)],
                (len(layers.scps), len(layers.rcps)),
                layers.session is not None,
                layers.management_account,
            )
        )

    def documents(self) -> Mapping[str, str]:
        """The text of every document, by digest."""
        return {_digest(each.policy): each.policy.document.text for _, _, each in _policies(self.layers)}


class Denied(AccessDenied):
    """A denial that is kept: its message ends with the authorization id."""

    code = "AccessDenied"

    def __init__(self, message: str, denial: Denial) -> None:
        self.denial = denial
        super().__init__(
            f"{message}. For complete details, call the GetRequestAuthorizationDetails API with the following "
            f"authorization id: {denial.id}"
        )


def is_numbered(action: str) -> bool:
    """Whether denials of the action get an authorization id: those of IAM's own actions do, with a few exceptions."""
    return action.startswith("iam:") and action not in _UNNUMBERED


def new_id() -> str:
    """A fresh authorization id: 25 lower-case letters and digits."""
    return "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))


class _Use(msgspec.Struct, array_like=True, frozen=True):
    """A policy where it was attached."""

    layer: str
    level: int | None
    name: str
    digest: str


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    """INVARIANT: the order of the fields is the stored format. New fields are appended and have a default."""

    caller_arn: str
    principal: tuple[str, str, str | None, str, str | None, str | None, str | None]
    action: str
    resource: str
    resource_account: str | None
    context: dict[str, str | tuple[str, ...]]
    policies: list[_Use]
    levels: tuple[int, int]
    has_session: bool
    management_account: str | None


_decode = msgspec.msgpack.Decoder(_Kept).decode

# The grammar by which a layer's documents are read.
_KINDS = {
    Layer.SCP: Kind.SCP,
    Layer.RCP: Kind.RCP,
    Layer.ENDPOINT: Kind.ENDPOINT,
    Layer.RESOURCE: Kind.RESOURCE,
    Layer.TRUST: Kind.TRUST,
    Layer.IDENTITY: Kind.IDENTITY,
    Layer.BOUNDARY: Kind.BOUNDARY,
    Layer.SESSION: Kind.SESSION,
}


def needed(record: bytes) -> list[str]:
    """The digests of the documents that `restored` needs for a stored denial."""
    return list(dict.fromkeys(use.digest for use in _decode(record).policies))


def restored(id: str, record: bytes, documents: Mapping[str, str]) -> Denial:
    """The denial that was stored; raises KeyError when a document is not there."""
    kept = _decode(record)
    kind, arn, account, name, role_arn, issuer_arn, unique_id = kept.principal
    principal = Principal(PrincipalKind(kind), arn, account, name, role_arn, issuer_arn, unique_id=unique_id)
    by_layer: dict[Layer, list[tuple[int | None, Attached]]] = {}
    for use in kept.policies:
        layer = Layer(use.layer)
        attached = Attached(use.name, load(documents[use.digest], _KINDS[layer]))
        by_layer.setdefault(layer, []).append((use.level, attached))

    def of(layer: Layer, level: int | None = None) -> tuple[Attached, ...]:
        return tuple(each for at, each in by_layer.get(layer, ()) if at == level)

    scps, rcps = kept.levels
    layers = Layers(
        identity=of(Layer.IDENTITY),
        boundaries=of(Layer.BOUNDARY),
        session=of(Layer.SESSION) if kept.has_session else None,
        scps=tuple(of(Layer.SCP, level) for level in range(scps)),
        rcps=tuple(of(Layer.RCP, level) for level in range(rcps)),
        resource=next(iter((*of(Layer.RESOURCE), *of(Layer.TRUST))), None),
        endpoint=of(Layer.ENDPOINT),
        management_account=kept.management_account,
    )
    request = Request(principal, kept.action, kept.resource, kept.resource_account, dict(kept.context))
    return Denial(id, kept.caller_arn, request, layers)


def _policies(layers: Layers) -> Iterator[tuple[Layer, int | None, Attached]]:
    for which, levels in ((Layer.SCP, layers.scps), (Layer.RCP, layers.rcps)):
        for level, policies in enumerate(levels):
            for each in policies:
                yield which, level, each
    if layers.resource is not None:
        trust = layers.resource.policy.document.kind is Kind.TRUST
        yield Layer.TRUST if trust else Layer.RESOURCE, None, layers.resource
    for layer, policies in (
        (Layer.ENDPOINT, layers.endpoint),
        (Layer.IDENTITY, layers.identity),
        (Layer.BOUNDARY, layers.boundaries),
        (Layer.SESSION, layers.session or ()),
    ):
        for each in policies:
            yield layer, None, each


@lru_cache(maxsize=1024)
def _digest(policy: Policy) -> str:
    """Tells documents apart; policies are shared by content, so each is digested once while it is in use."""
    return hashlib.blake2b(policy.document.text.encode(), digest_size=20).hexdigest()
