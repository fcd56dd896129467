"""The page that tells how the gateway maps every operation of every service.

To make it, every service model there is must be read, so it is made only when something that it is made of has changed.
"""

import hashlib
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from iamd.gateway.directory import model_of, services
from iamd.gateway.mapping import kind_of
from iamd.reference import versions
from tools.markdown import NOTE, code, table

_KINDS = ("exactly", "generically", "refused")
_SOURCES = (
    "src/iamd/gateway/[gm]*.py",
    "src/iamd/gateway/directory.py",
    "src/iamd/gateway/rest.py",
    "src/iamd/gateway/exact/*.py",
    "tools/gateway_page.py",
)


def gateway_page(page: Path) -> str:
    """Return the page: as it is, if it was made of what there is now."""
    mark = f"<!-- {_fingerprint()} -->"
    if page.exists() and mark in (present := page.read_text()):
        return present
    return _page(mark)


def _fingerprint() -> str:
    digest = hashlib.sha256(repr((version("botocore"), sorted(versions().items()))).encode())
    for path in sorted(path for pattern in _SOURCES for path in Path().glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _page(mark: str) -> str:
    kinds = {
        name: {operation.name: kind_of(service, operation) for operation in model_of(name).operations.values()}
        for name, service in services().items()
    }
    total = Counter(kind for operations in kinds.values() for kind in operations.values())
    counts = ", ".join(f"{total[kind]:,} {kind}" for kind in _KINDS)
    rows = ((code(name), *(str(Counter(found.values())[kind]) for kind in _KINDS)) for name, found in kinds.items())
    return f"""{NOTE}
{mark}
# What the gateway maps

How a request to a service behind the [gateway](../how-to/gateway.md) becomes actions on resources. *Exactly*: by a table or function written for the operation. *Generically*: the action of the operation's name, on the resource types of AWS's service authorization reference, filled in from parameters of the same names; a request whose parameters do not tell the resource is refused all the same. *Refused*: never let through. Of the operations of {len(kinds)} services, {counts}. What is listed below neither as exact nor as refused is generic.

{table(("service", *_KINDS), rows)}
{"".join(_section(name, found) for name, found in kinds.items())}"""


def _section(name: str, found: dict[str, str]) -> str:
    """Return the operations of a service that are mapped exactly or refused."""
    lines = []
    for kind in ("exactly", "refused"):
        listed = ", ".join(operation for operation, how in found.items() if how == kind)
        if listed:
            lines.append(f"{kind.capitalize()}: {listed}.\n\n")
    return f"## {name}\n\n{''.join(lines)}" if lines else ""
