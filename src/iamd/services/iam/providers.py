"""What OIDC and SAML providers have in common: their ARNs."""

from __future__ import annotations

from iamd.store import records as stored
from iamd.wire.errors import InvalidInput, ValidationError


def provider_arn(arn: str, kind: str) -> tuple[str, str]:
    """Account and name (an issuer, for OIDC) of a provider's ARN; `kind` is `oidc-provider` or `saml-provider`.

    Raises ValidationError and InvalidInput for what is no such ARN, as policies' ARNs are refused.
    """
    fields = arn.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn":
        raise ValidationError("Invalid ARN:  Could not be parsed!")
    _, partition, service, region, account_id, resource = fields
    if partition != stored.PARTITION:
        raise ValidationError("Invalid ARN partition")
    found, _, name = resource.partition("/")
    if service != "iam" or region or not account_id.isdigit() or found != kind or not name:
        raise InvalidInput(f"ARN {arn} is not valid.")
    return account_id, name
