"""What bears on an account's decisions from outside its identities: control policies and policies of resources.

They come with an imported account, as a file in its data directory, and are looked at by `iamd who-can` and `iamd can`,
resources' policies also by analyzers of external access. The control policies of an account that is in an organization of this server are the organization's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iamd.cli import Failure
from iamd.policy import Attached, Kind, MalformedPolicy, load
from iamd.server.imported_resources import IMPORTED

Levels = tuple[tuple[Attached, ...], ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Control policies by level, root first, the organization's management account, and resources' policies by ARN."""

    scps: Levels = ()
    rcps: Levels = ()
    management_account: str | None = None
    resources: Mapping[str, Attached] = field(default_factory=dict)


def file_of(data_dir: Path, account_id: str) -> Path:
    """The file of an account."""
    return data_dir / IMPORTED / f"{account_id}.json"


def load_surroundings(data_dir: Path, account_id: str) -> Surroundings:
    """What was imported with an account; nothing where nothing was. Raises Failure."""
    file = file_of(data_dir, account_id)
    if not file.exists():
        return Surroundings()
    return surroundings(read_json(file), str(file))


def surroundings(found: Any, where: str) -> Surroundings:
    """The surroundings that a JSON value is; raises Failure, naming `where`."""
    if not isinstance(found, dict):
        raise Failure(f"{where}: not an object")
    resources = found.get("resourcePolicies", {})
    if not isinstance(resources, dict):
        raise Failure(f"{where}: resource policies must be an object of documents by ARN")
    management = found.get("managementAccount")
    return Surroundings(
        scps=_levels(found.get("serviceControlPolicies"), Kind.SCP, where),
        rcps=_levels(found.get("resourceControlPolicies"), Kind.RCP, where),
        management_account=management if isinstance(management, str) else None,
        resources={arn: _attached(arn, document, Kind.RESOURCE, where) for arn, document in resources.items()},
    )


def _levels(levels: Any, kind: Kind, where: str) -> Levels:
    if levels is None:
        return ()
    try:
        return tuple(
            tuple(_attached(str(each["name"]), each["document"], kind, where) for each in level["policies"])
            for level in levels
        )
    except (KeyError, TypeError):
        message = "control policies must be a list of {target, policies: [{name, document}]}, root first"
        raise Failure(f"{where}: {message}") from None


def _attached(name: str, document: Any, kind: Kind, where: str) -> Attached:
    try:
        return Attached(name, load(json.dumps(document), kind))
    except MalformedPolicy as error:
        raise Failure(f"{where}: policy `{name}`: {error.problems[0]}") from None


def read_json(file: Path) -> Any:
    """The value in a JSON file; raises Failure."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Failure(f"{file}: no JSON: {error}") from error
