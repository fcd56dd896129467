"""Certificate revocation lists: whose certificates are taken no more."""

from __future__ import annotations

from typing import Any

from iamd.audit.ids import new_uuid
from iamd.caller.certificates.chains import is_issued_by, read_bundle, read_crl
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import ALIASES, rolesanywhere
from iamd.services.rolesanywhere.resources import Family, anywhere, by_id
from iamd.services.rolesanywhere.tag_rules import merged
from iamd.store.kinds.roles_anywhere import RevocationList, TrustAnchor
from iamd.wire.errors import ResourceNotFoundException, ValidationException

MAX_CRLS = 2  # of a trust anchor


def detail(crl: RevocationList) -> dict[str, Any]:
    """A revocation list as it is shown everywhere."""
    return {
        "crlId": crl.id,
        "crlArn": crl.arn,
        "name": crl.name,
        "enabled": crl.enabled,
        "crlData": crl.data,
        "trustAnchorArn": crl.arn.replace(f":crl/{crl.id}", f":trust-anchor/{crl.anchor_id}"),
        "createdAt": crl.created,
        "updatedAt": crl.updated,
    }


CRLS = Family("crl", "crl", lambda records: records.revocation_lists, detail)


def existing_crl(call: Call, *, crl_id: str) -> Target[RevocationList]:
    return CRLS.existing(call, crl_id)


def _checked(data: bytes, anchor: TrustAnchor) -> bytes:
    """The list, which one of the anchor's authorities has signed. Raises ValidationException."""
    try:
        crl = read_crl(data)
    except ValueError as error:
        raise ValidationException(str(error)) from None
    if not is_issued_by(crl, read_bundle(anchor.bundle)):
        raise ValidationException("The revocation list is not signed by an authority of the trust anchor")
    return data


@rolesanywhere.operation(on=anywhere, refuses=ALIASES)
def import_crl(
    call: Call,
    _: None,
    *,
    name: str,
    crl_data: bytes,
    trust_anchor_arn: str,
    enabled: bool = False,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Take a list of a trust anchor's authority; it counts once it is enabled.

    https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_ImportCrl.html
    """
    anchor = by_id(call.records.trust_anchors, call.region, trust_anchor_arn)
    if anchor is None:
        raise ResourceNotFoundException(f"Resource {trust_anchor_arn} was not found")
    if len(list(call.records.revocation_lists.where("anchor", anchor.id))) >= MAX_CRLS:
        raise ValidationException(f"The limit of {MAX_CRLS} revocation lists of a trust anchor has been reached")
    crl = RevocationList(
        account_id=call.account_id,
        id=new_uuid(),
        region=call.region,
        name=name,
        created=call.now,
        updated=call.now,
        anchor_id=anchor.id,
        data=_checked(crl_data, anchor),
        enabled=enabled,
        tags=merged((), tags or []),
    )
    return CRLS.added(call, crl)


@rolesanywhere.operation(on=existing_crl)
def get_crl(call: Call, crl: RevocationList) -> Reply:
    """The revocation list of that id or ARN."""
    return CRLS.shown(crl)


@rolesanywhere.operation(on=anywhere)
def list_crls(call: Call, _: None, *, next_token: str | None = None, page_size: int | None = None) -> Reply:
    """The region's revocation lists."""
    return CRLS.page(call, next_token, page_size)


@rolesanywhere.operation(on=existing_crl, refuses=ALIASES)
def update_crl(call: Call, crl: RevocationList, *, name: str | None = None, crl_data: bytes | None = None) -> Reply:
    """Change the name, or put a newer list in its place."""
    data = crl.data
    if crl_data is not None:
        anchor = call.records.trust_anchors.get(crl.anchor_id)
        if anchor is None:
            raise ResourceNotFoundException(f"Resource {crl.anchor_id} was not found")
        data = _checked(crl_data, anchor)
    return CRLS.changed(call, crl, name=name or crl.name, data=data)


@rolesanywhere.operation(on=existing_crl)
def enable_crl(call: Call, crl: RevocationList) -> Reply:
    """Refuse from now on what the list names."""
    return CRLS.changed(call, crl, enabled=True)


@rolesanywhere.operation(on=existing_crl)
def disable_crl(call: Call, crl: RevocationList) -> Reply:
    """Look at the list no more."""
    return CRLS.changed(call, crl, enabled=False)


@rolesanywhere.operation(on=existing_crl)
def delete_crl(call: Call, crl: RevocationList) -> Reply:
    """Remove the list."""
    return CRLS.removed(call, crl)
