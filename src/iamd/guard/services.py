"""AWS services as callers: they assume the roles that trust them, on behalf of their customers' resources."""

from __future__ import annotations

from iamd.guard.context import Context
from iamd.guard.snapshot import Snapshot
from iamd.policy import Layers, Principal


def service_snapshot(service: str, source_arn: str | None, generation: int) -> Snapshot:
    """A service principal (`ec2.amazonaws.com`), which has no policies: the role's trust policy alone grants.

    `source_arn` is the resource on whose behalf it calls. Keys as in the page "AWS global condition context keys".
    """
    context: Context = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:principalservicenameslist": (service,),
        "aws:viaawsservice": "false",
    }
    if source_arn is not None:
        context["aws:sourcearn"] = source_arn
        context["aws:sourceaccount"] = source_arn.split(":")[4]
    return Snapshot(Principal.from_text(f"service:{service}"), Layers(), context, generation)
