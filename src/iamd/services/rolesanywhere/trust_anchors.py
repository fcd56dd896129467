"""Trust anchors: the authorities whose certificates an account takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.caller.certificates.chains import read_bundle
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import ALIASES, rolesanywhere
from iamd.services.rolesanywhere.notification_settings import shown, with_settings
from iamd.services.rolesanywhere.resources import Family, anywhere
from iamd.services.rolesanywhere.tag_rules import merged
from iamd.store.kinds.roles_anywhere import TrustAnchor
from iamd.wire.errors import ValidationException

MAX_ANCHORS = 50
BUNDLE = "CERTIFICATE_BUNDLE"
FETCHED = {
    "crl_dp_revocation_enabled": "crlDpRevocationEnabled is not supported: revocation lists are imported, not fetched."
}


def detail(anchor: TrustAnchor) -> dict[str, Any]:
    """A trust anchor as it is shown everywhere."""
    return {
        "trustAnchorId": anchor.id,
        "trustAnchorArn": anchor.arn,
        "name": anchor.name,
        "source": {"sourceType": BUNDLE, "sourceData": {"x509CertificateData": anchor.bundle}},
        "enabled": anchor.enabled,
        "createdAt": anchor.created,
        "updatedAt": anchor.updated,
        "notificationSettings": shown(anchor.notifications),
    }


ANCHORS = Family("trust-anchor", "trustAnchor", lambda records: records.trust_anchors, detail)


def existing_anchor(call: Call, *, trust_anchor_id: str) -> Target[TrustAnchor]:
    return ANCHORS.existing(call, trust_anchor_id)


def _bundle(source: Mapping[str, Any]) -> str:
    """The PEM text of a source. Raises ValidationException."""
    data = source.get("sourceData") or {}
    pem = data.get("x509CertificateData")
    if source.get("sourceType") != BUNDLE or pem is None or len(data) != 1:
        raise ValidationException(
            f"Trust anchors have a source of the type {BUNDLE} with x509CertificateData: iamd reaches no AWS Private CA"
        )
    try:
        read_bundle(pem)
    except ValueError as error:
        raise ValidationException(f"Incorrect basic constraints or certificate data: {error}") from None
    return str(pem)


@rolesanywhere.operation(on=anywhere, refuses={**ALIASES, **FETCHED})
def create_trust_anchor(
    call: Call,
    _: None,
    *,
    name: str,
    source: dict[str, Any],
    enabled: bool = False,
    tags: list[dict[str, str]] | None = None,
    notification_settings: list[dict[str, Any]] | None = None,
) -> Reply:
    """Take the certificates of an authority, once the anchor is enabled.

    https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_CreateTrustAnchor.html
    """
    ANCHORS.require_room(call, MAX_ANCHORS)
    anchor = TrustAnchor(
        account_id=call.account_id,
        id=new_uuid(),
        region=call.region,
        name=name,
        created=call.now,
        updated=call.now,
        bundle=_bundle(source),
        enabled=enabled,
        notifications=with_settings("[]", notification_settings or [], call.account_id),
        tags=merged((), tags or []),
    )
    return ANCHORS.added(call, anchor)


@rolesanywhere.operation(on=existing_anchor)
def get_trust_anchor(call: Call, anchor: TrustAnchor) -> Reply:
    """The trust anchor of that id or ARN."""
    return ANCHORS.shown(anchor)


@rolesanywhere.operation(on=anywhere)
def list_trust_anchors(call: Call, _: None, *, next_token: str | None = None, page_size: int | None = None) -> Reply:
    """The region's trust anchors."""
    return ANCHORS.page(call, next_token, page_size)


@rolesanywhere.operation(on=existing_anchor, refuses={**ALIASES, **FETCHED})
def update_trust_anchor(
    call: Call, anchor: TrustAnchor, *, name: str | None = None, source: dict[str, Any] | None = None
) -> Reply:
    """Change the name or the authorities."""
    return ANCHORS.changed(call, anchor, name=name or anchor.name, bundle=_bundle(source) if source else anchor.bundle)


@rolesanywhere.operation(on=existing_anchor)
def enable_trust_anchor(call: Call, anchor: TrustAnchor) -> Reply:
    """Take certificates from now on."""
    return ANCHORS.changed(call, anchor, enabled=True)


@rolesanywhere.operation(on=existing_anchor)
def disable_trust_anchor(call: Call, anchor: TrustAnchor) -> Reply:
    """Take no certificate any more; sessions that were opened live on."""
    return ANCHORS.changed(call, anchor, enabled=False)


@rolesanywhere.operation(on=existing_anchor)
def delete_trust_anchor(call: Call, anchor: TrustAnchor) -> Reply:
    """Remove the trust anchor, and its revocation lists with it."""
    for crl in list(call.records.revocation_lists.where("anchor", anchor.id)):
        call.records.revocation_lists.remove(crl)
    return ANCHORS.removed(call, anchor)
