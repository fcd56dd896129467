"""AWS managed policies: every one at its present default version."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter

from iamd.reference.pack import DATA, Pack

PREFIX = "arn:aws:iam::aws:policy"
SERVICE_LINKED_PATH = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """One AWS managed policy. Times are UTC; the description may be empty; versions count from `v1`."""

    arn: str
    id: str
    name: str
    path: str
    description: str
    default_version: str
    created: datetime
    updated: datetime

    @property
    def attachable(self) -> bool:
        """Whether customers may attach it: policies of service-linked roles are AWS's to attach."""
        return self.path != SERVICE_LINKED_PATH

    @property
    def document(self) -> str:
        """The default version's policy document, as JSON text laid out as AWS does; read from disk each time."""
        return json.dumps(_pack().body(self.arn), indent=4, ensure_ascii=False)


@cache
def get(arn: str) -> ManagedPolicy | None:
    """Return the policy with this ARN; None when AWS has none. Case matters, as in AWS."""
    if arn not in _pack():
        return None
    id_, description, version, created, updated = _pack().summary(arn)
    path, _, name = arn.removeprefix(PREFIX).rpartition("/")
    return ManagedPolicy(
        arn=arn,
        id=id_,
        name=name,
        path=path + "/",
        description=description,
        default_version=version,
        created=datetime.fromisoformat(created),
        updated=datetime.fromisoformat(updated),
    )


@cache
def all() -> tuple[ManagedPolicy, ...]:
    """Return every policy, sorted by name."""
    policies = (get(arn) for arn in _pack())
    return tuple(sorted((policy for policy in policies if policy), key=attrgetter("name")))


@cache
def _pack() -> Pack:
    return Pack(DATA / "managed_policies.pack")
