"""What `iamd serve` says when it is ready: where it is, what it holds, what it enforces, and the first keys once."""

from __future__ import annotations

from collections.abc import Sequence

from iamd.gateway.modes import ENFORCE
from iamd.server.bootstrap import Root
from iamd.settings import Settings


def banner(
    settings: Settings, account_id: str, endpoint: str, version: str, root: Root | None, credentials: Sequence[str] = ()
) -> str:
    """A few well-set lines; the root secret only when iamd made it up, which is only on the first start."""
    place = (
        "in memory, gone when it stops"
        if settings.in_memory
        else str(settings.database or settings.data_dir.absolute())
    )
    lines = [
        f"iamd {version} is ready",
        "",
        f"  endpoint   {endpoint}",
        f"  console    {settings.control_plane or endpoint}/console/",
        f"  account    {account_id}",
        f"  data       {place}",
        "  enforced   every request is signed, authorized by IAM policies and recorded; there is no off switch",
        *_edge(settings),
        *_gateway(settings),
        *(f"  workloads  {url}" for url in credentials),
    ]
    if root is not None and root.secret is not None:
        lines += [
            "",
            "The root user's credentials, shown this once. Paste into a shell:",
            "",
            f"  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={settings.region}",
            f"  export AWS_ACCESS_KEY_ID={root.key.id}",
            f"  export AWS_SECRET_ACCESS_KEY={root.secret}",
            "",
            "Then: aws sts get-caller-identity",
        ]
        if root.password is not None:
            lines += ["", f"At the console, the root user is {root.account.email} with the password {root.password}"]
    else:
        lines += ["", f"  export AWS_ENDPOINT_URL={endpoint}   # and the keys that you have"]
    return "\n".join(lines) + "\n"


def _edge(settings: Settings) -> list[str]:
    """Whose edge node it is, and for how long it goes on alone."""
    if settings.control_plane is None:
        return []
    return [f"  edge node  of {settings.control_plane}; decides for {settings.max_staleness:g} seconds without it"]


def _gateway(settings: Settings) -> list[str]:
    """What is in front of other services, and whether it refuses anything."""
    if not settings.upstream:
        return []
    told = [f"  upstream   {name} at {url}" for name, url in settings.upstream.items()]
    if settings.gateway_mode == ENFORCE:
        return told
    return [*told, f"  NOT ENFORCED for upstreams: gateway_mode is {settings.gateway_mode}, denials are only recorded"]
